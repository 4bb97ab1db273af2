"""Draw the README's picture, docs/attention.png, with the built-in model:  make picture"""

from __future__ import annotations

import math
from pathlib import Path

SENTENCE = "Copy a directory tree and return the path of the new directory."


def main() -> None:
    """Draw the heads of the last layer over one sentence."""
    import matplotlib

    matplotlib.use("Agg")
    import albert_lab as lab

    model, tokenizer, name = lab.load("docs-mini")
    recorded = lab.analysis.record(model, tokenizer, SENTENCE)
    layer = recorded.num_layers - 1
    titles = [f"layer {layer}, head {head}" for head in range(recorded.num_heads)]
    tokens = [token.replace("▁", "") or "▁" for token in recorded.tokens]
    weights = recorded.attention[layer]
    highest = math.ceil(10 * weights.max()) / 10
    figure, _ = lab.viz.attention_heatmap(weights, tokens, titles=titles, highest=highest)
    target = Path(__file__).resolve().parents[1] / "docs" / "attention.png"
    target.parent.mkdir(exist_ok=True)
    figure.savefig(target, metadata={"Software": None})
    print(f"{target.relative_to(target.parents[1])}: {SENTENCE!r} in {name}")


if __name__ == "__main__":
    main()
