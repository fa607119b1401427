"""Questions: NAME.flux and NAME.sql return the same answer with the same columns.

Every question takes `start` ≤ time < `stop`, and `repository`, `workflow` and `branch`, each matched
exactly, "" for all. `etl.queries.catalogue` explains the columns.
"""

from etl.queries.catalogue import QUESTIONS, question
from etl.queries.columns import Column, Type
from etl.queries.question import Question

__all__ = ["QUESTIONS", "Column", "Question", "Type", "question"]
