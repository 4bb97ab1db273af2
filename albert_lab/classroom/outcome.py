"""Try an answer on cases, and tell whether two outcomes are the same."""

from __future__ import annotations

import copy
import math
import numbers
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from albert_lab.classroom.question import Case, Draw, Question
from albert_lab.classroom.settings import own_random_numbers, seeded, usual_settings
from albert_lab.classroom.shown import copied, odd_tensor, shown

_OURS = str(Path(__file__).resolve().parents[1])


@dataclass(frozen=True)
class Outcome:
    """What an answer made of one case.

    Attributes:
        value: what it returned, as it was then; None if it raised.
        error: what it raised, or None.
        where: the learner's line that raised, as text.
        changed: places (and names) of the arguments that it changed.
        gradients: of a weighted sum of the result, for each floating argument, or None where none flows;
            empty where the case asks for none.
    """

    value: Any = None
    error: BaseException | None = None
    where: str = ""
    changed: tuple[Any, ...] = ()
    gradients: tuple[Any, ...] = ()


def outcomes(question: Question, answer: Any, seed: int) -> list[Outcome]:
    """The outcomes of an answer on fresh inputs of every case; the same seed gives the same inputs."""
    function = answer if callable(answer) else lambda: answer
    with usual_settings(), own_random_numbers():
        return [_outcome(question, function, case, seed) for case in question.cases(Draw(seed))]


def _outcome(question: Question, answer: Any, case: Case, seed: int) -> Outcome:
    """One case, run; whatever the answer raises becomes part of the outcome.

    Each argument is a copy of its own, so that no change in place reaches another argument or another case.
    The settings are set for each case, since an answer may change them.
    """
    arguments = tuple(map(copy.deepcopy, case.arguments))
    options = {name: copy.deepcopy(value) for name, value in case.options.items()}
    with usual_settings():
        seeded(seed)
        inputs = _with_gradients([*arguments, *options.values()]) if case.gradient else []
        try:
            value = question.use(answer, *arguments, **options)
            gradients = _gradients(value, inputs) if case.gradient else ()
            value = copied(value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a learner's code raises, SystemExit too, is shown to them
            return Outcome(error=error, where=_own_line(error))
    before, after = (case.arguments, case.options), (arguments, options)
    return Outcome(value, changed=_changed(before, after), gradients=gradients)


def _with_gradients(given: list[Any]) -> list[Any]:
    return [value.requires_grad_() for value in given if is_floating(value)]


def is_floating(value: Any) -> bool:
    """Whether a value is a tensor through which gradients can flow."""
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _gradients(value: Any, inputs: list[Any]) -> tuple[Any, ...]:
    """Gradients of sum(value · w) with fixed weights w = cos(0), cos(1), … that favour no direction."""
    import torch

    if not isinstance(value, torch.Tensor) or not value.requires_grad or odd_tensor(value):
        return (None,) * len(inputs)
    weights = torch.arange(value.numel(), dtype=value.dtype).cos().reshape(value.shape)
    return torch.autograd.grad((value * weights).sum(), inputs, allow_unused=True)


def _changed(before: tuple[tuple, Mapping], after: tuple[tuple, Mapping]) -> tuple[Any, ...]:
    places = [i for i, (old, new) in enumerate(zip(before[0], after[0], strict=True)) if not _kept(old, new)]
    return (*places, *(name for name, old in before[1].items() if not _kept(old, after[1][name])))


def _kept(old: Any, new: Any) -> bool:
    """Whether an argument is what it was; of objects of other kinds nothing is asked."""
    import numpy as np
    import torch

    if isinstance(old, torch.nn.Module):
        theirs = new.state_dict()
        same = all(torch.equal(value, theirs[name]) for name, value in old.state_dict().items())
        return same and old.training == new.training
    if isinstance(old, torch.Tensor | np.ndarray | numbers.Number | str | list | tuple | dict | set):
        return difference(old, new, rtol=0, atol=0) is None
    return True


def _own_line(error: BaseException) -> str:
    """The last line outside of libraries, and of this package, that led to the error."""
    libraries = ("site-packages", _OURS, "<frozen", "/lib/python")
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not any(part in frame.filename for part in libraries)
    ]
    return f"in {frames[-1].name}: {frames[-1].line}" if frames and frames[-1].line else ""


def same(one: Outcome, other: Outcome, *, rtol: float, atol: float) -> bool:
    """Whether another outcome is as good as `one`: value, changes, gradients, or the kind of error."""
    if one.error is not None or other.error is not None:
        return one.error is not None and isinstance(other.error, type(one.error))
    if one.changed != other.changed or len(one.gradients) != len(other.gradients):
        return False
    if difference(one.value, other.value, rtol=rtol, atol=atol) is not None:
        return False
    pairs = zip(one.gradients, other.gradients, strict=True)
    return all(gradient_difference(a, b, rtol=rtol, atol=atol) is None for a, b in pairs)


def gradient_difference(expected: Any, given: Any, *, rtol: float, atol: float) -> str | None:
    """As `difference`; a gradient that does not flow is one of zeros."""
    if expected is None and given is not None:
        expected = given * 0
    elif given is None and expected is not None:
        given = expected * 0
    return difference(expected, given, rtol=rtol, atol=atol)


def difference(expected: Any, given: Any, *, rtol: float, atol: float) -> str | None:
    """What tells `given` from `expected`, in words, or None; shape and dtype first, no broadcasting."""
    try:
        return _difference(expected, given, rtol=rtol, atol=atol)
    except Exception as error:  # `given` may be anything, and misbehave in any way
        return f"{shown(given)} cannot be compared with what is expected ({type(error).__name__})"


def _difference(expected: Any, given: Any, *, rtol: float, atol: float) -> str | None:
    import numpy as np
    import torch

    how = {"rtol": rtol, "atol": atol}
    if isinstance(expected, torch.Tensor):
        return _tensor_difference(expected, given, **how)
    if isinstance(expected, np.ndarray):
        return _array_difference(expected, given, **how)
    if isinstance(expected, bool | str | bytes) or expected is None:
        return _plain_difference(expected, given)
    if isinstance(expected, numbers.Real):
        return _number_difference(expected, given, **how)
    if isinstance(expected, Mapping):
        return _mapping_difference(expected, given, **how)
    if isinstance(expected, Sequence):
        return _sequence_difference(expected, given, **how)
    if type(expected) is type(given) and expected == given:
        return None
    return f"it is {shown(given)}, expected is {shown(expected)}"


def _tensor_difference(expected: Any, given: Any, *, rtol: float, atol: float) -> str | None:
    import torch

    if not isinstance(given, torch.Tensor):
        return f"a torch.Tensor is expected, not {type(given).__name__}"
    if odd_tensor(given) != odd_tensor(expected):
        return f"the tensor is {odd_tensor(given)}, and an ordinary (dense) one is expected"
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


def _array_difference(expected: Any, given: Any, *, rtol: float, atol: float) -> str | None:
    """NumPy's arrays: those of floats as tensors are compared, all others entry by entry."""
    import numpy as np
    import torch

    if not isinstance(given, np.ndarray):
        return f"a numpy.ndarray is expected, not {type(given).__name__}"
    if expected.shape != given.shape:
        return f"the shape is {given.shape}, expected is {expected.shape}"
    if expected.dtype != given.dtype and not expected.dtype.kind == given.dtype.kind == "U":
        return f"the dtype is {given.dtype}, expected is {expected.dtype}"
    if expected.dtype.kind == "f":
        one, other = (torch.from_numpy(np.array(array)) for array in (expected, given))
        return _tensor_difference(one, other, rtol=rtol, atol=atol)
    return difference(expected.tolist(), given.tolist(), rtol=rtol, atol=atol)


def _brief(number: Any) -> str:
    value = number.item()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _plain_difference(expected: Any, given: Any) -> str | None:
    if isinstance(expected, bool) and hasattr(given, "item") and "bool" in str(getattr(given, "dtype", "")):
        given = given.item() if getattr(given, "size", 1) != 0 and not getattr(given, "ndim", 0) else given
    if type(expected) is type(given) and expected == given:
        return None
    return f"it is {shown(given)}, expected is {shown(expected)}"


def _number_difference(expected: Any, given: Any, *, rtol: float, atol: float) -> str | None:
    """Numbers of Python (fractions and decimals too), NumPy and torch are all numbers; truth values not."""
    if hasattr(given, "item") and not getattr(given, "ndim", 0) and not odd_tensor(given):
        given = given.item()
    if isinstance(given, bool) or not isinstance(given, numbers.Real | Decimal):
        return f"a number is expected, not {shown(given)} ({type(given).__name__})"
    right, found = _as_float(expected), _as_float(given)
    if math.isnan(right) and math.isnan(found):
        return None
    # Counts are exact: a tolerance of 1e-4 would forgive 1,000 parameters of 11 million.
    if right.is_integer() and abs(right) >= 100:
        near = math.isfinite(found) and abs(given - int(expected)) < 0.01
    else:
        near = math.isclose(right, found, rel_tol=rtol, abs_tol=atol)
    return None if near else f"it is {_number(given)}, expected is {_number(expected, smallest=atol)}"


def _as_float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _number(number: Any, *, smallest: float = 0.0) -> str:
    """With ten digits; what is nothing but rounding is 0."""
    value = _as_float(number)
    if math.isinf(value) and not isinstance(number, float):
        return shown(number)  # a whole number beyond all floats
    return "0" if abs(value) < smallest else f"{value:.10g}"


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
        return f"it has {_elements(len(given))}, and {_kind(expected)} expected"
    found = (
        (i, difference(one, two, **how)) for i, (one, two) in enumerate(zip(expected, given, strict=True))
    )
    places = ((i, text, ", " if text and text.startswith("element") else ": ") for i, text in found)
    return next((f"element {i}{between}{text}" for i, text, between in places if text), None)


def _elements(count: int) -> str:
    return f"{count} element{'' if count == 1 else 's'}"


def _kind(expected: Sequence) -> str:
    """What is expected: a list may be taken for one of the lists that it should hold."""
    if len(expected) == 2 and all(isinstance(one, list) for one in expected):
        return "a pair of lists is"
    if len(expected) == 2 and all(hasattr(one, "ndim") for one in expected):
        return "a pair of tensors is"
    return f"{len(expected)} {'is' if len(expected) == 1 else 'are'}"


def all_same(found: Iterable[Outcome]) -> bool:
    """Whether several outcomes are one and the same value, and no error."""
    first, *others = found
    return first.error is None and all(same(first, one, rtol=0, atol=0) for one in others)
