"""What an exercise question is made of: a contract to keep, inputs to try, and mistakes that have a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from albert_lab.errors import InputError

KINDS = ("implement", "predict", "find the bug", "fill in", "read a picture")


@dataclass(frozen=True)
class Case:
    """One input on which an answer is tried.

    Attributes:
        says: the property that this input shows, such as "more keys than queries".
        arguments: positional arguments of the answer.
        options: keyword arguments of the answer.
        gradient: also compare the gradients with respect to every floating tensor among the arguments.
    """

    says: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    gradient: bool = False


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


@dataclass(frozen=True)
class Question:
    """A question of an exercise, with everything that decides whether an answer is right.

    Attributes:
        id: such as ``"ex02_3"``: assignment and place in it.
        title: a few words.
        kind: one of `KINDS`.
        objectives: ids of the chapter's objectives that it practises, such as ``("LO-02.1",)``.
        points, minutes: what it is worth and how long it takes at most; whole numbers.
        difficulty, importance: 1 to 5.
        reference: a right answer: the function, or a function without arguments that gives the right value.
        cases: gives the inputs; what is random in them comes from the `Draw` that it is given.
        mistakes: at least six wrong answers, each with its own diagnosis.
        right: at least three right answers, written differently.
        why: two sentences that a learner reads after the solution.
        use: applies an answer to a case's arguments; for classes, which are built and loaded first.
        rtol, atol: tolerance of float32 results, relative and absolute.
    """

    id: str
    title: str
    kind: str
    objectives: tuple[str, ...]
    points: int
    minutes: int
    difficulty: int
    importance: int
    reference: Callable
    cases: Callable[[Draw], Sequence[Case]]
    mistakes: tuple[Mistake, ...]
    right: tuple[Any, ...]
    why: str
    use: Callable = call
    rtol: float = 1e-4
    atol: float = 1e-5

    def __post_init__(self) -> None:
        said = [mistake.says for mistake in self.mistakes]
        wrong = {
            "kind": self.kind not in KINDS,
            "objectives": not self.objectives,
            "points": self.points < 1,
            "difficulty": not 1 <= self.difficulty <= 5,
            "importance": not 1 <= self.importance <= 5,
            "mistakes": len(set(said)) < max(6, len(said)),
            "right": len(self.right) < 3,
            "why": not self.why,
        }
        if any(wrong.values()):
            raise InputError(
                f"question {self.id} has no valid {', '.join(name for name in wrong if wrong[name])}.",
                expected="what albert_lab.classroom.question.Question describes",
            )

    @property
    def asks_for_a_value(self) -> bool:
        """Whether the answer is a value, such as a prediction, and no function or class."""
        return self.kind in ("predict", "read a picture")


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
