"""Feedback pages: the check's own words, without hidden tests, and without anything that runs."""

from __future__ import annotations

import re
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from albert_lab.classroom.course.split import HIDDEN

_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_NOTHING_RUNS = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "style-src 'unsafe-inline'; font-src data:\">"
)


class HideTests(NbGraderPreprocessor):
    """Take hidden tests out of test cells, and everything but text and PNG pictures out of outputs."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        if cell.cell_type == "code":
            cell.source = HIDDEN.sub("", cell.source)
            for output in cell.outputs:
                if "data" in output:
                    kept = {
                        kind: output.data[kind] for kind in ("text/plain", "image/png") if kind in output.data
                    }
                    output.data = NotebookNode(kept)
        return cell, resources


class FeedbackPage(HTMLExporter):
    """nbgrader's page, without scripts, and with a word to browsers that none may run."""

    def from_notebook_node(self, nb: Any, resources: Any = None, **more: Any) -> tuple[str, Any]:
        page, resources = super().from_notebook_node(nb, resources, **more)
        page = _SCRIPT.sub("", page)
        return page.replace("<head>", f"<head>\n{_NOTHING_RUNS}", 1), resources
