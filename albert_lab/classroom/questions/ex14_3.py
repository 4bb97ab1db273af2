"""ex14_3: when to stop, and which weights to keep."""

from __future__ import annotations

from albert_lab.classroom.question import Case, Draw, QuestionBuilder, call_for_whole_numbers

ask = QuestionBuilder(
    id="ex14_3",
    title="It stops too early",
    kind="find the bug",
    objectives=("LO-14.5",),
    points=2,
    minutes=10,
    difficulty=3,
    importance=4,
    why=(
        "An epoch is compared with the best one so far and not with the one before, or a slow slide looks "
        "like a row of gains and losses. Patience counts epochs in a row, so each new best sets it back to "
        "zero."
    ),
)


@ask.reference
def stopped(values: list[float], patience: int) -> tuple[int, int]:
    best = 0
    for epoch, value in enumerate(values):
        if value > values[best]:
            best = epoch
        elif epoch - best >= patience:
            return best + 1, epoch + 1
    return best + 1, len(values)


ask.use(call_for_whole_numbers)


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """By hand, a dip, a slide, ties, a late best, one epoch, falling from the first, many."""

    def drawn(n: int) -> list[float]:
        return [draw.integer(0, 20) / 20 for _ in range(n)]

    rising = [0.1, 0.2, 0.3, 0.4]
    return [
        Case("a best epoch, then two worse ones, by hand", ([0.5, 0.7, 0.6, 0.65, 0.9], 2)),
        Case("it rises to the end", (rising, 2)),
        Case("a slide with small gains on the way", ([0.9, 0.5, 0.6, 0.5, 0.6, 0.5], 3)),
        Case("slowly up again, and never above the best", ([0.8, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75], 3)),
        Case("a dip that patience outlasts", ([0.5, 0.4, 0.45, 0.6, 0.3, 0.2, 0.1], 3)),
        Case("two dips: patience counts in a row", ([0.5, 0.4, 0.6, 0.5, 0.7, 0.6, 0.8], 2)),
        Case("as good as the best is no gain", ([0.5, 0.7, 0.7, 0.7, 0.8], 2)),
        Case("it stays where it is", ([0.4, 0.4, 0.4, 0.4], 3)),
        Case("it falls from the first epoch on", ([0.9, 0.8, 0.7, 0.6], 2)),
        Case("one epoch", ([0.3], 1)),
        Case("patience of one", ([0.3, 0.4, 0.2, 0.9], 1)),
        Case("more patience than epochs", ([0.6, 0.5, 0.4], 9)),
        Case("patience ends with the last epoch", ([0.2, 0.6, 0.1, 0.1], 2)),
        Case("a later best that nobody waited for", ([0.6, 0.5, 0.4, 0.9], 2)),
        Case("values below zero", ([-0.5, -0.3, -0.4, -0.6, -0.1], 2)),
        Case("twelve drawn values", (drawn(12), 3)),
        Case("thirty drawn values", (drawn(30), 5)),
        Case("thirty others", (drawn(30), 4)),
    ]


@ask.mistake("each epoch is compared with the one before, and not with the best one")
def _with_the_one_before(values, patience):
    best, waited = 0, 0
    for epoch in range(1, len(values)):
        if values[epoch] > values[best]:
            best = epoch
        waited = 0 if values[epoch] > values[epoch - 1] else waited + 1
        if waited >= patience:
            return best + 1, epoch + 1
    return best + 1, len(values)


@ask.mistake("the last epoch is kept and not the best")
def _keeps_the_last(values, patience):
    last = stopped(values, patience)[1]
    return last, last


@ask.mistake("the best of all epochs is kept, of those too that are never trained")
def _sees_the_future(values, patience):
    return values.index(max(values)) + 1, stopped(values, patience)[1]


@ask.mistake("it never stops")
def _never_stops(values, patience):
    return values.index(max(values)) + 1, len(values)


@ask.mistake("epochs are counted from 0")
def _from_zero(values, patience):
    return tuple(number - 1 for number in stopped(values, patience))


def _stopped(better=lambda value, best: value > best, more=0, resets=True):
    def answer(values, patience):
        best, waited = 0, 0
        for epoch in range(1, len(values)):
            if better(values[epoch], values[best]):
                best, waited = epoch, 0 if resets else waited
            else:
                waited += 1
            if waited >= patience + more:
                return best + 1, epoch + 1
        return best + 1, len(values)

    return answer


ask.mistake("an epoch that is only as good counts as better", _stopped(lambda value, best: value >= best))
ask.mistake("the smallest value is taken for the best", _stopped(lambda value, best: value < best))
ask.mistake("it waits one epoch too long", _stopped(more=1))
ask.mistake("it stops one epoch too soon", _stopped(more=-1))
ask.mistake("patience is not set back by a new best", _stopped(resets=False))
ask.mistake("the two numbers are exchanged", lambda values, patience: stopped(values, patience)[::-1])
ask.mistake("you return one number; two are asked for", lambda values, patience: stopped(values, patience)[0])


@ask.mistake("a value of 0 is the least that there is for you")
def _begins_at_zero(values, patience):
    best, kept, waited = 0.0, 1, 0
    for epoch, value in enumerate(values, start=1):
        if value > best or (epoch == 1 and value == best):
            best, kept, waited = value, epoch, 0
        elif epoch > 1:
            waited += 1
        if waited >= patience:
            return kept, epoch
    return kept, len(values)


@ask.mistake("whole numbers are asked for, and these are floats: an id or a place looks something up")
def _floats(values, patience):
    return tuple(float(number) for number in stopped(values, patience))


@ask.right
def with_a_counter(values, patience):
    best, waited, last = 0, 0, len(values)
    for epoch in range(1, len(values)):
        if values[epoch] > values[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            last = epoch + 1
            break
    return best + 1, last


@ask.right
def by_prefixes(values, patience):
    for last in range(1, len(values) + 1):
        seen = values[:last]
        kept = seen.index(max(seen)) + 1
        if last - kept >= patience:
            return [kept, last]
    return [kept, last]


@ask.right
def with_enumerate(values, patience):
    kept, best = 1, values[0]
    for epoch, value in enumerate(values[1:], start=2):
        if value > best:
            kept, best = epoch, value
        if epoch - kept == patience:
            return kept, epoch
    return kept, len(values)
