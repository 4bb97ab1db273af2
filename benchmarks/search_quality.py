"""How good the search is: R@1, R@10, MRR@10 with intervals, each change left out, and times; see README.md.

python benchmarks/search_quality.py                          # every set of questions that is here
python benchmarks/search_quality.py --questions FILE.tsv     # question, accepted (a|b|c), source: two halves
python benchmarks/search_quality.py --ablate                 # and what each part of the score is worth
python benchmarks/search_quality.py --package numpy          # questions about another package
python benchmarks/search_quality.py --teacher FOLDER         # beside a larger model, alone and with BM25
python benchmarks/search_quality.py --times                  # first index, warm command, a question

Half of each set chose the settings; what is called "reporting" chose nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from search import near_questions, start, times

from albert_lab.paths import cache_dir
from albert_lab.retrieval import DocumentSearch
from albert_lab.retrieval.fusion import SENTENCE_WEIGHT, Evidence, Weights, fused
from albert_lab.retrieval.lexical import says_nothing, stem, terms, words
from albert_lab.retrieval.questions import development_questions
from albert_lab.retrieval.store import package_vectors
from albert_lab.text.corpus import STDLIB, Corpus, Document, build_corpus
from albert_lab.tune.plain import said_differently
from albert_lab.tune.teacher import teacher_of
from albert_lab.vectors.evaluate import bootstrap

HERE = Path(__file__).parent
Asked = list[tuple[str, set[str]]]
NOTES_ASKED = (
    "{}", "when does the {} close", "where is the {}", "what did I write about the {}", "{} again",
    "who has the {}", "how much does the {} cost", "when does the {} leave", "do we still need the {}",
)  # fmt: skip
NAMES, RARE, TRIALS = 60, 300, 600
LEFT_OUT = tuple(asdict(Weights()))
NOTHING = Weights(**dict.fromkeys(LEFT_OUT, 0.0))


def table(path: Path, source: str | None = None) -> Asked:
    """Questions of a TSV with a header: question, accepted names with | between them, source."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(row[0], set(row[1].split("|"))) for row in rows if source in (None, row[2])]


def half(asked: Asked, which: str) -> Asked:
    """Questions by a checksum of their words: those that choose, or those that report."""
    odd = which == "reporting"
    return [row for row in asked if int(hashlib.sha256(row[0].encode()).hexdigest(), 16) % 2 == odd]


def names(known: Sequence[str], seed: int, count: int = NAMES) -> Asked:
    """Last parts of names, as somebody asks who knows them; 0 is the seed of chapter 12."""
    last = np.array([name.rsplit(".", 1)[-1] for name in known])
    pool = np.unique(last[np.char.str_len(last) > 5])
    drawn = np.random.default_rng(seed).choice(pool, count, replace=False)
    return [(str(name), {each for each in known if each.endswith(name)}) for name in drawn]


def rare(documents: Sequence[Document], unused: Callable[[str], bool], seed: int, count: int = RARE) -> Asked:
    """Summaries of objects that no source uses, said differently; at most three share one summary."""
    alike = defaultdict(set)
    for document in documents:
        alike[document.summary.lower().strip(" .")].add(document.name)
    pool = [each for each in documents if len(each.summary.split()) > 2 and unused(each.name)]
    pool = [each for each in pool if len(alike[each.summary.lower().strip(" .")]) <= 3]
    rng = random.Random(seed)
    rng.shuffle(pool)
    return [
        (said_differently(each.summary.strip().rstrip("."), rng), alike[each.summary.lower().strip(" .")])
        for each in pool[:count]
    ]


def trials(which: str, count: int = TRIALS, seed: int = 0) -> list[tuple[str, list[str], int]]:
    """Small folders of notes, a question for a word that stands in only one of them, and which one that is.

    No other word of the question stands in one wrong note only: then nobody could tell which is meant.
    """
    lines = [line for line in (HERE / "everyday_notes.txt").read_text().splitlines() if line[0] != "#"]
    rng, found = random.Random(seed), []
    while len(found) < count:
        notes = rng.sample(lines[which == "reporting" :: 2], rng.randint(2, 15))
        stems, right = [set(terms(note)) for note in notes], rng.randrange(len(notes))
        once = [
            word
            for word in sorted(set(words(notes[right])))
            if len(word) > 3 and not says_nothing(word) and sum(stem(word) in each for each in stems) == 1
        ]
        if once:
            question = rng.choice(NOTES_ASKED).format(rng.choice(once))
            others = (term for term in terms(question) if term not in stems[right])
            if all(sum(term in each for each in stems) != 1 for term in others):
                found.append((question, notes, right))
    return found


def notes_found(which: str) -> np.ndarray:
    """For each trial 1 if the right note comes first, alone."""
    found = []
    with tempfile.TemporaryDirectory() as cache:
        for question, notes, right in trials(which):
            documents = [
                Document(f"note{i}.md", "note", "notes", "1", "", text.split(". ")[0], (text,), text)
                for i, text in enumerate(notes)
            ]
            scores = DocumentSearch(corpus=Corpus(documents), cache=cache, progress=False).scores(question)
            found.append(float((scores >= scores[right]).sum() == 1))
    return np.array(found)


class Rival:
    """A larger sentence model over the same documents and needs."""

    def __init__(self, search: DocumentSearch, source: str) -> None:
        self._extractor = teacher_of(source)
        names, texts = search.documents["name"], search.documents["text"]
        folder, own = cache_dir() / "index", self._extractor
        self._found = package_vectors(folder, f"rival-{len(names)}", names, texts, own).vectors
        self._mean = self._found.mean(axis=0)

    def ways(self, question: str, words: np.ndarray) -> dict[str, np.ndarray]:
        """Its cosines, and the weighted sum with BM25 that was best for it (weight 6)."""
        vector = self._extractor.embed([question], progress=False)[0]
        best = max(float(words.max(initial=0)), 1e-9)
        return {
            "larger model": self._found @ vector,
            "larger model + BM25": words / best + 6 * ((self._found - self._mean) @ vector),
        }


def rankings(
    search: DocumentSearch, asked: Asked, ablate: bool, rival: Rival | None = None
) -> dict[str, np.ndarray]:
    """For each way of scoring, the place of the first accepted object of each question; inf beyond fifty."""
    places = {name: i for i, name in enumerate(search.documents["name"])}
    found = defaultdict(list)
    for question, accepted in asked:
        right = [places[name] for name in accepted if name in places]
        evidence = search.evidence(question)
        scored = ways(evidence, ablate) | (rival.ways(question, evidence.words) if rival else {})
        for way, scores in scored.items():
            best = scores[right].max() if right else -np.inf
            rank = 1 + int((scores > best).sum()) if right and (best > 0 or way != "words") else np.inf
            found[way].append(rank if rank <= 50 else np.inf)
    return {way: np.array(values, dtype=float) for way, values in found.items()}


def ways(evidence: Evidence, ablate: bool) -> dict[str, np.ndarray]:
    """The scores of all ways, "all" the one that ships."""
    found = {
        "all": fused(evidence, SENTENCE_WEIGHT, Weights()),
        "words": evidence.words,
        "vectors": evidence.cosines,
        "bm25 + 4 cos (before)": fused(evidence, 4.0, NOTHING),
    }
    if ablate:
        for part in LEFT_OUT:
            found[f"without {part}"] = fused(evidence, SENTENCE_WEIGHT, replace(Weights(), **{part: 0.0}))
        found["without vectors"] = fused(evidence, 0.0, Weights())
    return found


MEASURES = {
    "R@1": lambda r: (r <= 1).astype(float),
    "R@10": lambda r: (r <= 10).astype(float),
    "MRR@10": lambda r: np.where(r <= 10, 1 / r, 0.0),
}


def show(title: str, found: np.ndarray, against: np.ndarray | None = None) -> None:
    """A row of measures; or of differences, question by question."""
    cells = []
    for measure in MEASURES.values():
        values = measure(found) if against is None else measure(found) - measure(against)
        cells.append(f"{bootstrap(values)!s:26}")
    print(f"{title:34}" + "".join(cells), flush=True)


def sets_of(package: str, search: DocumentSearch, path: Path | None) -> dict[str, Asked]:
    """All sets of questions about a package."""
    sets: dict[str, Asked] = {}
    if path is not None:
        for which in ("choosing", "reporting"):
            sets[f"real, {which}"] = half(table(path), which)
    if package != STDLIB:
        return sets | {"ours": table(HERE / "array_questions.tsv", package)}
    sets["near (chose)"] = [(each.question, set(each.accepted)) for each in near_questions()]
    for which in ("choosing", "reporting"):
        sets[f"development, {which}"] = [
            (each.question, set(each.accepted)) for each in development_questions(which, packages=[package])
        ]
    documented = build_corpus(package, progress=False)
    uses = dict(zip(search.documents["name"], search.documents["uses"], strict=True))
    known = [document.name for document in documented]
    for which, seed in (("choosing", 1), ("reporting", 0)):
        sets[f"names, {which}"] = names(known, seed)
        sets[f"rare, {which}"] = rare(documented, lambda name: not uses.get(name, 1), seed)
    return sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--questions", type=Path, help="a TSV of questions that are not ours")
    parser.add_argument("--package", default=STDLIB)
    parser.add_argument("--ablate", action="store_true", help="leave each part of the score out")
    parser.add_argument("--notes", action="store_true", help="also the trials with small folders of notes")
    parser.add_argument("--teacher", help="a larger sentence model to compare with: a folder, or its package")
    parser.add_argument("--times", action="store_true", help="only times: first index, question, command")
    arguments = parser.parse_args()
    if arguments.times:
        times(None, development_questions("reporting", packages=[STDLIB]))
        start()
        return
    search = DocumentSearch(arguments.package, progress=False)
    rival = Rival(search, arguments.teacher) if arguments.teacher else None
    print(f"{len(search):,} objects")
    print(f"{'':34}" + "".join(f"{measure:26}" for measure in MEASURES))
    for title, asked in sets_of(arguments.package, search, arguments.questions).items():
        found = rankings(search, asked, arguments.ablate, rival)
        for way, ranks in found.items():
            show(f"{title} ({len(asked)})" if way == "all" else f"  {way}", ranks)
            if way != "all":
                show("    all - this", found["all"], ranks)
    for which in ("choosing", "reporting") if arguments.notes else ():
        print(f"notes, {which}: the right one alone is first in", bootstrap(notes_found(which)))


if __name__ == "__main__":
    main()
