"""What the network holds and does."""

from albert_lab.analysis.accounts import activation_bytes, flops, parameters
from albert_lab.analysis.geometry import geometry
from albert_lab.analysis.record import AttentionRecord, record

__all__ = ["AttentionRecord", "activation_bytes", "flops", "geometry", "parameters", "record"]
