"""The notation and the glossary of the course: one list, ``terms.yaml``, in English and Chinese."""

from albert_lab.viz.glossary.table import Glossary, glossary
from albert_lab.viz.glossary.terms import Term, chapters, filled, terms

__all__ = ["Glossary", "Term", "chapters", "filled", "glossary", "terms"]
