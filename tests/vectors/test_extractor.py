from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
import transformers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albert_lab.errors import InputError
from albert_lab.model import AlbertForMaskedLM
from albert_lab.vectors import Extractor
from tests.small_models import SENTENCES


@pytest.fixture(scope="session")
def twin(model):
    """transformers' ALBERT with the same weights."""
    other = transformers.AlbertModel(
        transformers.AlbertConfig(**model.config.to_dict(), attn_implementation="eager")
    )
    other.load_state_dict(model.state_dict())
    return other.eval()


@pytest.fixture(scope="session")
def states(twin, tokenizer):
    """For each sentence, alone and unpadded: all hidden states (L+1, T, H) and the pooler's output (H,)."""
    found = []
    for sentence in SENTENCES:
        with torch.no_grad():
            outputs = twin(**tokenizer(sentence, return_tensors="pt"), output_hidden_states=True)
        found.append((torch.cat(outputs.hidden_states).numpy(), outputs.pooler_output[0].numpy()))
    return found


def close(actual, expected, tolerance=1e-5):
    np.testing.assert_allclose(actual, expected, atol=tolerance, rtol=0)


@pytest.mark.parametrize("layer", [-1, -2, 0, 2, 3])
@pytest.mark.parametrize(
    ("pooling", "reduce"),
    [("mean", lambda h: h.mean(0)), ("cls", lambda h: h[0]), ("max", lambda h: h.max(0))],
)
def test_sentences_equal_transformers_one_by_one(model, tokenizer, states, pooling, reduce, layer):
    vectors = Extractor(model, tokenizer, pooling=pooling, layer=layer).embed(SENTENCES)
    assert vectors.dtype == np.float32
    close(vectors, [reduce(hidden[layer]) for hidden, _ in states])


def test_pooler_and_first_last_equal_transformers(model, tokenizer, states):
    close(Extractor(model, tokenizer, pooling="pooler").embed(SENTENCES), [pooled for _, pooled in states])
    expected = [(hidden[1].mean(0) + hidden[-1].mean(0)) / 2 for hidden, _ in states]
    close(Extractor(model, tokenizer, pooling="first_last").embed(SENTENCES), expected)


@pytest.mark.parametrize("pooling", ["mean", "max", "pooler", "first_last"])
def test_transformers_models_work_as_they_are(twin, model, tokenizer, pooling):
    ours, theirs = (Extractor(each, tokenizer, pooling=pooling).embed(SENTENCES) for each in (model, twin))
    close(theirs, ours)
    ours, theirs = (Extractor(each, tokenizer, layer=1).embed(SENTENCES) for each in (model, twin))
    close(theirs, ours)


@pytest.mark.parametrize("changes", [{}, {"num_hidden_groups": 3}, {"inner_group_num": 2}])
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_padding_and_company_do_not_change_a_vector(make_model, tokenizer, changes, scale):
    extractor = Extractor(make_model(scale, **changes), tokenizer, tokens_per_batch=300)
    together = extractor.embed(SENTENCES * 3)
    for position, sentence in enumerate(SENTENCES):
        alone = extractor.embed([sentence])[0]
        assert np.abs(alone - together[position :: len(SENTENCES)]).max() <= 1e-6


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(range(len(SENTENCES))), budget=st.integers(1, 400))
def test_the_order_of_the_texts_is_kept_whatever_the_batches(model, tokenizer, extractor, order, budget):
    texts = [SENTENCES[position] for position in order]
    vectors = Extractor(model, tokenizer, tokens_per_batch=budget).embed(texts)
    close(vectors, extractor.embed(SENTENCES)[list(order)], 1e-5)


def test_no_texts_and_one_text(extractor):
    assert extractor.embed([]).shape == (0, 32)
    assert extractor.embed([], "token") == []
    assert extractor.embed("a bare string is one text").shape == (1, 32)
    close(extractor.embed("a tree"), extractor.embed(["a tree"]), 0)


def test_tokens_carry_strings_offsets_and_vectors(extractor, tokenizer, states):
    for sentence, (hidden, _), pieces in zip(
        SENTENCES, states, extractor.embed(SENTENCES, "token"), strict=True
    ):
        expected = tokenizer(sentence, return_offsets_mapping=True)
        assert pieces.text == sentence
        assert pieces.tokens == tokenizer.convert_ids_to_tokens(expected["input_ids"])[1:-1]
        close(pieces.vectors, hidden[-1][1:-1])
        surfaces = [sentence[start:stop].lower() for start, stop in pieces.offsets]
        assert surfaces == [
            token.lstrip("▁") or surface for token, surface in zip(pieces.tokens, surfaces, strict=True)
        ]


def test_words_average_their_pieces_and_point_into_the_original_text(model, tokenizer):
    text = "  Éric copies  copy_tree(Σ), ﬁne!"
    pieces = Extractor(model, tokenizer, layer=2).embed(text, "token")[0]
    words = Extractor(model, tokenizer, layer=2).embed(text, "word")[0]
    assert words.words == ["Éric", "copies", "copy_tree", "(", "Σ", "),", "ﬁne", "!"]
    assert [text[start:stop] for start, stop in words.offsets] == words.words
    for (start, stop), vector in zip(words.offsets, words.vectors, strict=True):
        inside = [
            v for v, (a, b) in zip(pieces.vectors, pieces.offsets, strict=True) if a < stop and b > start
        ]
        close(vector, np.mean(inside, axis=0), 1e-6)


def test_long_texts_are_cut_with_one_warning(extractor, tokenizer):
    long = "copy the tree " * 100
    with pytest.warns(UserWarning, match="2 of 3 texts are longer than 64 tokens") as caught:
        vectors = extractor.embed([long, "short", long])
    assert len(caught) == 1
    ids = tokenizer(long)["input_ids"]
    beginning = tokenizer.decode([*ids[1:63]])
    close(vectors[0], extractor.embed(beginning)[0])
    with pytest.warns(UserWarning, match="1 of 1"):
        assert len(extractor.embed(long, "token")[0].tokens) == 62


def test_windows_read_long_texts_to_their_end(model, tokenizer):
    extractor = Extractor(model, tokenizer, long_texts="windows", max_length=12, window_overlap=4)
    text = "the parser reads all of the arguments and returns a copy of the string, then a file"
    ids = tokenizer(text)["input_ids"][1:-1]
    starts = [*range(0, len(ids) - 10, 6), len(ids) - 10]
    assert len(starts) > 2
    with torch.no_grad():
        runs = [
            model(torch.tensor([[2, *ids[start : start + 10], 3]])).last_hidden_state[0].numpy()
            for start in starts
        ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vectors = extractor.embed(["a", text, "b"])
        pieces = extractor.embed(["a", text], "token")[1]
    close(vectors[1], np.mean([run.mean(0) for run in runs], axis=0))
    for token in range(len(ids)):
        seen = [
            run[1 + token - start]
            for start, run in zip(starts, runs, strict=True)
            if start <= token < start + 10
        ]
        close(pieces.vectors[token], np.mean(seen, axis=0))
    short = Extractor(model, tokenizer).embed(["a", "b"])
    close(vectors[[0, 2]], short)


STRANGE = {
    "empty": "",
    "blank": " \n\t ",
    "one huge word": "x" * 100_000,
    "many words": "tree " * 2_000,
    "emoji": "👩\u200d👩\u200d👧 🎉",
    "control characters": "a\x00b\x07\x1b[31m\x7f\u202e",
    "lone surrogate": "a \ud800 b",
    "private use and unassigned": "\ue000\U0010ffff",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
@pytest.mark.parametrize("long_texts", ["cut", "windows"])
@pytest.mark.filterwarnings("ignore:1 of 3 texts")
def test_strange_texts_have_vectors_and_leave_their_neighbours_alone(model, tokenizer, text, long_texts):
    extractor = Extractor(model, tokenizer, long_texts=long_texts, max_length=64)
    vectors = extractor.embed(["copy a tree", text, "a file"])
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors[1]) > 0
    close(vectors[[0, 2]], extractor.embed(["copy a tree", "a file"]))
    words = extractor.embed(["copy a tree", text, "a file"], "word")
    assert words[1].text == text
    assert all(
        text[start:stop] == word for word, (start, stop) in zip(words[1].words, words[1].offsets, strict=True)
    )


def test_a_lone_surrogate_counts_as_the_replacement_character(extractor):
    close(extractor.embed("a \ud800 b"), extractor.embed("a \ufffd b"), 0)


@pytest.mark.parametrize("bad", [None, float("nan"), 7])
def test_what_is_no_string_is_refused_with_its_place(extractor, bad):
    with pytest.raises(InputError, match=r"texts\[1\]"):
        extractor.embed(["a", bad])


def test_the_model_is_left_as_it_was(make_model, tokenizer):
    model = make_model(hidden_dropout_prob=0.5)
    model.train()
    model.pooler.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for precision in ("float32", "int8"):
        extractor = Extractor(model, tokenizer, precision=precision)
        close(extractor.embed("no dropout"), extractor.embed("no dropout"), 0)
    assert model.training
    assert model.encoder.training
    assert not model.pooler.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_layers_above_the_wanted_one_do_not_run(model, tokenizer):
    calls = []
    hook = (
        model.encoder.albert_layer_groups[0]
        .albert_layers[0]
        .register_forward_hook(lambda *_: calls.append(1))
    )
    try:
        Extractor(model, tokenizer, layer=1).embed("a tree")
    finally:
        hook.remove()
    assert len(calls) == 1


def test_of_a_model_with_a_head_the_encoder_is_taken(make_model, model, tokenizer):
    headed = AlbertForMaskedLM(model.config)
    headed.albert.load_state_dict(model.state_dict(), strict=False)
    close(Extractor(headed, tokenizer).embed("a tree"), Extractor(model, tokenizer).embed("a tree"), 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pooling": "median"}, "median"),
        ({"pooling": "pooler", "layer": 1}, "pooler"),
        ({"layer": 4}, "layer=4"),
        ({"layer": -5}, "layer=-5"),
        ({"long_texts": "drop"}, "drop"),
        ({"max_length": 65}, "max_length=65"),
        ({"max_length": 2}, "max_length=2"),
        ({"window_overlap": 62}, "window_overlap=62"),
        ({"precision": "float8"}, "float8"),
    ],
)
def test_wrong_options(model, tokenizer, options, message):
    with pytest.raises(InputError, match=message):
        Extractor(model, tokenizer, **options)


def test_an_unknown_level(extractor):
    with pytest.raises(InputError, match="paragraph"):
        extractor.embed("a", "paragraph")


def test_a_tokenizer_of_another_model(make_model, tokenizer):
    with pytest.raises(InputError, match="belong together"):
        Extractor(make_model(vocab_size=100), tokenizer)


def test_an_encoder_without_hidden_states(tokenizer, model):
    class Strange(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config, self.weight = model.config, torch.nn.Parameter(torch.zeros(1))

        def forward(self, input_ids, attention_mask=None):
            return input_ids

    with pytest.raises(InputError, match="last_hidden_state"):
        Extractor(Strange(), tokenizer).embed("a")


def test_the_fingerprint_changes_with_everything_that_changes_vectors(make_model, model, tokenizer):
    first = Extractor(model, tokenizer)
    assert first.fingerprint() == Extractor(make_model(), tokenizer).fingerprint()
    changed = make_model()
    with torch.no_grad():
        changed.encoder.albert_layer_groups[0].albert_layers[0].ffn.bias[0] += 1e-3
    others = [
        Extractor(changed, tokenizer),
        Extractor(changed, tokenizer, precision="int8"),
        Extractor(model, tokenizer, precision="int8"),
        Extractor(model, tokenizer, pooling="max"),
        Extractor(model, tokenizer, layer=1),
        Extractor(model, tokenizer, max_length=32),
    ]
    found = {each.fingerprint() for each in [first, *others]}
    assert len(found) == 1 + len(others)


def test_from_source_reads_a_saved_folder(model, tokenizer, extractor, tmp_path):
    from albert_lab.model.checkpoint import save_model

    save_model(model, tmp_path / "saved")
    tokenizer.save_pretrained(tmp_path / "saved")
    loaded = Extractor.from_source(tmp_path / "saved", pooling="max")
    assert loaded.settings["pooling"] == "max"
    close(loaded.embed(SENTENCES), Extractor(model, tokenizer, pooling="max").embed(SENTENCES), 0)


def test_the_progress_bar_is_shown_only_when_asked_or_when_it_takes_long(extractor, capsys, monkeypatch):
    extractor.embed(SENTENCES)
    assert capsys.readouterr() == ("", "")
    extractor.embed(SENTENCES, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "embedding" in captured.err
    monkeypatch.setattr("albert_lab.progress_bar.DELAY_SECONDS", -1.0)
    extractor.embed(SENTENCES, progress=False)
    assert capsys.readouterr() == ("", "")
