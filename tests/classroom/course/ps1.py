# ruff: noqa: E501  (one line of a submission)
"""A small assignment for attacks on the grader: five questions with plain assertions, 19 points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAME = "ps1"

SETUP = "import math\n\nimport torch"

# Of each question: the name it asks for, a right answer, points of its two test cells, and these.
QUESTIONS: dict[str, tuple[str, str, tuple[int, int], str, str]] = {
    "softmax": (
        "def softmax(x):\n    e = (x - x.amax(-1, keepdim=True)).exp()\n    return e / e.sum(-1, keepdim=True)",
        "def softmax(x):\n    return x",
        (2, 2),
        "x = torch.tensor([[0.0, math.log(3.0)], [1.0, 1.0]])\n"
        "assert torch.allclose(softmax(x), torch.tensor([[0.25, 0.75], [0.5, 0.5]]))",
        "# albert-lab: forbids softmax\n"
        "x = torch.randn(4, 5, generator=torch.Generator().manual_seed(1)) + 100\n"
        "assert torch.allclose(softmax(x), torch.softmax(x, -1), atol=1e-6)",
    ),
    "layer_norm": (
        "def layer_norm(x):\n    m = x - x.mean(-1, keepdim=True)\n"
        "    return m / (m.square().mean(-1, keepdim=True) + 1e-5).sqrt()",
        "def layer_norm(x):\n    return x",
        (1, 2),
        "x = torch.tensor([[1.0, 2.0, 3.0, 4.0]])\n"
        "right = torch.tensor([[-1.3416, -0.4472, 0.4472, 1.3416]])\n"
        "assert torch.allclose(layer_norm(x), right, atol=1e-3)",
        "x = torch.randn(3, 6, generator=torch.Generator().manual_seed(2))\n"
        "assert torch.allclose(layer_norm(x), torch.nn.functional.layer_norm(x, (6,)), atol=1e-5)",
    ),
    "attention": (
        "def attention(q, k, v):\n    s = q @ k.mT / q.shape[-1] ** 0.5\n"
        "    e = (s - s.amax(-1, keepdim=True)).exp()\n    return e / e.sum(-1, keepdim=True) @ v",
        "def attention(q, k, v):\n    return v",
        (2, 3),
        "q, k = torch.tensor([[2.0, 0, 0, 0]]), torch.tensor([[0.0], [1], [2]]) * math.log(2.0) * torch.eye(4)[:1]\n"
        "out = attention(q, k, torch.tensor([[7.0], [14], [21]]))\n"
        "assert out.shape == (1, 1), 'one query, one number'\n"
        "assert abs(float(out) - 17) < 1e-3",
        "g = torch.Generator().manual_seed(3)\n"
        "q, k, v = (torch.randn(2, 3, 4, generator=g) for _ in range(3))\n"
        "right = torch.nn.functional.scaled_dot_product_attention(q, k, v)\n"
        "assert torch.allclose(attention(q, k, v), right, atol=1e-5)",
    ),
    "cross_entropy": (
        "def cross_entropy(logits, target):\n    top = logits.amax(-1, keepdim=True)\n"
        "    log_sum = (logits - top).exp().sum(-1).log() + top.squeeze(-1)\n"
        "    return (log_sum - logits[torch.arange(len(target)), target]).mean()",
        "def cross_entropy(logits, target):\n    return torch.tensor(-1.0)",
        (2, 2),
        "loss = cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))\n"
        "assert abs(float(loss) - math.log(4.0)) < 1e-5",
        "x = torch.randn(5, 7, generator=torch.Generator().manual_seed(4)) + 80\n"
        "y = torch.tensor([0, 6, 3, 2, 1])\n"
        "right = torch.nn.functional.cross_entropy(x, y)\n"
        "assert torch.allclose(cross_entropy(x, y), right, atol=1e-5)",
    ),
    "descend": (
        "def descend(slope, x, rate, steps):\n    for _ in range(steps):\n        x = x - rate * slope(x)\n    return x",
        "def descend(slope, x, rate, steps):\n    return x",
        (1, 2),
        "assert abs(descend(lambda x: 2 * x, 8.0, 0.25, 3) - 1.0) < 1e-6",
        "assert abs(descend(lambda x: 2 * (x - 3), 0.0, 0.1, 200) - 3.0) < 1e-4\n"
        "assert descend(lambda x: x, 5.0, 0.5, 0) == 5.0",
    ),
}
POINTS = {name: sum(parts[2]) for name, parts in QUESTIONS.items()}
ALL = sum(POINTS.values())
RIGHT = {name: parts[0] for name, parts in QUESTIONS.items()}
WRONG = {name: parts[1] for name, parts in QUESTIONS.items()}


def cell(source: str, kind: str = "code", **nbgrader: Any) -> dict[str, Any]:
    """A cell as it stands in a file."""
    metadata = {"nbgrader": {"schema_version": 3, "task": False, **nbgrader}} if nbgrader else {}
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": metadata, "source": source, **code}


def notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """A notebook of these cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, one in enumerate(cells):
        one.setdefault("id", f"c{number}")
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def source() -> dict[str, Any]:
    """The assignment with solutions and hidden tests."""
    locked = {"grade": False, "locked": True, "solution": False}
    cells = [cell("# Problem set 1", "markdown"), cell(SETUP, grade_id="setup", **locked)]
    for name, (right, _, (visible, hidden), test, secret) in QUESTIONS.items():
        head, _, body = right.partition("\n")
        solution = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
        cells.append(cell(solution, grade=False, locked=False, solution=True, grade_id=f"{name}_answer"))
        given = {"grade": True, "locked": True, "solution": False}
        cells.append(cell(test, points=visible, grade_id=f"{name}_test", **given))
        covered = f"# More inputs.\n### BEGIN HIDDEN TESTS\n{secret}\n### END HIDDEN TESTS"
        cells.append(cell(covered, points=hidden, grade_id=f"{name}_hidden", **given))
    return notebook(cells)


def write_source(folder: Path) -> Path:
    """The folder of an nbgrader course that holds this assignment."""
    path = folder / "source" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(source()), encoding="utf-8")
    (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    return folder
