"""Try an answer on cases, and tell whether two outcomes are the same."""

from __future__ import annotations

import copy
import inspect
import math
import numbers
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from albert_lab.classroom.question import Case, Draw, Question


@dataclass(frozen=True)
class Outcome:
    """What an answer made of one case.

    Attributes:
        value: what it returned; None if it raised.
        error: what it raised, or None.
        where: the learner's line that raised, as text.
        changed: places (and names) of the arguments that it changed.
        gradients: of a weighted sum of the result, for each floating argument, or None where none flows;
            empty where the case asks for none.
    """

    value: Any = None
    error: Exception | None = None
    where: str = ""
    changed: tuple[Any, ...] = ()
    gradients: tuple[Any, ...] = ()


def outcomes(question: Question, answer: Any, seed: int) -> list[Outcome]:
    """The outcomes of an answer on fresh inputs of every case; the same seed gives the same inputs."""
    import torch

    function = answer if callable(answer) else lambda: answer
    found = []
    for case in question.cases(Draw(seed)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            found.append(_outcome(question, function, case))
    return found


@contextmanager
def one_thread() -> Iterator[None]:
    """Computes with one thread of torch: several are slower on tiny tensors, and wait on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _outcome(question: Question, answer: Any, case: Case) -> Outcome:
    """One case, run; whatever the answer raises becomes part of the outcome."""
    before = copy.deepcopy((case.arguments, dict(case.options)))
    inputs = _with_gradients(case) if case.gradient else []
    try:
        value = question.use(answer, *case.arguments, **case.options)
        gradients = _gradients(value, inputs) if case.gradient else ()
    except Exception as error:  # whatever a learner's code raises is shown to the learner
        return Outcome(error=error, where=_own_line(error))
    after = (case.arguments, dict(case.options))
    return Outcome(_detached(value), changed=_changed(before, after), gradients=gradients)


def _with_gradients(case: Case) -> list[Any]:
    given = [*case.arguments, *case.options.values()]
    return [value.requires_grad_() for value in given if is_floating(value)]


def is_floating(value: Any) -> bool:
    """Whether a value is a tensor through which gradients can flow."""
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _gradients(value: Any, inputs: list[Any]) -> tuple[Any, ...]:
    """Gradients of sum(value · w) with fixed weights w = cos(0), cos(1), … that favour no direction."""
    import torch

    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return (None,) * len(inputs)
    weights = torch.arange(value.numel(), dtype=value.dtype).cos().reshape(value.shape)
    return torch.autograd.grad((value * weights).sum(), inputs, allow_unused=True)


def _detached(value: Any) -> Any:
    import torch

    return value.detach() if isinstance(value, torch.Tensor) else value


def _changed(before: tuple[tuple, dict], after: tuple[tuple, dict]) -> tuple[Any, ...]:
    places = [i for i, (old, new) in enumerate(zip(before[0], after[0], strict=True)) if not _kept(old, new)]
    return (*places, *(name for name, old in before[1].items() if not _kept(old, after[1][name])))


def _kept(old: Any, new: Any) -> bool:
    """Whether an argument is what it was; of objects of other kinds nothing is asked."""
    import torch

    if isinstance(old, torch.nn.Module):
        theirs = new.state_dict()
        same = all(torch.equal(value, theirs[name]) for name, value in old.state_dict().items())
        return same and old.training == new.training
    if isinstance(old, torch.Tensor | numbers.Number | str | list | tuple | dict | set):
        return difference(old, new, rtol=0, atol=0) is None
    return True


def _own_line(error: Exception) -> str:
    """The last line outside of libraries, and of this package, that led to the error."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not any(
            part in frame.filename for part in ("site-packages", "albert_lab", "<frozen", "/lib/python")
        )
    ]
    return f"in {frames[-1].name}: {frames[-1].line}" if frames and frames[-1].line else ""


def same(one: Outcome, other: Outcome, *, rtol: float, atol: float) -> bool:
    """Whether two outcomes are the same: value, error's type, what was changed, gradients."""
    if one.error or other.error:
        return type(one.error) is type(other.error)
    if one.changed != other.changed or len(one.gradients) != len(other.gradients):
        return False
    pairs = [(one.value, other.value), *zip(one.gradients, other.gradients, strict=True)]
    return all(difference(a, b, rtol=rtol, atol=atol) is None for a, b in pairs)


def difference(expected: Any, given: Any, *, rtol: float, atol: float) -> str | None:
    """What tells `given` from `expected`, in words, or None; shape and dtype first, no broadcasting."""
    import torch

    how = {"rtol": rtol, "atol": atol}
    if isinstance(expected, torch.Tensor):
        return _tensor_difference(expected, given, **how)
    if isinstance(expected, bool | str | bytes) or expected is None:
        return _plain_difference(expected, given)
    if isinstance(expected, numbers.Real):
        return _number_difference(float(expected), given, **how)
    if isinstance(expected, Mapping):
        return _mapping_difference(expected, given, **how)
    if isinstance(expected, Sequence):
        return _sequence_difference(expected, given, **how)
    return None if type(expected) is type(given) and expected == given else "the values differ"


def _tensor_difference(expected: Any, given: Any, *, rtol: float, atol: float) -> str | None:
    import torch

    if not isinstance(given, torch.Tensor):
        return f"a torch.Tensor is expected, not {type(given).__name__}"
    if expected.layout != given.layout:
        return f"the tensor is {given.layout}, expected is {expected.layout}"
    if expected.shape != given.shape:
        return f"the shape is {tuple(given.shape)}, expected is {tuple(expected.shape)}"
    if expected.dtype != given.dtype:
        return f"the dtype is {given.dtype}, expected is {expected.dtype}"
    if not expected.is_floating_point():
        wrong = expected != given
    else:
        loose = 1.0 if expected.dtype in (torch.float32, torch.float64) else 200.0
        options = {"rtol": rtol * loose, "atol": atol * loose}
        wrong = ~torch.isclose(given.detach(), expected, equal_nan=True, **options)
    if not wrong.any():
        return None
    place = tuple(int(i) for i in wrong.nonzero()[0])
    at = f"at {list(place)} " if place else ""
    much = f"{int(wrong.sum())} of {wrong.numel()} numbers differ; " if wrong.numel() > 1 else ""
    return f"{much}{at}it is {_brief(given[place])}, expected is {_brief(expected[place])}"


def _brief(number: Any) -> str:
    value = number.item()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _plain_difference(expected: Any, given: Any) -> str | None:
    if isinstance(expected, bool) and hasattr(given, "item") and "bool" in str(getattr(given, "dtype", "")):
        given = given.item() if getattr(given, "size", 1) != 0 and not getattr(given, "ndim", 0) else given
    if type(expected) is type(given) and expected == given:
        return None
    return f"it is {shown(given)}, expected is {shown(expected)}"


def _number_difference(expected: float, given: Any, *, rtol: float, atol: float) -> str | None:
    """Python, NumPy and 0-dimensional torch numbers are all numbers; truth values are not."""
    if hasattr(given, "item") and not getattr(given, "ndim", 0):
        given = given.item()
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        return f"a number is expected, not {shown(given)} ({type(given).__name__})"
    both_nan = math.isnan(expected) and math.isnan(given)
    # Counts are exact: a tolerance of 1e-4 would forgive 1,000 parameters of 11 million.
    count = expected.is_integer() and abs(expected) >= 100
    near = (
        abs(expected - given) < 0.01 if count else math.isclose(expected, given, rel_tol=rtol, abs_tol=atol)
    )
    return None if both_nan or near else f"it is {given:.10g}, expected is {expected:.10g}"


def _mapping_difference(expected: Mapping, given: Any, **how: float) -> str | None:
    if not isinstance(given, Mapping):
        return f"a dictionary is expected, not {type(given).__name__}"
    if expected.keys() != given.keys():
        return f"the keys are {shown(list(given))}, expected are {shown(list(expected))}"
    found = ((key, difference(value, given[key], **how)) for key, value in expected.items())
    return next((f"under {key!r}: {text}" for key, text in found if text), None)


def _sequence_difference(expected: Sequence, given: Any, **how: float) -> str | None:
    """Lists and tuples count as the same."""
    if not isinstance(given, list | tuple):
        return f"a list or tuple is expected, not {type(given).__name__}"
    if len(expected) != len(given):
        return f"it has {len(given)} elements, expected are {len(expected)}"
    found = (
        (i, difference(one, two, **how)) for i, (one, two) in enumerate(zip(expected, given, strict=True))
    )
    places = ((i, text, ", " if text and text.startswith("element") else ": ") for i, text in found)
    return next((f"element {i}{between}{text}" for i, text, between in places if text), None)


def shown(value: Any, width: int = 400) -> str:
    """A value as short text: tensors rounded, long ones by their shape, also inside of other values."""
    import torch

    if isinstance(value, torch.Tensor):
        return _tensor_shown(value)
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key!r}: {shown(one)}" for key, one in value.items()) + "}"
    elif type(value) in (list, tuple):
        ends = "[]" if type(value) is list else "()"
        text = ends[0] + ", ".join(map(shown, value)) + ends[1]
    else:
        text = "a function" if inspect.isroutine(value) else repr(value)
    return text if len(text) <= width else f"{text[:width]} …"


def _tensor_shown(value: Any) -> str:
    if value.numel() > 24:
        return f"tensor of shape {tuple(value.shape)}, {value.dtype}"
    value = value.detach()
    return str(value.double().round(decimals=4).tolist() if value.is_floating_point() else value.tolist())
