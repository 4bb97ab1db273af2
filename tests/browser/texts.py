"""Two hundred texts for the explorer: ordinary ones, and odd ones that a tokenizer may stumble over."""

from __future__ import annotations

import random

_VERBS = ("Copy", "Sort", "Open", "Return", "Wait for", "Compare", "Remove", "Count", "Parse", "Print")
_THINGS = (
    "a file",
    "the list",
    "two dates",
    "a thread",
    "the JSON text",
    "an iterator",
    "its words",
    "a socket",
)
_ENDS = (
    ".",
    "",
    " to a folder.",
    " (see `os.path`).",
    ", then stop!",
    " in C:\\temp.",
    " — or fail?",
    " 3.14 times",
)
_ODD = (
    "",
    " ",
    "\t\n",
    ".",
    "...",
    "▁",
    "a▁b",
    "▁▁a ▁",
    "``quoted'' '''text'''",
    "naïve café Ångström",
    "İstanbul ΣΑΣ σας ß ẞ",
    "ﬁle ﬂow ½ ² ① ㎏ Ⅻ",
    "你好，世界。注意力机制",
    "日本語のテキスト ｶﾀｶﾅ",
    "한국어 문장",
    "Привет, мир!",
    "العربية مرحبا",
    "🙂👩‍👩‍👧 🇩🇪 ok 👀🤷",
    "a\u0301 e\u0301\u0302 n\u0303",
    "zero\u200bwidth\u200djoin\ufeffmark",
    "no\u00a0break\u2003space\u3000wide\u0085next\u2028line",
    "control\x00\x01\x1b[0m\x7f",
    "unit\x1cseparator\x1d\x1e\x1f",
    "[CLS] in the [MASK] text [SEP]",
    "<pad><unk>[MASK][MASK]x",
    "[cls] [mask] [ MASK ]",
    "＜pad＞ ［CLS］",
    "</script><img src=x onerror=document.title='PWNED'>",
    "<!--<script>",
    "&amp; &lt;b&gt; ${x} {0} %s",
    "__init__(self, *args, **kwargs) -> None:",
    "x[i:j] = {**a, 'b': [1, 2]}",
    "def f(x): return x**2  # comment",
    "snake_case camelCase SCREAMING_CASE kebab-case",
    "https://docs.python.org/3/library/os.html#os.walk",
    "1234567890 1e-5 0xff 1_000",
    "a" * 300,
    "word " * 300,
    "!?" * 90,
    "ab" * 20 + " " + "xyzzy" * 12,
    "Ĳ ŉ ǰ ΐ և ẖ ﬀ ﷺ",
    "\ud800 lone \udfff",
    "math: ∀x∈ℝ √2 ≠ ∞ ∑∏ α→β",
    "price: €5 £3 ¥8 ₿1 ¢9",
    "“curly” ‘quotes’ «guillemets» „low“",
    "–—―‐‑−",
    "tab\tseparated\tvalues",
    "l\nine\r\nends\r",
    "™ © ® ° ª º µ",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛 ⓐⓑ",
    "क्षत्रिय हिन्दी",
    "ไทย ภาษา",
    "e\u20dd \u0338 \u0301",
)


def texts(count: int = 200) -> list[str]:
    """The odd ones and as many sentences as it takes, the same on every call."""
    chance = random.Random(20)
    found = list(_ODD)
    while len(found) < count:
        sentence = chance.choice(_VERBS) + " " + chance.choice(_THINGS) + chance.choice(_ENDS)
        found.append(" ".join([sentence] + [chance.choice(_VERBS) + " it."] * chance.randrange(3)))
    return found
