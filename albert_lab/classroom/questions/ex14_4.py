"""ex14_4: F1 averaged over labels."""

from __future__ import annotations

from collections import Counter

import numpy as np

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex14_4",
    title="F1, label by label",
    kind="implement",
    objectives=("LO-14.6",),
    points=2,
    minutes=15,
    difficulty=3,
    importance=5,
    why=(
        "The mean over labels gives a rare label the weight of a frequent one, which accuracy does not. A "
        "label that is never hit has F1 = 0 and pulls the mean down, as it should."
    ),
)

Labels = list[str]


@ask.reference
def macro_f1(gold: Labels, predicted: Labels) -> float:
    right = Counter(g for g, p in zip(gold, predicted, strict=True) if g == p)
    true, said = Counter(gold), Counter(predicted)
    labels = true.keys() | said.keys()
    return sum(2 * right[label] / (true[label] + said[label]) for label in labels) / len(labels)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, all right, all wrong, a label on one side only, one label, rare labels, many."""

    def drawn(n: int, labels: str) -> Labels:
        return [draw.choice(labels) for _ in range(n)]

    rare = ["a"] * 16 + ["b"] * 3 + ["c"]
    return [
        Case("two labels, by hand", (["a", "a", "a", "b"], ["a", "a", "b", "b"])),
        Case("all right", (["a", "b", "c", "a"], ["a", "b", "c", "a"])),
        Case("all wrong", (["a", "b", "a"], ["b", "a", "b"])),
        Case("a label that is never predicted", (["a", "a", "b", "c"], ["a", "a", "b", "b"])),
        Case("a label that is predicted and never true", (["a", "a", "b", "b"], ["a", "c", "b", "b"])),
        Case("one text", (["a"], ["a"])),
        Case("one text, wrong", (["a"], ["b"])),
        Case("rare labels, always the frequent one", (rare, ["a"] * 20)),
        Case("rare labels, some found", (rare, ["a"] * 14 + ["b", "c", "b", "b", "a", "c"])),
        Case(
            "frequent label badly found, rare ones well", (rare, ["b"] * 10 + ["a"] * 6 + ["b"] * 3 + ["c"])
        ),
        Case("names of several letters", (["red", "green", "red"], ["red", "red", "green"])),
        Case("forty drawn, three labels", (drawn(40, "abc"), drawn(40, "abc"))),
        Case("forty drawn, many a", (drawn(40, "aaaabc"), drawn(40, "aabbc"))),
        Case("sixty drawn, five labels", (drawn(60, "aaabbcde"), drawn(60, "aaabbcde"))),
    ]


def _parts(gold: Labels, predicted: Labels) -> dict[str, tuple[int, int, int]]:
    """For each label how often right, predicted, true."""
    return {
        label: (
            sum(g == p == label for g, p in zip(gold, predicted, strict=True)),
            predicted.count(label),
            gold.count(label),
        )
        for label in sorted({*gold, *predicted})
    }


def _share(right: int, of: int) -> float:
    return right / of if of else 0.0


def _f1(right: int, said: int, true: int) -> float:
    return 2 * right / (said + true)


@ask.mistake("this is the accuracy")
def _accuracy(gold, predicted):
    return float(np.mean([g == p for g, p in zip(gold, predicted, strict=True)]))


@ask.mistake("labels are weighted by how often they are true; each of them counts the same")
def _weighted(gold, predicted):
    return sum(true * _f1(r, s, true) for r, s, true in _parts(gold, predicted).values()) / len(gold)


@ask.mistake("labels that are never true are left out")
def _true_only(gold, predicted):
    values = [_f1(*part) for part in _parts(gold, predicted).values() if part[2]]
    return sum(values) / len(values)


@ask.mistake("labels that are never predicted are left out")
def _said_only(gold, predicted):
    values = [_f1(*part) for part in _parts(gold, predicted).values() if part[1]]
    return sum(values) / len(values)


@ask.mistake("labels that are never hit are left out")
def _hit_only(gold, predicted):
    values = [_f1(*part) for part in _parts(gold, predicted).values() if part[0]]
    return sum(values) / len(values) if values else 0.0


@ask.mistake("this is the mean precision: how much of what is predicted is right")
def _precision(gold, predicted):
    return float(np.mean([_share(r, s) for r, s, _ in _parts(gold, predicted).values()]))


@ask.mistake("this is the mean recall: how much of what is true is found")
def _recall(gold, predicted):
    return float(np.mean([_share(r, t) for r, _, t in _parts(gold, predicted).values()]))


@ask.mistake("you take F1 of the mean precision and the mean recall; first F1, then the mean")
def _f1_of_means(gold, predicted):
    p, r = _precision(gold, predicted), _recall(gold, predicted)
    return 2 * p * r / (p + r) if p + r else 0.0


@ask.mistake("you take the plain mean of precision and recall, and F1 is the harmonic one")
def _plain_mean(gold, predicted):
    return (_precision(gold, predicted) + _recall(gold, predicted)) / 2


@ask.mistake("the 2 of F1 is missing")
def _halved(gold, predicted):
    return macro_f1(gold, predicted) / 2


@ask.mistake("right ones are divided by all that is predicted or true, each counted once (Jaccard)")
def _jaccard(gold, predicted):
    return float(np.mean([r / (s + t - r) for r, s, t in _parts(gold, predicted).values()]))


@ask.mistake("only one label is looked at, the first by name")
def _first_label(gold, predicted):
    return _f1(*next(iter(_parts(gold, predicted).values())))


@ask.mistake("only the most frequent label is looked at")
def _frequent_label(gold, predicted):
    return _f1(*_parts(gold, predicted)[Counter(gold).most_common(1)[0][0]])


@ask.mistake("the sum over the labels is not divided by their number")
def _summed(gold, predicted):
    return sum(_f1(*part) for part in _parts(gold, predicted).values())


@ask.mistake("you return F1 label by label; their mean is asked for")
def _table(gold, predicted):
    return {label: _f1(*part) for label, part in _parts(gold, predicted).items()}


@ask.mistake("a label without a hit makes your code fail")
def _fails(gold, predicted):
    values = []
    for r, s, t in _parts(gold, predicted).values():
        p, c = r / s, r / t
        values.append(2 * p * c / (p + c))
    return sum(values) / len(values)


@ask.mistake("you give a percentage; a share is asked for")
def _percentage(gold, predicted):
    return 100 * macro_f1(gold, predicted)


@ask.right
def with_scikit_learn(gold, predicted):
    from sklearn.metrics import f1_score

    return float(f1_score(gold, predicted, average="macro", zero_division=0))


@ask.right
def from_a_table(gold, predicted):
    labels = sorted({*gold, *predicted})
    table = np.zeros((len(labels), len(labels)))
    for g, p in zip(gold, predicted, strict=True):
        table[labels.index(g), labels.index(p)] += 1
    return float((2 * table.diagonal() / (table.sum(0) + table.sum(1))).mean())


@ask.right
def by_precision_and_recall(gold, predicted):
    values = []
    for r, s, t in _parts(gold, predicted).values():
        p, c = (r / s if s else 0), (r / t if t else 0)
        values.append(2 * p * c / (p + c) if r else 0)
    return sum(values) / len(values)
