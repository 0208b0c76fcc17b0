"""What can go wrong with Amazon in particular: errors that are answered by asking otherwise."""

from opside_desktop.domain.errors import AccessDenied, BadData


class PageTokenExpired(BadData):
    """Amazon no longer accepts the page token: the window has to be read again from its start."""


class AnswerTooLarge(BadData):
    """The answer would pass Amazon's limit: ask for smaller pages, or for a shorter window."""


class UnreadableAnswer(BadData):
    """The answer comes whole, and fails at the same place however often it is asked for: ask for
    less at a time, so that only what is damaged stays unread.
    """


class RefusedWithoutCause(BadData):
    """Amazon refuses a first page as not valid (400), names no cause, and stays with that.

    Attributes:
        amazon_code: its code of the refusal, such as `InvalidInput`.
    """

    amazon_code = ""


class DeniedWithoutCause(AccessDenied):
    """Amazon denies access (403) and gives no reason."""


class RecordNotFound(BadData):
    """Amazon does not know the record, or no longer: orders are kept for two years."""
