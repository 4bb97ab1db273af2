"""``albert-lab finetune``, ``albert-lab predict`` and ``albert-lab summarize``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from albert_lab.cli.options import (
    ClipNorm,
    Device,
    Json,
    LearningRate,
    MaxLength,
    Model,
    Optimizer,
    Out,
    Records,
    SaveEvery,
    Schedule,
    Seed,
    Shards,
    TokensPerBatch,
    Warmup,
    WeightDecay,
    chosen_model,
    print_json,
    reporter,
)

# Choices and defaults of albert_lab.downstream, written here so that --help needs no torch; a test compares.
Tasks = StrEnum("Tasks", ["classify", "tag", "answer", "translate"])
Weights = StrEnum("Weights", ["none", "balanced"])
Ways = StrEnum("Ways", ["position", "centroid", "mmr"])

Which = Annotated[Tasks, typer.Argument(metavar="TASK", help="classify, tag, answer or translate.")]
Data = Annotated[
    str,
    typer.Argument(
        help="topics, sentiment; entities, roles; parameters; numerals; or a table or folder of your own."
    ),
]
Epochs = Annotated[int, typer.Option(help="Passes over the training side, at most.")]
BatchSize = Annotated[int, typer.Option(help="Examples in an update.")]
EvaluateEvery = Annotated[int, typer.Option(help="Updates between two evaluations; 0: once an epoch.")]
Patience = Annotated[int, typer.Option(help="Evaluations without gain before it stops; 0: train to the end.")]
Dropout = Annotated[float, typer.Option(help="Of hidden states and attention.")]
HeadDropout = Annotated[float, typer.Option(help="Before the head.")]
Layers = Annotated[int, typer.Option(help="Layers that are applied; 0: as many as the model has.")]
ClassWeights = Annotated[Weights, typer.Option(help="balanced: rare labels count as much as frequent ones.")]
Baselines = Annotated[
    bool, typer.Option("--baselines", help="Measure the trivial answer, a bag of words and a probe too.")
]


def finetune(
    task: Which,
    data: Data,
    out: Out,
    model: Model = None,
    epochs: Epochs = 10,
    batch_size: BatchSize = 16,
    evaluate_every: EvaluateEvery = 0,
    patience: Patience = 3,
    dropout: Dropout = 0.0,
    head_dropout: HeadDropout = 0.1,
    layers: Layers = 0,
    class_weights: ClassWeights = Weights.none,
    optimizer: Optimizer = "adamw",
    learning_rate: LearningRate = 3e-4,
    weight_decay: WeightDecay = 0.01,
    clip_norm: ClipNorm = 1.0,
    schedule: Schedule = "linear",
    warmup: Warmup = 0.1,
    max_length: MaxLength = 128,
    tokens_per_batch: TokensPerBatch = 2048,
    shards: Shards = 2,
    seed: Seed = 0,
    device: Device = None,
    save_every: SaveEvery = 180.0,
    baselines: Baselines = False,
    as_json: Records = False,
) -> None:
    """Fit a model to labelled texts.

    DATA of your own (.csv, .tsv, .jsonl, .parquet, a folder of datasets): classify has columns "text" and
    "label"; tag has "text" and "spans" (start, stop, label) or "tokens" and "tags" (BIO); answer has
    "question", "context" and "answer" (or SQuAD's "answers"); translate has "source" and "target". "group"
    (texts that belong together) and "split" (train, validation, test) if you like.

    Stop it whenever you like; the same command goes on from the last state.

    \b
    Examples:
      albert-lab finetune classify sentiment --out mine
      albert-lab finetune classify tickets.csv --out mine --epochs 5 --baselines
      albert-lab finetune tag roles --out mine
    """
    _run(locals())


def _run(options: dict[str, Any]) -> None:
    """Start what the options ask for; those that are settings have the settings' names."""
    from dataclasses import fields

    from albert_lab.downstream.baselines import Measured, compare
    from albert_lab.downstream.ours import material
    from albert_lab.downstream.run import finetune as run
    from albert_lab.downstream.run import task_called
    from albert_lab.downstream.settings import FinetuneSettings
    from albert_lab.training.ranks import refuse_torchrun

    refuse_torchrun("finetune")
    settings = FinetuneSettings(**{field.name: options[field.name] for field in fields(FinetuneSettings)}
                                | {"class_weights": str(options["class_weights"])})  # fmt: skip
    task, source = task_called(str(options["task"])), options["model"]
    if task.name != "translate":  # which begins with a network of its own
        source = chosen_model(source)
    data = material(task, options["data"])
    report = reporter(options["as_json"], lambda record: line(record, task.measure))
    how = {"device": options["device"], "save_every": options["save_every"], "report": report}
    scores = run(task, data, options["out"], settings, source=source, told=options["data"], **how)
    rows = [
        *(compare(task, data, source=source) if options["baselines"] else ()),
        Measured("fine-tuned", scores),
    ]
    if options["as_json"]:
        for row in rows:
            values = {name: score._asdict() for name, score in row.scores.items()}
            print_line({"system": row.system, "test": values})
        return
    for row in rows:
        told = "  ".join(f"{name} {score}" for name, score in row.scores.items())
        typer.echo(f"test  {row.system:14}{told}")


def print_line(record: dict[str, Any]) -> None:
    """A record as one line of JSON."""
    import json

    print(json.dumps(record), flush=True)


def line(record: dict[str, Any], measure: str) -> str:
    """A record of the log as one line."""
    done = f"step {record['step']:,}  epoch {record['epoch']}"
    if f"held_out_{measure}" in record:
        told = f"{measure} {record[f'held_out_{measure}']:.3f}  loss {record['held_out_loss']:.3f}"
        return f"{done}  development: {told}"
    return f"{done}  loss {record['loss']:.3f}  {record['tokens'] / 1e3:.0f}K tokens"


Folder = Annotated[str, typer.Argument(help="Folder of a fitted model, ours or transformers'.")]
Texts = Annotated[
    list[str],
    typer.Argument(metavar="TEXT...", help="Texts, or files of them (.txt, .csv, .jsonl, ...); - is stdin."),
]
Context = Annotated[
    str | None, typer.Option(help="Text in which the questions' answers stand.", show_default=False)
]
Column = Annotated[str | None, typer.Option(help="Column of the texts in tables.", show_default=False)]


def predict(
    folder: Folder,
    texts: Texts,
    column: Column = None,
    context: Context = None,
    device: Device = None,
    json_output: Json = False,
) -> None:
    """What a fitted model says of texts.

    \b
    Examples:
      albert-lab predict mine "The soup was cold again."
      albert-lab predict answerer "What type is axis?" --context "axis: int, default 0. The axis to sum over."
    """
    from albert_lab.downstream.run import load_fitted
    from albert_lab.vectors.readers import read_texts

    found = [record.text for record in read_texts(texts, column=column)]
    reader = load_fitted(folder, device=device)
    answers = reader.answer(found, *([context] if context is not None else []))
    if json_output:
        print_json([{"text": text, **answer.to_dict()} for text, answer in zip(found, answers, strict=True)])
        return
    for text, answer in zip(found, answers, strict=True):
        typer.echo(answer.told(text))


Parts = Annotated[
    list[str],
    typer.Argument(metavar="TEXT...", help="A text, or files of paragraphs (.txt, .md, ...); - is stdin."),
]
How = Annotated[
    Ways, typer.Option(help="position: the first ones; centroid: near to all; mmr: and unlike each other.")
]
Sentences = Annotated[int, typer.Option(help="Sentences of the summary.")]
Balance = Annotated[float, typer.Option(help="Of mmr: 1 looks at the nearness to the whole only.")]


def summarize(
    texts: Parts,
    how: How = Ways.mmr,
    sentences: Sentences = 3,
    balance: Balance = 0.7,
    model: Model = None,
    json_output: Json = False,
) -> None:
    """The sentences that stand for a whole text.

    \b
    Examples:
      albert-lab summarize notes.md
      albert-lab summarize report.txt --sentences 5 --model docs-mini-sentence
    """
    from albert_lab.downstream.extract import summarize as run
    from albert_lab.vectors.extractor import Extractor
    from albert_lab.vectors.readers import read_texts

    text = "\n".join(" ".join(record.text.split("\n")) for record in read_texts(texts))

    def embed(found: list[str]) -> Any:
        return Extractor.from_source(chosen_model(model)).embed(found, progress=False)

    spans = run(text, embed, how=str(how), count=sentences, balance=balance)
    chosen = [text[span.start : span.stop] for span in spans]
    if json_output:
        print_json(
            [
                {"sentence": each, "start": span.start, "stop": span.stop}
                for each, span in zip(chosen, spans, strict=True)
            ]
        )
        return
    for each in chosen:
        typer.echo(each)
