"""Under which user a new account is kept: rows of two users are never mixed."""

import re
from collections.abc import Sequence

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.ids import ExternalUserId, stored_user_id


def new_user_id(name: str, own: ExternalUserId, users: Sequence[Account]) -> ExternalUserId:
    """Give a new account a user id: the program's own first, then one made from its name.

    Args:
        name: the account's.
        own: the user that the program works for; its rows may be here before its account.
        users: all that are known.
    """
    taken = {
        each.user_id
        for each in users
        if not each.is_elsewhere or each.user_id != stored_user_id(own)
    }
    if stored_user_id(own) not in taken:
        return own
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "account"
    number, candidate = 1, ExternalUserId(stem)
    while stored_user_id(candidate) in taken:
        number += 1
        candidate = ExternalUserId(f"{stem}-{number}")
    return candidate
