"""Hover texts: on each page the first mention of a term says what it is, and leads to the glossary."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from albert_lab.viz.glossary import Term, terms

GLOSSARY = "chapters/B_notation_and_glossary"
EVERYDAY = {
    "output",
    "weight",
    "value",
    "key",
    "position",
    "call",
    "group",
    "offset",
    "cost",
    "index",
    "map",
    "id",
}
EVERYDAY |= {
    "document",
    "leak",
    "cone",
    "windows",
    "invariant",
    "segment",
    "loss",
    "baseline",
    "absolute",
    "rank",
}
KEPT = (
    nodes.literal,
    nodes.title,
    nodes.reference,
    nodes.math,
    nodes.math_block,
    nodes.literal_block,
    nodes.raw,
)


class Hover(SphinxPostTransform):
    """Marks terms in the chapters, and gives the rows of the glossary's tables their anchors."""

    default_priority = 300

    def run(self, **_: Any) -> None:
        name = self.env.docname
        if name == GLOSSARY:
            self._anchors()
        elif name.startswith("chapters/"):
            self._terms()

    def _anchors(self) -> None:
        by_name = {each.term: each for each in terms()}
        for row in self.document.findall(nodes.row):
            if found := by_name.get(row[0].astext().strip()):
                row[0]["ids"].append(found.anchor)

    def _terms(self) -> None:
        forms = {form.lower(): each for each in terms() for form in each.forms if each.group != "letters"}
        plain = [form for form in forms if not {form, forms[form].term} & EVERYDAY]
        names = sorted(plain, key=len, reverse=True)
        pattern = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])", re.IGNORECASE)
        done: set[str] = set()
        for bold in list(self.document.findall(nodes.strong)):
            each = forms.get(bold.astext().rstrip(".:").lower())
            if each and each.term not in done and not _kept(bold):
                done.add(each.term)
                bold.replace_self(_link(each, bold.deepcopy()))
        for text in list(self.document.findall(nodes.Text)):
            if _kept(text) or isinstance(text.parent, nodes.strong):
                continue
            parts = self._marked(str(text), pattern, forms, done)
            if len(parts) > 1:
                text.parent.replace(text, parts)

    def _marked(
        self, text: str, pattern: re.Pattern[str], forms: dict[str, Term], done: set[str]
    ) -> list[nodes.Node]:
        parts: list[nodes.Node] = []
        place = 0
        for match in pattern.finditer(text):
            each = forms[match[0].lower()]
            if each.term in done:
                continue
            done.add(each.term)
            parts += [nodes.Text(text[place : match.start()]), _link(each, nodes.Text(match[0]))]
            place = match.end()
        return [*parts, nodes.Text(text[place:])]


def _kept(node: nodes.Node) -> bool:
    """Whether a node stands where no term is marked: in code, titles, links, formulas, outputs."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, KEPT) or "cell_output" in node.get("classes", ()):
            return True
    return False


def _link(each: Term, inside: nodes.Node) -> nodes.Node:
    address = f"B_notation_and_glossary.html#{each.anchor}"
    said = f"{each.term} ({each.zh}): {each.says}".replace("`", "")
    link = nodes.reference("", "", inside, internal=True, refuri=address, classes=["term"])
    link["reftitle"] = said
    return link


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_post_transform(Hover)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
