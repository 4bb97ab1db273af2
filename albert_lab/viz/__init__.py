"""Pictures. Every function draws what it is given, returns (figure, axes), and changes no global style."""

from albert_lab.viz.heatmaps import attention_heatmap, matrix_heatmap
from albert_lab.viz.layers import layer_curves
from albert_lab.viz.live import LiveFigure
from albert_lab.viz.marks import marked_tokens
from albert_lab.viz.vectors import flatten_to_map, token_vectors, vector_map

__all__ = [
    "LiveFigure",
    "attention_heatmap",
    "flatten_to_map",
    "layer_curves",
    "marked_tokens",
    "matrix_heatmap",
    "token_vectors",
    "vector_map",
]
