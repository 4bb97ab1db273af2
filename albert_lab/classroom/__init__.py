"""What a notebook asks of its reader: guesses to commit to, and exercises that are checked at once."""

from albert_lab.classroom.check import AnswerError, QuestionError, check
from albert_lab.classroom.facts import Fact, Facts, facts
from albert_lab.classroom.predictions import Prediction, predict
from albert_lab.classroom.progress import progress
from albert_lab.classroom.question import Case, Draw, Mistake, Question, QuestionBuilder
from albert_lab.classroom.questions import question, question_ids
from albert_lab.classroom.solution import solution

__all__ = [
    "AnswerError",
    "Case",
    "Draw",
    "Fact",
    "Facts",
    "Mistake",
    "Prediction",
    "Question",
    "QuestionBuilder",
    "QuestionError",
    "check",
    "facts",
    "predict",
    "progress",
    "question",
    "question_ids",
    "solution",
]
