"""Procrastinate's log, shortened: one line per record, and a warning at most, because it recovers by itself."""

import logging


class OneLine(logging.Filter):
    """Removes tracebacks from records: a server that is briefly unavailable is not a bug."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change a record in place and pass it on."""
        reason = record.exc_info[1] if record.exc_info else None
        cause = getattr(reason, "__cause__", None) or reason
        message = f"{record.getMessage()}: {cause}" if cause else record.getMessage()
        record.msg, record.args = " ".join(message.split()), ()
        record.exc_info = record.exc_text = None
        if record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, "warning"
        return True


def shorten_log(*workers: str) -> None:
    """Shorten the records of Procrastinate and of the workers with these names."""
    plain = OneLine()
    names = [f"procrastinate.worker.{name}" for name in workers]
    for name in (*names, "procrastinate.worker", "procrastinate.utils", "procrastinate.periodic"):
        logger = logging.getLogger(name)
        for known in list(logger.filters):
            logger.removeFilter(known)
        logger.addFilter(plain)
