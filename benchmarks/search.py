"""How well the search finds standard-library objects for needs told in plain words; see README.md.

python benchmarks/search.py                      # on the reporting half of the development questions
python benchmarks/search.py --choose             # weight of the vectors, on the choosing half

Both also ask 50 questions in words nearer to the documentation's (near_questions.json); they chose, too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from albert_lab.retrieval import DocumentSearch
from albert_lab.retrieval.evaluate import measure, reciprocal_ranks
from albert_lab.retrieval.questions import Question, development_questions
from albert_lab.retrieval.quick import QuickExtractor, quick_extractor
from albert_lab.text.corpus import STDLIB, build_corpus
from albert_lab.vectors import Extractor
from albert_lab.vectors.evaluate import bootstrap
from albert_lab.vectors.sentence import sentence_source

Rank = Callable[[str], Sequence[str]]
WEIGHTS = (0.0, 0.2, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)


def near_questions() -> list[Question]:
    """Needs in words that stand in the documentation, or nearly so."""
    rows = json.loads(Path(__file__).with_name("near_questions.json").read_text(encoding="utf-8"))
    return [Question(**row | {"accepted": frozenset(row["accepted"])}) for row in rows]


def tf_idf(search: DocumentSearch) -> Rank:
    """TF-IDF of scikit-learn over the text that the vectors stand for: 1 + log of counts, stop words."""
    names = search.documents["name"]
    vectorizer = TfidfVectorizer(stop_words="english", sublinear_tf=True)
    matrix = vectorizer.fit_transform(search.documents["text"])

    def rank(question: str) -> list[str]:
        scores = (matrix @ vectorizer.transform([question]).T).toarray().ravel()
        return [names[i] for i in np.argsort(-scores, kind="stable")[:10] if scores[i] > 0]

    return rank


def names_of(search: DocumentSearch) -> Rank:
    return lambda question: [hit.name for hit in search(question, 10)]


def contestants_of(extractor: Extractor | QuickExtractor) -> dict[str, Rank]:
    options = {"extractor": extractor, "progress": False}
    words = DocumentSearch(STDLIB, vectors=False, progress=False)
    print(f"{len(words):,} objects, vectors by {extractor.name}")
    return {
        "TF-IDF": tf_idf(words),
        "BM25": names_of(words),
        "vectors": names_of(DocumentSearch(STDLIB, words=False, **options)),
        "combined": names_of(DocumentSearch(STDLIB, **options)),
    }


def compare(contestants: dict[str, Rank], questions: list[Question], title: str) -> None:
    """A table of MRR@10, recall@10 and nDCG@10 with 95 % intervals, and the gain of the best over BM25."""
    print(f"{title}: {len(questions)} questions")
    print(f"{'':10}{'MRR@10':24}{'recall@10':24}{'nDCG@10':24}")
    for name, rank in contestants.items():
        found = measure(rank, questions)
        print(f"{name:10}{found.mrr!s:24}{found.recall!s:24}{found.ndcg!s:24}")
    accepted = [question.accepted for question in questions]
    gained = [
        reciprocal_ranks([contestants[name](question.question) for question in questions], accepted)
        for name in ("combined", "BM25")
    ]
    print(f"combined - BM25, MRR@10, question by question: {bootstrap(gained[0] - gained[1])}")


def choose(extractor: Extractor | QuickExtractor, questions: dict[str, list[Question]]) -> None:
    """The MRR@10 and recall@10 of each weight."""
    for weight in WEIGHTS:
        search = DocumentSearch(STDLIB, extractor=extractor, weight=weight, progress=False)
        for title, asked in questions.items():
            found = measure(names_of(search), asked)
            print(f"weight {weight:4.2f}  {title:10} MRR@10 {found.mrr}  recall@10 {found.recall}")


def times(extractor: Extractor | QuickExtractor, questions: list[Question]) -> None:
    """Seconds to build the index anew (the corpus is read already), to load it, and for a question."""
    build_corpus(STDLIB, progress=False)
    with tempfile.TemporaryDirectory() as cache:
        seconds = []
        for _ in range(2):
            begin = time.perf_counter()
            search = DocumentSearch(STDLIB, extractor=extractor, cache=cache, progress=False)
            seconds.append(time.perf_counter() - begin)
        answers = []
        for question in questions:
            begin = time.perf_counter()
            search(question.question)
            answers.append(1000 * (time.perf_counter() - begin))
    print(f"index of {len(search):,} objects: {seconds[0]:.1f} s; loaded again: {seconds[1]:.2f} s")
    print(f"a question: median {statistics.median(answers):.1f} ms, slowest {max(answers):.1f} ms")


def start(tries: int = 5) -> None:
    """Seconds of the whole command, from its start to its answer, with a warm cache."""
    command = [sys.executable, "-m", "albert_lab", "search", "copy a directory tree", "--package", STDLIB]
    seconds = []
    for _ in range(1 + tries):  # the first fills the cache
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - begin)
    middle, slowest = statistics.median(seconds[1:]), max(seconds[1:])
    print(f"albert-lab search, warm: median of {tries} {middle:.1f} s, slowest {slowest:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", help="folder or name; without it the model for sentences")
    parser.add_argument("--choose", action="store_true", help="try weights, on the choosing half")
    arguments = parser.parse_args()
    extractor = quick_extractor(arguments.model or sentence_source())
    half = "choosing" if arguments.choose else "reporting"
    questions = {half: development_questions(half, packages=[STDLIB]), "near": near_questions()}
    if arguments.choose:
        choose(extractor, questions)
        return
    contestants = contestants_of(extractor)
    for title, asked in questions.items():
        compare(contestants, asked, title)
    times(extractor, questions["reporting"])
    start()


if __name__ == "__main__":
    main()
