"""Markup inside a paragraph: roles, backticks, emphasis, links, mathematics; and what counts as prose."""

from __future__ import annotations

import html
import re

_TAGS = (
    "tip|div|p|br|a|b|i|em|strong|code|sup|sub|small|img|table|tr|td|th|tbody|thead|ul|ol|li|pre|span|hr|"
    "frameworkcontent|pt|tf|jax|youtube|hfoptions|hfoption|h[1-6]|center|details|summary|u|tt|kbd|font|video|"
    "iframe"
)


def _role_text(match: re.Match[str]) -> str:
    role, text = match["role"].rsplit(":", 1)[-1].lower(), match["text"]
    if role == "math":
        return _mathematics(text)
    if target := re.fullmatch(r"(.+?)\s*<[^<>]*>", text, re.DOTALL):
        return target[1].lstrip("!~.")
    if role in {"pep", "rfc"}:
        return f"{role.upper()} {text}"
    return _reference(text)


_FORMATTING = re.compile(
    r"\\(left|right|mathbf|mathrm|mathcal|mathbb|mathit|text|textbf|textit|operatorname\*?|displaystyle|rm|bf|big|"
    r"Big|bigg|boldsymbol|quad|qquad|limits|hat|bar|tilde|vec|overline|begin|end|label|nolimits)\b"
)
_RELATIONS = {
    r"\le": "<=",
    r"\leq": "<=",
    r"\ge": ">=",
    r"\geq": ">=",
    r"\ne": "!=",
    r"\neq": "!=",
    r"\times": "x",
    r"\cdot": "*",
    r"\ldots": "...",
    r"\dots": "...",
    r"\cdots": "...",
    r"\to": "->",
    r"\rightarrow": "->",
    r"\approx": "~",
    r"\sim": "~",
    r"\pm": "+-",
    r"\in": "in",
    r"\ast": "*",
    r"\star": "*",
    r"\mid": "|",
    r"\lfloor": "floor(",
    r"\rfloor": ")",
    r"\lceil": "ceil(",
    r"\rceil": ")",
}


def _mathematics(text: str) -> str:
    """A formula in LaTeX, readable as plain characters."""
    text = _FORMATTING.sub("", text)
    text = re.sub(r"\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"\1 / \2", text)
    text = re.sub(r"\\[A-Za-z]+", lambda found: _RELATIONS.get(found[0], found[0][1:]), text)
    text = re.sub(r"\\[,;!: {}|]", lambda found: found[0][1] if found[0][1] in "{}|" else " ", text)
    return re.sub(r"[{}]", "", text.replace("\\", " ")).strip()


_RULES: tuple[tuple[re.Pattern[str], object], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), replacement)
    for pattern, replacement in (
        (rf"</?({_TAGS})(\s[^<>]*)?/?>", " "),
        (r"<!--.*?-->", " "),
        (r"<fill_\w+>|\{\{.*?\}\}|%\([\w:.]+\)[sdr]", " "),
        (r"!\[[^\]]*\]\([^)]*\)", " "),
        (r"\[`?[!~]*([^\[\]`]+?)`?\]\((?:[^()\s]|\([^()]*\))*\)", r"\1"),
        (r"\[`([^`\[\]]+)`\]", lambda found: _reference(found[1])),
        (r":(?P<role>[a-z][\w+.-]*(?::[a-z][\w+.-]*)*):`(?P<text>[^`]+)`", _role_text),
        (r"``\s?(.+?)\s?``", r"\1"),
        (r"\$\$?(?=\S)([^$]{1,200}?)(?<=\S)\$\$?(?!\d)", lambda found: _mathematics(found[1])),
        (r"\\\((.{1,200}?)\\\)", lambda found: _mathematics(found[1])),
        (r"`([^`<>]+?)\s*<[^`<>]+>`_{0,2}", r"\1"),
        (r"\s?\[(?:#?\w+|\*)\]_(?!\w)", ""),
        (r"`([^`]+)`_{0,2}(?!\w)", lambda found: _reference(found[1])),
        (r"<?\b(?:https?|ftp)://[^\s<>\"')\]]+(?:\([^\s()]*\)[^\s<>\"')\]]*)?>?", " "),
        (r"(?<![\w*\\])\*\*(?=[^\s*])(.+?)(?<=[^\s*\\])\*\*(?![\w*])", r"\1"),
        (r"(?<![\w*\\])\*(?=[^\s*])([^*]+?)(?<=[^\s\\(,])\*(?![\w*])", r"\1"),
        (r"(?<![\w|])\|([A-Za-z][\w ]*)\|(?![\w|])", r"\1"),
        (r"(?<=\w{3})(?<!__)_(?=[\s.,;)])(?<!\w_\w_)", "_"),
        (r"\\([*_`|<>\[\]#~])", r"\1"),
        (r"\\\s", ""),
        (r"(?<=\w)\\(?=[a-z]{1,3}\b)", ""),
        (r"(?<!\w):(?:class|func|attr|meth|mod|exc|data|obj):(?=\w)", ""),
        (r"(?<=\s)\(\s*(?:see|cf\.?|e\.g\.,?|see also)?\s*[.,;]?\s*\)", ""),
        (r"[,;]\s*see(?:\s+also)?(?=\s*\.)", ""),
        (r"^(?:>\s+)+", ""),
        (r"`", ""),
    )
)


def _reference(text: str) -> str:
    """The text of a cross-reference: "~package.name" stands for "name", a leading "." for "somewhere"."""
    text = text.lstrip("!")
    if re.match(r"\.\w", text):
        text = text[1:]
    return text.rsplit(".", 1)[-1] if text.startswith("~") and "." in text else text.lstrip("~")


_NO_TEXT = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U0010ffff]"
)


def valid_unicode(text: str) -> str:
    """The text without lone surrogates, control and invisible characters (tab and line feed stay)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    return _NO_TEXT.sub("", text)


def plain(text: str) -> str:
    """One paragraph without markup, whitespace normalized: roles become their text, ``code`` becomes code."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = html.unescape(text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"(?<=\w)\s+([,;!?](?=\s|$)|[.:](?=\s|$))", r"\1", text)
    return text.strip(" \u00a0").removeprefix("- ")


_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|cf|vs|resp|approx|Fig|Eq|Sec|No|al|Dr|Prof|ref)|\b[A-Z])\.$"
)


def sentences(text: str) -> list[str]:
    """Splits a paragraph after `.`, `!` or `?` that a new sentence follows; abbreviations do not end one."""
    found: list[str] = []
    for piece in re.split(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9*])", text):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] += " " + piece
        else:
            found.append(piece)
    return found


_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "the a an of to in is are be and or for if with by on as that this it from not no at when which "
        "used can will return returns any all whether should may must only than then into using get set "
        "has have was per its each between same your you we use given",
    )
)
_CODE = re.compile(
    r"(from [\w.]+ import |import [\w.]+( as \w+)?(,|;|$)|def \w+\(|class \w+[(:]|async def |return \w+\(|"
    r"[\w.\[\]]+ = \S|[\w.]+\(.*\)$|@\w+|what are [\w ]+\?$|#include|\{\"|<\?xml|usage: |print\(|"
    r"for \w+ in [^ ]+:|while \w+:|with [\w.]+\(|(?-i:if|elif) .*: \w+|copyright |\(c\) |licen[sc]ed |spdx|"
    r"permission is hereby|redistribution and use|\.\.\. )",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![\w.=/\\-])[A-Za-z]+(?:['’-][A-Za-z]+)*(?![\w=/\\(\[-])")


def is_prose(text: str, minimum_words: int = 3) -> bool:
    """Whether a paragraph is mostly words, and has the little words that English needs."""
    if not text or _CODE.match(text):
        return False
    words = _WORD.findall(text)
    tokens = text.split()
    if len(words) < minimum_words or len(words) < 0.5 * len(tokens):
        return False
    letters = sum(c.isalpha() or c in " '’" for c in text)
    if letters < 0.78 * len(text) or sum(c.isascii() for c in text) < 0.8 * len(text):
        return False
    if len(words) < 6:
        return any(word.islower() for word in words) or minimum_words == 1
    return sum(word.lower() in _FUNCTION_WORDS for word in words) >= max(1, len(words) // 25)
