"""What an exercise question is made of: a contract to keep, inputs to try, and mistakes that have a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, overload

from albert_lab.errors import InputError

Answer = TypeVar("Answer")  # a function, a class or a value
Function = TypeVar("Function", bound=Callable)

KINDS = ("implement", "predict", "find the bug", "fill in", "read a picture")
_BELOW: Any = object()  # the answer is the function below the decorator


@dataclass(frozen=True)
class Case:
    """One input on which an answer is tried.

    Attributes:
        says: the property that this input shows, such as "more keys than queries".
        arguments: positional arguments of the answer.
        options: keyword arguments of the answer.
        gradient: also compare the gradients with respect to every floating tensor among the arguments.
        raises: the kind of error that is the right answer here, or None. No argument is changed by a right
            answer, here as anywhere: every assignment says so at its beginning.
    """

    says: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    gradient: bool = False
    raises: type[Exception] | None = None


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that learners give, and what to tell them.

    Attributes:
        says: what the learner did, worded to follow "It looks as if"; says nothing of the right code.
        answer: the wrong answer itself: a function, or a value where the question asks for one.
    """

    says: str
    answer: Any


@dataclass(frozen=True)
class Named:
    """A function among a case's arguments, with a name that a report can show."""

    name: str
    function: Callable

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    def __repr__(self) -> str:
        return self.name


def call(answer: Callable, *arguments: Any, **options: Any) -> Any:
    """How most answers are used: they are functions."""
    return answer(*arguments, **options)


class NotWholeError(TypeError):
    """A float stands where ids or places are asked for, which are used to look something up."""


def call_for_whole_numbers(answer: Callable, *arguments: Any, **options: Any) -> Any:
    """How answers are used that give ids or places: 2.0 looks nothing up, and so is none of them."""

    def floats(value: Any) -> list[float]:
        if isinstance(value, list | tuple):
            return [number for one in value for number in floats(one)]
        return [value] if isinstance(value, float) else []

    given = answer(*arguments, **options)
    found = floats(given)
    if found:
        raise NotWholeError(f"{found[0]} is a float, and whole numbers (int) are asked for")
    return given


@dataclass(frozen=True)
class Card:
    """What is known of a question before anybody answers it, and the words after it.

    Attributes:
        id: such as ``"ex02_3"``: assignment and place in it.
        title: a few words.
        kind: one of `KINDS`.
        objectives: ids of the chapter's objectives that it practises, such as ``("LO-02.1",)``.
        points, minutes: what it is worth and how long it takes at most; whole numbers.
        difficulty, importance: 1 to 5.
        why: two sentences that a learner reads after the solution.
        rtol, atol: tolerance of float32 results, relative and absolute.
        near: what to say of a number that is less than a hundredth off, where a number is asked for.
    """

    id: str
    title: str
    kind: str
    objectives: tuple[str, ...]
    points: int
    minutes: int
    difficulty: int
    importance: int
    why: str
    rtol: float = 1e-4
    atol: float = 1e-5
    near: str = "nearly: something was rounded on the way; keep all digits"

    def __post_init__(self) -> None:
        wrong = [name for name, bad in self._wrong().items() if bad]
        if wrong:
            raise InputError(
                f"question {self.id} has no valid {', '.join(wrong)}.",
                expected=f"what albert_lab.classroom.question.{type(self).__name__} describes",
            )

    def _wrong(self) -> dict[str, bool]:
        """What is not as the class says, by name."""
        return {
            "kind": self.kind not in KINDS,
            "objectives": not self.objectives,
            "points": self.points < 1,
            "difficulty": not 1 <= self.difficulty <= 5,
            "importance": not 1 <= self.importance <= 5,
            "why": not self.why,
        }

    @property
    def asks_for_a_value(self) -> bool:
        """Whether the answer is a value, such as a prediction, and no function or class."""
        return self.kind in ("predict", "read a picture")


@dataclass(frozen=True, kw_only=True)
class Question(Card):
    """A question of an exercise: its card, and everything that decides whether an answer is right.

    Attributes:
        reference: a right answer: the function, or a function without arguments that gives the right value.
        cases: gives the inputs; what is random in them comes from the `Draw` that it is given.
        mistakes: at least six wrong answers, each with its own diagnosis; the first that fits is named.
        right: at least three right answers, written differently.
        use: applies an answer to a case's arguments; for classes, which are built and loaded first.
    """

    reference: Callable
    cases: Callable[[Draw], Sequence[Case]]
    mistakes: tuple[Mistake, ...]
    right: tuple[Any, ...]
    use: Callable = call

    def _wrong(self) -> dict[str, bool]:
        said = [mistake.says for mistake in self.mistakes]
        return super()._wrong() | {
            "mistakes": len(set(said)) < max(6, len(said)),
            "right": len(self.right) < 3,
        }


@dataclass(frozen=True)
class QuestionBuilder(Card):
    """A question as its module writes it down: its card first, then each function under what it is.

    >>> ask = QuestionBuilder("ex99_1", "Double it", "implement", ("LO-99.1",), 1, 5, 1, 1, "2x is x + x.")
    >>> @ask.reference
    ... def twice(x):
    ...     return 2 * x
    >>> @ask.mistake("you square the number")
    ... def _squared(x):
    ...     return x * x
    >>> ask.mistake("you return the number as it came", lambda x: x)

    What is decorated stays as it is. Mistakes and right answers keep the order in which they stand.
    A question for a value needs no cases: there is nothing to try it on.
    """

    _parts: dict[str, Callable] = field(default_factory=dict, init=False, repr=False)
    _mistakes: list[Mistake] = field(default_factory=list, init=False, repr=False)
    _right: list[Any] = field(default_factory=list, init=False, repr=False)

    def reference(self, answer: Function) -> Function:
        """Above the right answer: see `Question`."""
        return self._part("reference", answer)

    def cases(self, give: Function) -> Function:
        """Above the function that gives the inputs: see `Question`."""
        return self._part("cases", give)

    def use(self, apply: Function) -> Function:
        """Above the function that applies an answer to a case's arguments: see `Question`."""
        return self._part("use", apply)

    @overload
    def mistake(self, says: str) -> Callable[[Answer], Answer]: ...

    @overload
    def mistake(self, says: str, answer: Any) -> None: ...

    def mistake(self, says: str, answer: Any = _BELOW) -> Callable[[Answer], Answer] | None:
        """One more wrong answer: the function below it, or the one that is given here; see `Mistake`."""

        def add(wrong: Answer) -> Answer:
            self._mistakes.append(Mistake(says, wrong))
            return wrong

        if answer is _BELOW:
            return add
        add(answer)
        return None

    def right(self, answer: Answer, *others: Any) -> Answer:
        """One more right answer, as a decorator; or several values."""
        self._right.extend((answer, *others))
        return answer

    def question(self) -> Question:
        """The question, complete.

        Raises:
            InputError: there is no reference, there are no cases, or too few mistakes or right answers.
        """
        parts = ({"cases": value_case} if self.asks_for_a_value else {}) | self._parts
        missing = [name for name in ("reference", "cases") if name not in parts]
        if missing:
            raise InputError(
                f"question {self.id} has no {' and no '.join(missing)}.",
                mend=" and ".join(f"write @ask.{name} above a function" for name in missing),
            )
        card = {one.name: getattr(self, one.name) for one in fields(Card)}
        return Question(**card, **parts, mistakes=tuple(self._mistakes), right=tuple(self._right))

    def _part(self, name: str, function: Function) -> Function:
        if name in self._parts:
            raise InputError(f"question {self.id} has two functions under @ask.{name}.", expected="one")
        self._parts[name] = function
        return function


def value_case(draw: Draw) -> list[Case]:
    """The cases of a question whose answer is a value: there is nothing to try it on."""
    return [Case("your answer")]


class Draw:
    """Random inputs, the same for the same seed.

    Args:
        seed: a whole number.
    """

    def __init__(self, seed: int) -> None:
        import torch

        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, dtype: Any = None) -> Any:
        """Standard normal numbers as a tensor of this shape; float32 unless told."""
        import torch

        return torch.randn(*shape, generator=self.generator, dtype=dtype or torch.float32)

    def integers(self, low: int, high: int, *shape: int) -> Any:
        """Whole numbers from low to high - 1 as an int64 tensor of this shape."""
        import torch

        return torch.randint(low, high, shape, generator=self.generator)

    def integer(self, low: int, high: int) -> int:
        """One whole number from low to high, both included."""
        return int(self.integers(low, high + 1, 1))

    def choice(self, options: Sequence[Any]) -> Any:
        """One of the options."""
        return options[self.integer(0, len(options) - 1)]

    def mask(self, *shape: int, share: float = 0.7) -> Any:
        """Booleans, True with this probability, and True in the first place of the last axis."""
        import torch

        drawn = torch.rand(*shape, generator=self.generator) < share
        drawn[..., 0] = True
        return drawn

    def strided(self, *shape: int) -> Any:
        """Standard normal numbers whose last two axes lie transposed in memory: not contiguous."""
        return self.normal(*shape[:-2], shape[-1], shape[-2]).transpose(-1, -2)
