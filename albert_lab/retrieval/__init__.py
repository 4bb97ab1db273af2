"""Find documents for a question: BM25, vectors, both together; and how good that is."""

from __future__ import annotations

from albert_lab.lazy import lazy

# Lazy, so that search without vectors loads no torch.
__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "DocumentSearch": "search",
        "SearchHit": "hits",
        "SearchResults": "hits",
        "search_box": "hits",
        "development_questions": "questions",
    },
)
