"""What a notebook asks of its reader: guesses to commit to before a cell runs."""

from albert_lab.classroom.checks import Prediction, predict

__all__ = ["Prediction", "predict"]
