"""What a course's ``nbgrader_config.py`` sets, so that nbgrader's commands and buttons grade as safely."""

from __future__ import annotations

from typing import Any


def settle(c: Any) -> None:
    """Set nbgrader's lists of preprocessors; nothing of nbgrader is patched.

    Args:
        c: the configuration that nbgrader gives to ``nbgrader_config.py``.
    """
    from nbgrader import preprocessors as theirs

    from albert_lab.classroom.course.exchange import Collect
    from albert_lab.classroom.course.feedback import FeedbackPage, HideTests
    from albert_lab.classroom.course.intake import Intake
    from albert_lab.classroom.course.split_execute import SplitExecute

    c.Autograde.sanitize_preprocessors = [
        Intake, theirs.OverwriteKernelspec, theirs.OverwriteCells, theirs.CheckCellMetadata,
    ]  # fmt: skip
    c.Autograde.autograde_preprocessors = [
        SplitExecute, theirs.IgnorePattern, theirs.LimitOutput, theirs.SaveAutoGrades,
        theirs.AssignLatePenalties, theirs.CheckCellMetadata,
    ]  # fmt: skip
    c.GenerateFeedback.preprocessors = [theirs.GetGrades, HideTests]
    c.GenerateFeedback.exporter_class = FeedbackPage
    c.ExchangeFactory.collect = Collect
