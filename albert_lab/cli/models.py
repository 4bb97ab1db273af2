"""``albert-lab models``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import typer

from albert_lab.cli.options import Json, chosen_model, print_json

# The released checkpoints (Lan et al. 2020, version 2) and the named size that each has.
HUB = {f"albert/albert-{size}-v2": size for size in ("base", "large", "xlarge", "xxlarge")}


@dataclass(frozen=True)
class Row:
    """One model. ``kind``: "built-in", "hub", "folder" or "unknown"; ``offline``: it is on this machine.

    The other four are None where the config is not known.
    """

    name: str
    kind: str
    offline: bool
    default: bool
    parameters: int | None
    num_hidden_layers: int | None
    hidden_size: int | None
    num_attention_heads: int | None


def models(json_output: Json = False) -> None:
    """List the models that can be named.

    Any folder in Hugging Face's layout and any other ALBERT of the model hub can be named too.
    ALBERT_LAB_MODEL in the environment chooses the default.

    \b
    Examples:
      albert-lab models
      albert-lab models --json
      ALBERT_LAB_MODEL=albert/albert-base-v2 albert-lab embed "some text" --out vectors.parquet
    """
    rows = list_models()
    if json_output:
        print_json([vars(row) for row in rows])
        return
    typer.echo(f"  {'name':26}{'kind':10}{'offline':8}{'parameters':>12}{'layers':>8}{'H':>7}{'heads':>7}")
    for row in rows:
        shape = (row.parameters, row.num_hidden_layers, row.hidden_size, row.num_attention_heads)
        numbers = "".join(
            f"{'?' if value is None else format(value, ','):>{width}}"
            for value, width in zip(shape, (12, 8, 7, 7), strict=True)
        )
        offline = "yes" if row.offline else "no"
        typer.echo(f"{'*' if row.default else '':2}{row.name:26}{row.kind:10}{offline:8}{numbers}")
    typer.echo("* is used when no model is named; offline: it stands on this machine.")


def list_models() -> list[Row]:
    """The built-in models, the released ones, and what ALBERT_LAB_MODEL names, in this order."""
    from albert_lab.model.config import AlbertConfig
    from albert_lab.model.sources import built_in_models

    default = chosen_model(None)
    names = list(dict.fromkeys([*built_in_models(), *HUB, default]))
    rows = []
    for name in names:
        kind, config, offline = _look(name)
        if config is None and name in HUB:
            config = AlbertConfig.named(HUB[name])
        rows.append(_row(name, kind, offline, name == default, config))
    return rows


def _look(name: str) -> tuple[str, Any, bool]:
    """Kind of a model, its config if that is on this machine, and whether it can be loaded offline."""
    from pathlib import Path

    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    from albert_lab.errors import CheckpointError
    from albert_lab.model.sources import built_in_models, resolve
    from albert_lab.paths import is_folder

    if name in built_in_models() or is_folder(name):
        kind = "built-in" if name in built_in_models() else "folder"
        try:
            folder = resolve(name)
        except CheckpointError:  # a model that no command could load
            return kind, None, False
    else:
        try:
            cached = try_to_load_from_cache(name, "config.json")
        except HFValidationError:
            return "unknown", None, False
        if not isinstance(cached, str):
            return "hub", None, False
        folder, kind = Path(cached).parent, "hub"
    config = _config_of(folder)
    return kind, config, config is not None and any(folder.glob("*.safetensors"))


def _config_of(folder: Any) -> Any:
    from albert_lab.errors import AlbertLabError
    from albert_lab.model.sources import read_config

    try:
        return read_config(folder)
    except AlbertLabError:
        return None


def _row(name: str, kind: str, offline: bool, default: bool, config: Any) -> Row:
    if config is None:
        return Row(name, kind, offline, default, None, None, None, None)
    import torch

    from albert_lab.model.albert import AlbertModel

    with torch.device("meta"):  # shapes without memory
        parameters = sum(parameter.numel() for parameter in AlbertModel(config).parameters())
    shape = (config.num_hidden_layers, config.hidden_size, config.num_attention_heads)
    return Row(name, kind, offline, default, parameters, *shape)
