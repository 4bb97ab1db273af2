"""How docs-mini learnt to speak: the beginning of its own training, run again and asked on the way.

``python -m tools.first_words FOLDER [--tokens 2.3]``: the command that made docs-mini, with its settings, its
tokenizer and its seed, stopped after so many million tokens. Before the first step and at each line of the
log the network fills in `SENTENCES`, at the depth that it is trained at. The answers are written to
``albert_lab/pretrained/docs-mini/first_words.jsonl``, with the losses of the log beside them. FOLDER keeps
the run's state: called again, it goes on.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from albert_lab.model.checkpoint import resolve
from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.paths import atomic_write
from albert_lab.pretrain.guesses import fill_mask
from albert_lab.pretrain.run import prepare
from albert_lab.pretrain.settings import Settings
from albert_lab.pretrain.trainer import Pretraining

SENTENCES = (
    "Return [MASK] if the path exists.",
    "Return the number of [MASK] in the list.",
    "Sort the list in ascending [MASK] and return None.",
    "If the key is not in the dictionary, a [MASK] is raised.",
    "Read the [MASK] line by line.",
    "Compute the [MASK] of two matrices.",
)
KEPT = ("step", "tokens", "layers", "masked_loss", "order_accuracy")


def answers(model: AlbertForPreTraining, tokenizer, layers: int) -> dict[str, list[tuple[str, float]]]:
    """The five likeliest pieces for each sentence, the shared layer applied so often."""
    shallow = AlbertForPreTraining(dataclasses.replace(model.config, num_hidden_layers=layers)).eval()
    shallow.load_state_dict(model.state_dict())
    return {
        text: [(piece, round(share, 4)) for piece, share in fill_mask(shallow, tokenizer, text)[0]]
        for text in SENTENCES
    }


def main() -> None:
    """Train, ask, write."""
    parser = argparse.ArgumentParser(prog="python -m tools.first_words", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tokens", type=float, default=2.3, help="millions of tokens to stop after")
    asked = parser.parse_args()
    docs_mini = resolve("docs-mini")
    settings = Settings()
    prepared = prepare(settings, asked.folder, tokenizer=docs_mini)
    made_from = json.loads((docs_mini / "training_corpus.json").read_text())["fingerprint"]
    print("the text of docs-mini" if prepared.statistics["fingerprint"] == made_from else "OTHER TEXT")
    run = Pretraining(settings, prepared.training, prepared.held_out, prepared.tokenizer, asked.folder, "cpu")
    kept = asked.folder / "first_words.jsonl"

    def ask(record: dict) -> None:
        if not any(name.startswith("held_out") for name in record):
            line = {name: record[name] for name in KEPT if name in record}
            line["guesses"] = answers(run.model, prepared.tokenizer, run.layers)
            with kept.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
            print({name: value for name, value in line.items() if name != "guesses"}, flush=True)

    if run.position.step == 0:
        ask({"step": 0, "tokens": 0, "layers": run.layers})
    while run.position.tokens < asked.tokens * 1e6:
        run.run(stop_after_steps=200, save_every=60, report=ask)
    with atomic_write(docs_mini / kept.name) as temporary:
        temporary.write_text(kept.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    main()
