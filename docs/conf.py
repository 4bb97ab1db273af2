"""How Sphinx builds the site. `python -m tools.site` lays the sources out and calls it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

project = "albert-lab"
author = project_copyright = "The albert-lab authors"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "sphinx_copybutton",
    "hover",
]
exclude_patterns = ["_*"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the outputs are those that `make chapters` wrote and the tests compare
nb_render_markdown_format = "myst"  # what cells print as Markdown may hold formulas and links
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header", "misc.highlighting_failure"]

autodoc_default_options = {"members": True, "imported-members": True}
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False

default_role = "code"  # `name` in a docstring

html_theme = "furo"
html_title = "albert-lab"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # summaries are fetched, which a page opened as a file may not do
html_show_sphinx = False
copybutton_exclude = ".linenos, .gp, .go"
copybutton_selector = "div.cell_input div.highlight pre, div.highlight-sh pre, div.highlight-python pre"


def escaped(_app: Any, _kind: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Docstrings are prose for people: |x| is a length there, and no reStructuredText."""
    lines[:] = [
        re.sub(r"(``.*?``)|([|*])", lambda found: found[1] or "\\" + found[2], line) for line in lines
    ]


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", escaped, priority=400)  # before napoleon
