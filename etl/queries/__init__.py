"""Questions: NAME.flux and NAME.sql answer the same with the same columns.

What every question takes: `start` ≤ time < `stop`, and `repository`, `workflow` and `branch`,
each matched exactly, "" for all. What the columns mean is told in `etl.queries.catalogue`.
"""

from etl.queries.catalogue import QUESTIONS, question
from etl.queries.columns import Column, Type
from etl.queries.question import Question

__all__ = ["QUESTIONS", "Column", "Question", "Type", "question"]
