from __future__ import annotations

import json

import pytest
import torch

from albert_lab.errors import InputError
from albert_lab.vectors import Extractor, fastest
from albert_lab.vectors.packed import PackedLayers


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path))
    monkeypatch.delenv(fastest.SWITCH, raising=False)
    return tmp_path / "fastest.json"


@pytest.fixture
def measured(monkeypatch):
    """Rates that a measurement gives, and how often one was made."""
    rates, calls = {"plain": 1e9, "packed": 2e9}, []

    def measure(model):
        calls.append(model)
        return dict(rates)

    monkeypatch.setattr(fastest, "_measure", measure)
    return rates, calls


@pytest.fixture(scope="module")
def wide(make_model):
    return make_model(hidden_size=128, intermediate_size=256)


def test_the_faster_way_is_taken_and_only_a_clear_gain_counts(wide, measured, own_cache):
    rates, _ = measured
    assert fastest.is_packed(wide)
    own_cache.unlink()
    rates["packed"] = 1.05e9
    assert not fastest.is_packed(wide)


def test_it_is_measured_once_and_anew_for_another_shape_or_number_of_threads(wide, make_model, measured):
    _, calls = measured
    assert [fastest.is_packed(wide) for _ in range(3)] == [True] * 3
    assert len(calls) == 1
    fastest.is_packed(make_model(hidden_size=128, intermediate_size=128))
    assert len(calls) == 2
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(threads + 1)
        fastest.is_packed(wide)
    finally:
        torch.set_num_threads(threads)
    assert len(calls) == 3


@pytest.mark.parametrize("key", ["_processor", "capability"])
def test_what_another_machine_measured_is_not_taken(wide, measured, monkeypatch, key):
    _, calls = measured
    fastest.is_packed(wide)
    if key == "_processor":
        monkeypatch.setattr(fastest, "_processor", lambda: "another processor")
    else:
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "another set")
    fastest.is_packed(wide)
    assert len(calls) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[1]",
        b"null",
        b'{"KEY": 3}',
        b'{"KEY": {"plain": 1.0}}',
        b'{"KEY": {"plain": 1.0, "packed": NaN}}',
        b'{"KEY": {"plain": "1", "packed": 2.0}}',
        b'{"KEY": {"plain": -1.0, "packed": 2.0}}',
    ],
)
def test_a_damaged_memory_is_measured_anew_and_mended(wide, measured, own_cache, content):
    _, calls = measured
    own_cache.write_bytes(content.replace(b"KEY", fastest._key(wide).encode()))
    assert fastest.is_packed(wide)
    assert len(calls) == 1
    assert json.loads(own_cache.read_text()) == {fastest._key(wide): {"plain": 1e9, "packed": 2e9}}


def test_where_nothing_can_be_written_it_works_all_the_same(wide, measured, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ALBERT_LAB_CACHE", str(tmp_path / "file" / "cache"))
    assert fastest.is_packed(wide)


@pytest.mark.parametrize(("switch", "packed"), [("0", False), ("1", True)])
def test_the_switch_decides_without_a_measurement(wide, tokenizer, measured, monkeypatch, switch, packed):
    monkeypatch.setenv(fastest.SWITCH, switch)
    assert isinstance(Extractor(wide, tokenizer)._layers, PackedLayers) == packed
    assert isinstance(Extractor(wide, tokenizer, packed=not packed)._layers, PackedLayers) != packed
    assert measured[1] == []


def test_a_switch_that_says_neither_is_refused(wide, monkeypatch):
    monkeypatch.setenv(fastest.SWITCH, "yes")
    with pytest.raises(InputError, match="ALBERT_LAB_PACKED"):
        fastest.is_packed(wide)


def test_narrow_networks_and_those_that_cannot_be_packed_are_not_measured(make_model, measured):
    assert not fastest.is_packed(make_model())
    assert not fastest.is_packed(make_model(hidden_size=128).double())
    assert measured[1] == []


@pytest.mark.filterwarnings("ignore:This processor has no bfloat16")
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_every_precision_runs_whatever_was_measured(wide, tokenizer, measured, precision):
    assert Extractor(wide, tokenizer, precision=precision).embed(["a tree"]).shape == (1, 128)


def test_a_real_measurement_gives_two_rates(wide, own_cache):
    rates = fastest.measured_rates(wide)
    assert fastest._whole(rates)
    assert json.loads(own_cache.read_text())[fastest._key(wide)] == rates


def test_it_is_told_to_people(wide, make_model, measured, monkeypatch):
    assert fastest.described(wide) == (
        "packed weights through oneDNN; billion operations a second: plain 1, packed 2"
    )
    assert fastest.described(make_model()) == "torch's plain products (not measured)"
    monkeypatch.setenv(fastest.SWITCH, "0")
    assert fastest.described(wide) == "torch's plain products (not measured)"
