"""Each type and status of a claim has its word, icon and prefix: a new one does not go without."""

import pytest

from opside_desktop.claims.kinds import PREFIXES
from opside_desktop.domain.claim_types import ClaimStatus, ClaimType, HiddenReason
from opside_desktop.ui.tables.rows.amazon_words import status_pill, word


@pytest.mark.parametrize("value", [*ClaimType, *ClaimStatus, *HiddenReason])
def test_each_has_a_word_for_people(value):
    assert word(value) != value
    assert "_" not in word(value)


@pytest.mark.parametrize("status", ClaimStatus)
def test_each_status_is_told_by_more_than_its_word(status):
    assert status_pill(status).icon != status_pill("unheard of").icon


def test_each_type_has_a_prefix_for_its_ids():
    assert set(PREFIXES) == set(ClaimType)
