"""Procrastinate's log in our words: one line each, and no error where it goes on by itself."""

import logging


class OneLine(logging.Filter):
    """Its records without tracebacks: a server that is away for a moment is no defect."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change a record in place, and let it pass."""
        reason = record.exc_info[1] if record.exc_info else None
        cause = getattr(reason, "__cause__", None) or reason
        words = f"{record.getMessage()}: {cause}" if cause else record.getMessage()
        record.msg, record.args = " ".join(words.split()), ()
        record.exc_info = record.exc_text = None
        if record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, "warning"
        return True


def tell_plainly(*workers: str) -> None:
    """Change what Procrastinate says of itself and of the workers of these names."""
    plain = OneLine()
    names = [f"procrastinate.worker.{name}" for name in workers]
    for name in (*names, "procrastinate.worker", "procrastinate.utils", "procrastinate.periodic"):
        logger = logging.getLogger(name)
        for known in list(logger.filters):
            logger.removeFilter(known)
        logger.addFilter(plain)
