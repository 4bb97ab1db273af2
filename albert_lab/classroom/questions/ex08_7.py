"""ex08_7: the config of a checkpoint, as far as its shapes tell."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex08_7",
    title="A checkpoint without its config",
    kind="implement",
    objectives=("LO-08.3", "LO-08.6"),
    points=3,
    minutes=15,
    difficulty=3,
    importance=3,
    why=(
        "Every size is an axis of some tensor, so the weights themselves say it. How often a set is "
        "called and where its features are cut into heads leaves no trace in any shape: that is what a "
        "config is for."
    ),
)

GROUPS = "encoder.albert_layer_groups."
KEYS = (
    "vocab_size", "max_position_embeddings", "type_vocab_size", "embedding_size", "hidden_size",
    "intermediate_size", "num_hidden_groups",
)  # fmt: skip


@ask.reference
def config_of(w: dict) -> dict:
    w = {name.removeprefix("albert."): tensor for name, tensor in w.items()}
    places = "embeddings.position_embeddings.weight"
    groups = {name.split(".")[2] for name in w if name.startswith("encoder.albert_layer_groups.")}
    inner = w["encoder.albert_layer_groups.0.albert_layers.0.ffn.weight"].shape[0]
    hidden, embedding = w["encoder.embedding_hidden_mapping_in.weight"].shape
    return {
        "vocab_size": w["embeddings.word_embeddings.weight"].shape[0],
        "max_position_embeddings": w[places].shape[0],
        "type_vocab_size": w["embeddings.token_type_embeddings.weight"].shape[0],
        "embedding_size": embedding,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_groups": len(groups),
    }


def _matrices(H: int, inner: int) -> dict[str, tuple[int, ...]]:
    square = {f"attention.{name}": (H, H) for name in ("query", "key", "value", "dense")}
    return square | {"ffn": (inner, H), "ffn_output": (H, inner)}


def _shapes(V: int, P: int, S: int, E: int, H: int, inner: int, groups: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a checkpoint without heads, as transformers writes them."""
    names = {f"embeddings.{name}_embeddings.weight": (rows, E)
             for name, rows in (("word", V), ("position", P), ("token_type", S))}  # fmt: skip
    norms = {"embeddings.LayerNorm": E}
    matrices = {"encoder.embedding_hidden_mapping_in": (H, E)}
    for group in range(groups):
        layer = f"{GROUPS}{group}.albert_layers.0."
        matrices |= {layer + name: shape for name, shape in _matrices(H, inner).items()}
        norms |= {f"{layer}attention.LayerNorm": H, f"{layer}full_layer_layer_norm": H}
    matrices["pooler"] = (H, H)
    for name, width in norms.items():
        names |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
    for name, shape in matrices.items():
        names |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return names


def _heads(V: int, E: int, H: int) -> dict[str, tuple[int, ...]]:
    head = {
        "predictions.bias": (V,),
        "predictions.LayerNorm.weight": (E,),
        "predictions.LayerNorm.bias": (E,),
    }
    head |= {"predictions.dense.weight": (E, H), "predictions.dense.bias": (E,)}
    return head | {"sop_classifier.classifier.weight": (2, H), "sop_classifier.classifier.bias": (2,)}


def _checkpoint(draw: Draw, *, heads: bool = False, mixed: bool = False, **sizes: int) -> dict:
    named = {"V": draw.integer(40, 60), "P": draw.integer(20, 30), "S": 2, "E": draw.integer(3, 5)}
    named |= {"H": draw.integer(6, 8), "inner": draw.integer(9, 19), "groups": 1} | sizes
    shapes = _shapes(**named)
    if heads:
        shapes = {f"albert.{name}": shape for name, shape in shapes.items()}
        shapes |= _heads(named["V"], named["E"], named["H"])
    names = list(shapes)
    order = torch.randperm(len(names), generator=draw.generator).tolist() if mixed else range(len(names))
    return {names[i]: torch.zeros(shapes[names[i]]) for i in order}


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """ALBERT's proportions, then each proportion broken; groups; heads; names in any order."""
    return [
        Case(
            "the proportions of ALBERT: E < H, four times H inside", (_checkpoint(draw, E=3, H=6, inner=24),)
        ),
        Case("an inner width that is not 4H", (_checkpoint(draw),)),
        Case("tables wider than the layers", (_checkpoint(draw, E=9, H=5, inner=7),)),
        Case("E = H", (_checkpoint(draw, E=6, H=6),)),
        Case("an inner width below H", (_checkpoint(draw, H=8, inner=draw.integer(2, 5)),)),
        Case("three kinds of segments", (_checkpoint(draw, S=3),)),
        Case("names in reverse order", (dict(reversed(_checkpoint(draw, H=8, E=4).items())),)),
        Case("more places than pieces", (_checkpoint(draw, P=draw.integer(70, 90)),)),
        Case("two sets of layer weights", (_checkpoint(draw, groups=2),)),
        Case("twelve sets of layer weights, names in any order", (_checkpoint(draw, groups=12, mixed=True),)),
        Case("with the pretraining heads: names begin with albert.", (_checkpoint(draw, heads=True),)),
        Case(
            "with heads, five sets, names in any order",
            (_checkpoint(draw, heads=True, groups=5, mixed=True),),
        ),
    ]


def _with(**wrong):
    """The right config with some entries made otherwise: each made of the right one and w."""

    def answer(w):
        right = config_of(w)
        return right | {key: make(right, w) for key, make in wrong.items()}

    return answer


ask.mistake(
    "E and H are exchanged: torch stores the projection as (out, in)",
    _with(embedding_size=lambda c, w: c["hidden_size"], hidden_size=lambda c, w: c["embedding_size"]),
)
ask.mistake(
    "the hidden size is read from a table, which is E wide",
    _with(hidden_size=lambda c, w: c["embedding_size"]),
)
ask.mistake("the width of the tables is taken for H", _with(embedding_size=lambda c, w: c["hidden_size"]))
ask.mistake(
    "the inner width is taken for 4H, not read", _with(intermediate_size=lambda c, w: 4 * c["hidden_size"])
)
ask.mistake(
    "the inner width is read from the wrong side of its matrix: it is H",
    _with(intermediate_size=lambda c, w: c["hidden_size"]),
)
ask.mistake("there are always two segments in your config", _with(type_vocab_size=lambda c, w: 2))
ask.mistake(
    "pieces and places are exchanged",
    _with(
        vocab_size=lambda c, w: c["max_position_embeddings"],
        max_position_embeddings=lambda c, w: c["vocab_size"],
    ),
)
ask.mistake("there is always one set of layers in your config", _with(num_hidden_groups=lambda c, w: 1))
ask.mistake(
    "the number of the last set is taken for the number of sets; they count from 0",
    _with(num_hidden_groups=lambda c, w: c["num_hidden_groups"] - 1),
)


def _last_group(w):
    numbers = [
        name.split("albert_layer_groups.")[1].split(".")[0] for name in w if "albert_layer_groups." in name
    ]
    return int(max(numbers)) + 1


ask.mistake(
    "there are never more than ten sets: numbers compared as text, or one digit read",
    _with(num_hidden_groups=lambda c, w: _last_group(w)),
)
ask.mistake(
    "you counted the tensors of the sets, not the sets",
    _with(num_hidden_groups=lambda c, w: sum("albert_layer_groups" in name for name in w)),
)


def _third_part(w):
    return len({name.split(".")[2] for name in w if "albert_layer_groups" in name})


ask.mistake(
    "with albert. in front, the parts of a name are counted from another place",
    _with(num_hidden_groups=lambda c, w: _third_part(w)),
)


def _first_found(part):
    """The first size of the first tensor whose name holds this text."""
    return lambda c, w: next(len(tensor) for name, tensor in w.items() if part in name)


ask.mistake(
    "the inner width is read from the first name with ffn in it; ffn_output has it, too",
    _with(intermediate_size=_first_found("ffn")),
)
ask.mistake(
    "E is read from the first LayerNorm that is found; there are others, H wide",
    _with(embedding_size=_first_found("LayerNorm")),
)
ask.mistake(
    "places and segments are exchanged",
    _with(
        type_vocab_size=lambda c, w: c["max_position_embeddings"],
        max_position_embeddings=lambda c, w: c["type_vocab_size"],
    ),
)


@ask.mistake("names that begin with albert. are not found")
def _without_prefix(w):
    if any(name.startswith("albert.") for name in w):
        raise KeyError("embeddings.word_embeddings.weight")
    return config_of(w)


@ask.mistake("numbers of layers and heads are invented: no shape tells them")
def _with_layers(w):
    return config_of(w) | {"num_hidden_layers": 12, "num_attention_heads": 12}


@ask.mistake("the values are shapes, not whole numbers")
def _as_shapes(w):
    return {key: torch.Size([value]) for key, value in config_of(w).items()}


@ask.mistake("the values are text, not whole numbers")
def _as_text(w):
    return {key: str(value) for key, value in config_of(w).items()}


@ask.right
def with_endings(w):
    def shape(ending):
        return next(tensor.shape for name, tensor in w.items() if name.endswith(ending))

    vocab, embedding = shape("embeddings.word_embeddings.weight")
    inner, hidden = shape("albert_layers.0.ffn.weight")
    return {
        "vocab_size": vocab,
        "embedding_size": embedding,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "max_position_embeddings": shape("position_embeddings.weight")[0],
        "type_vocab_size": shape("token_type_embeddings.weight")[0],
        "num_hidden_groups": sum(name.endswith("attention.query.bias") for name in w),
    }


@ask.right
def with_a_loop(w):
    found, groups = {}, set()
    for name, tensor in w.items():
        parts = name.split(".")
        if parts[0] == "albert":
            parts = parts[1:]
        if parts[0] == "embeddings" and parts[1].endswith("_embeddings"):
            key = {"word": "vocab_size", "position": "max_position_embeddings", "token": "type_vocab_size"}
            found[key[parts[1].split("_")[0]]] = len(tensor)
            found["embedding_size"] = tensor.size(1)
        if parts[:1] == ["pooler"]:
            found["hidden_size"] = tensor.size(0)
        if "albert_layer_groups" in parts:
            groups.add(int(parts[2]))
            if parts[-2:] == ["ffn", "bias"]:
                found["intermediate_size"] = tensor.numel()
    return found | {"num_hidden_groups": max(groups) + 1}


@ask.right
def with_the_prefix_found(w):
    before = "albert." if "albert.pooler.weight" in w else ""
    tables = ("word", "position", "token_type")
    V, P, S = (w[f"{before}embeddings.{table}_embeddings.weight"].shape[0] for table in tables)
    E = w[f"{before}embeddings.LayerNorm.weight"].numel()
    H = w[f"{before}pooler.bias"].numel()
    layer, groups = f"{before}encoder.albert_layer_groups", 0
    while f"{layer}.{groups}.albert_layers.0.ffn.bias" in w:
        groups += 1
    inner = w[f"{layer}.0.albert_layers.0.ffn_output.weight"].shape[1]
    return dict(zip(KEYS, (V, P, S, E, H, inner, groups), strict=True))
