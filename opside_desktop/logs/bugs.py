"""Errors that nobody expected: in the log with their traceback, for people with a name to quote."""

import logging
import os

from opside_desktop.domain.errors import Bug


def new_error_id() -> str:
    """Name one unexpected error, for people to quote and for support to find in the log."""
    return f"E{os.urandom(4).hex().upper()}"


def log_bug(log: logging.Logger, what: str, error: BaseException) -> Bug:
    """Log an unexpected error with its traceback and give the sentence that people see."""
    error_id = new_error_id()
    log.error("%s %s", error_id, what, exc_info=error)
    return Bug(what, error_id=error_id)
