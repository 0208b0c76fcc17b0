"""Telling of fields that were left empty or cut so that their records could be kept. Pure."""

from collections.abc import Collection

from opside_desktop.domain.records import Mended
from opside_desktop.store.writing.fit_records import shown


def mending_sentences(mended: Collection[Mended]) -> list[str]:
    """Say how many fields were mended and name the first: one sentence for each way."""
    unread = [one for one in mended if not one.was_cut]
    cut = [one for one in mended if one.was_cut]
    sentences = []
    if unread:
        sentences.append(
            f"{_fields(len(unread))} could not be read; the records were kept without"
            f" {'it' if len(unread) == 1 else 'them'}."
            f" First: “{unread[0].field}” of {shown(unread[0].record)}."
        )
    if cut:
        sentences.append(
            f"{_fields(len(cut))} did not fit into the database and"
            f" {'was' if len(cut) == 1 else 'were'} cut, cleaned or left empty."
            f" First: {cut[0].field} of {shown(cut[0].record)}."
        )
    return sentences


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count:,} fields"
