from __future__ import annotations

import numpy as np

from albert_lab.vectors.fingerprint import fingerprint


def test_a_fingerprint_changes_with_every_number_name_type_and_setting():
    a, b = np.arange(4, dtype=np.float32), np.ones((2, 3), dtype=np.float32)
    found = [
        fingerprint({"a": a, "b": b}, {"x": 1}),
        fingerprint({"a": a + 1, "b": b}, {"x": 1}),
        fingerprint({"b": a, "a": b}, {"x": 1}),
        fingerprint({"a": a.view(np.int32), "b": b}, {"x": 1}),
        fingerprint({"a": a, "b": b.reshape(3, 2)}, {"x": 1}),
        fingerprint({"a": a, "b": b}, {"x": 2}),
        fingerprint({"a": a, "b": b}, {"x": 1}, "more"),
        fingerprint({"a": a}, {"x": 1}),
    ]
    assert len(set(found)) == len(found)


def test_order_and_memory_layout_do_not_matter():
    square = np.arange(6, dtype=np.float32).reshape(2, 3)
    first = fingerprint({"a": square, "b": square + 1}, {"x": 1, "y": 2})
    assert first == fingerprint({"b": square + 1, "a": np.asfortranarray(square)}, {"y": 2, "x": 1})
