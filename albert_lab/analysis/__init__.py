"""What the network holds and does."""

from albert_lab.analysis.record import AttentionRecord, record

__all__ = ["AttentionRecord", "record"]
