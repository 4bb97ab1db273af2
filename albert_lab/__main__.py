"""``python -m albert_lab`` is ``albert-lab``."""

from albert_lab.cli import app

app()
