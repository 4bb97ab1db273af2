"""The explorer: one page in which an ALBERT with one shared layer runs, without a server or a network."""

from albert_lab.viz.explorer.page import Explorer, explorer

__all__ = ["Explorer", "explorer"]
