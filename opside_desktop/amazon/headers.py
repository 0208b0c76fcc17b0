"""What a request tells of this program, and what the headers of Amazon's answers tell."""

import platform
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from opside_desktop.logs.redaction import SHORTEST_SECRET, tells_secret


def user_agent(app_version: str) -> str:
    """Name this program in the form Amazon demands, at most 500 characters."""
    language = _escaped(platform.python_version(), ")", ";")
    system = _escaped(f"{platform.system()}/{platform.release()}", ")", ";")
    name, version = _escaped("Opside Desktop", "/"), _escaped(app_version, "(")
    text = f"{name}/{version} (Language=Python/{language}; Platform={system})"
    return text.encode("ascii", "replace").decode()[:500]


def _escaped(text: str, *characters: str) -> str:
    for character in ("\\", *characters):
        text = text.replace(character, "\\" + character)
    return text


_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


def request_id_of(response: httpx.Response) -> str | None:
    """Read Amazon's id of a request, for its support; None for anything that may be no id.

    A server that sends parts of the request back in its place would have secrets kept.
    """
    text: str = response.headers.get("x-amzn-requestid", "")
    if not _REQUEST_ID.fullmatch(text) or tells_secret(text):
        return None
    if len(text) >= SHORTEST_SECRET:
        request = response.request
        sent = (*request.headers.values(), str(request.url), request.content.decode("latin-1"))
        if any(text in part for part in sent):
            return None
    return text


_YEARS = range(2020, 2200)
"""A server that names another year has not set its clock."""


def answer_date(response: httpx.Response) -> datetime | None:
    """Read an answer's `Date`, if it has one that can be true."""
    try:
        date = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return None
    if date.year not in _YEARS:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
