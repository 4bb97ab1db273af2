"""Wrote the other files of this folder: a tiny release with the authors' variable names, saved by
TensorFlow's own Saver (2.21.0), and what TensorFlow computes with it, written from the paper's formulas.

    python make.py       needs tensorflow and sentencepiece, which the package and its tests do not
"""

from __future__ import annotations

import json
import math
import pydoc_data.topics
from pathlib import Path

import numpy as np
import sentencepiece
import tensorflow as tf

HERE = Path(__file__).parent
V, E, H, N, WIDE, L, LONGEST = 160, 8, 12, 3, 20, 3, 16
CONFIG = {
    "vocab_size": V,
    "embedding_size": E,
    "hidden_size": H,
    "num_hidden_layers": L,
    "num_hidden_groups": 1,
    "num_attention_heads": N,
    "intermediate_size": WIDE,
    "inner_group_num": 1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0,
    "attention_probs_dropout_prob": 0,
    "max_position_embeddings": LONGEST,
    "type_vocab_size": 2,
    "initializer_range": 0.02,
    "net_structure_type": 0,
    "gap_size": 0,
    "num_memory_blocks": 0,
    "down_scale_factor": 1,
}

v1 = tf.compat.v1
rng = np.random.default_rng(0)
variables: dict[str, tf.Variable] = {}


def variable(name: str, *shape: int) -> tf.Variable:
    """The variable of that name, made at its first use; far from 0 so that no mistake hides."""
    if name not in variables:
        start = 1.0 if name.endswith("gamma") else 0.0
        values = start + 0.3 * rng.standard_normal(shape)
        variables[name] = v1.get_variable(name, initializer=tf.constant(values.astype(np.float32)))
    return variables[name]


def dense(x, name: str, inputs: int, outputs: int):
    kernel = variable(f"{name}/kernel", inputs, outputs)
    return tf.einsum("...i,io->...o", x, kernel) + variable(f"{name}/bias", outputs)


def norm(x, name: str, width: int):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    beta, gamma = variable(f"{name}/beta", width), variable(f"{name}/gamma", width)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-12)


def gelu(x):
    return 0.5 * x * (1 + tf.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def heads(x, name: str):
    split = tf.reshape(dense(x, name, H, H), [tf.shape(x)[0], tf.shape(x)[1], N, H // N])
    return tf.transpose(split, [0, 2, 1, 3])


def layer(x, mask):
    name = "bert/encoder/transformer/group_0/inner_group_0"
    query, key, value = (heads(x, f"{name}/attention_1/self/{part}") for part in ("query", "key", "value"))
    scores = tf.matmul(query, key, transpose_b=True) / math.sqrt(H // N)
    scores += -10000.0 * (1 - tf.cast(mask, tf.float32))[:, None, None, :]
    mixed = tf.reshape(tf.transpose(tf.matmul(tf.nn.softmax(scores), value), [0, 2, 1, 3]), tf.shape(x))
    a = norm(x + dense(mixed, f"{name}/attention_1/output/dense", H, H), f"{name}/LayerNorm", H)
    wide = gelu(dense(a, f"{name}/ffn_1/intermediate/dense", H, WIDE))
    return norm(a + dense(wide, f"{name}/ffn_1/intermediate/output/dense", WIDE, H), f"{name}/LayerNorm_1", H)


def network(ids, mask, types):
    words = variable("bert/embeddings/word_embeddings", V, E)
    positions = variable("bert/embeddings/position_embeddings", LONGEST, E)[: tf.shape(ids)[1]]
    segments = variable("bert/embeddings/token_type_embeddings", 2, E)
    x = norm(tf.gather(words, ids) + tf.gather(segments, types) + positions, "bert/embeddings/LayerNorm", E)
    x = dense(x, "bert/encoder/embedding_hidden_mapping_in", E, H)
    for _ in range(L):
        x = layer(x, mask)
    pooled = tf.tanh(dense(x[:, 0], "bert/pooler/dense", H, H))
    hidden = gelu(dense(x, "cls/predictions/transform/dense", H, E))
    hidden = norm(hidden, "cls/predictions/transform/LayerNorm", E)
    masked = tf.einsum("bte,ve->btv", hidden, words) + variable("cls/predictions/output_bias", V)
    order = tf.matmul(pooled, variable("cls/seq_relationship/output_weights", 2, H), transpose_b=True)
    order += variable("cls/seq_relationship/output_bias", 2)
    return {"last_hidden_state": x, "pooler_output": pooled, "prediction_logits": masked, "sop_logits": order}


def vocabulary() -> None:
    lines = [line.strip().lower() for text in pydoc_data.topics.topics.values() for line in text.split("\n")]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for line in lines if line),
        model_prefix=str(HERE / "30k-clean"),
        vocab_size=V,
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        control_symbols=["[CLS]", "[SEP]"],
        user_defined_symbols=["[MASK]", "(", ")", '"', "-", "."],
        normalization_rule_name="identity",  # the map of NFKC would take 240 kB
        minloglevel=2,
    )
    (HERE / "30k-clean.vocab").unlink()


def main() -> None:
    v1.disable_eager_execution()
    vocabulary()
    (HERE / "albert_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    places = [v1.placeholder(tf.int32, [None, None]) for _ in range(3)]
    outputs = network(*places)
    shapes = {name: tensor.shape for name, tensor in variables.items()}
    v1.get_variable("global_step", initializer=np.int64(125000))
    for name in ("bert/pooler/dense/kernel", "bert/pooler/dense/bias"):  # as the optimizer leaves them
        for slot in ("adam_m", "adam_v"):
            v1.get_variable(f"{name}/{slot}", initializer=tf.zeros(shapes[name]))
    lengths = np.array([[11], [4], [7]])
    mask = (np.arange(11) < lengths).astype(np.int64)
    ids, types = rng.integers(5, V, mask.shape) * mask, (np.arange(11) >= lengths // 2) * mask
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        found = session.run(outputs, dict(zip(places, (ids, mask, types), strict=True)))
        saver = v1.train.Saver()
        saver.save(session, str(HERE / "model.ckpt-best"), write_meta_graph=False, write_state=False)
        raw = session.run(variables)
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    np.savez_compressed(HERE / "expected.npz", **inputs, **found)
    np.savez_compressed(HERE / "variables.npz", **{name.replace("/", "|"): a for name, a in raw.items()})


if __name__ == "__main__":
    main()
