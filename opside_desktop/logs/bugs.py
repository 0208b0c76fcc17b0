"""Errors that nobody expected: in the log with their traceback, for people with a name to quote."""

import logging
import os

from opside_desktop.domain.errors import Bug


def log_bug(log: logging.Logger, what: str, error: BaseException) -> Bug:
    """Log an unexpected error with its traceback and give the sentence that people see."""
    error_id = f"E{os.urandom(4).hex().upper()}"
    log.error("%s %s", error_id, what, exc_info=error)
    return Bug(what, error_id=error_id)
