"""Pictures. Every function draws what it is given, returns (figure, axes), and changes no global style."""

from albert_lab.viz import diagrams
from albert_lab.viz.bars import parameter_bars
from albert_lab.viz.explorer import Explorer, explorer
from albert_lab.viz.glossary import Glossary, glossary
from albert_lab.viz.grid import layer_grid
from albert_lab.viz.heatmaps import alignment, attention_heatmap, matrix_heatmap
from albert_lab.viz.intervals import intervals
from albert_lab.viz.lines import curves, layer_curves, layer_geometry
from albert_lab.viz.live import LiveFigure
from albert_lab.viz.marks import marked_tokens
from albert_lab.viz.numbers import NumberTable, number_table
from albert_lab.viz.pieces import piece_lattice
from albert_lab.viz.points import flatten_to_map, token_vectors, vectors
from albert_lab.viz.sliders import sliders
from albert_lab.viz.tables import table_image
from albert_lab.viz.views import View, head_view, model_view, neuron_view

__all__ = [
    "Explorer",
    "Glossary",
    "LiveFigure",
    "NumberTable",
    "View",
    "alignment",
    "attention_heatmap",
    "curves",
    "diagrams",
    "explorer",
    "flatten_to_map",
    "glossary",
    "head_view",
    "intervals",
    "layer_curves",
    "layer_geometry",
    "layer_grid",
    "marked_tokens",
    "matrix_heatmap",
    "model_view",
    "neuron_view",
    "number_table",
    "parameter_bars",
    "piece_lattice",
    "sliders",
    "table_image",
    "token_vectors",
    "vectors",
]
