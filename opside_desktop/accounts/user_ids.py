"""Under which user a new account is kept: rows of two users are never mixed."""

import re
from collections.abc import Sequence
from itertools import chain, count

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
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "account"
    numbered = (f"{stem}-{number}" for number in count(2))
    candidates = map(ExternalUserId, chain((own, stem), numbered))
    return next(one for one in candidates if stored_user_id(one) not in taken)
