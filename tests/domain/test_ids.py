"""Ids: one rule for the whole program, the same as the existing backend's."""

import pytest

from opside_desktop.domain.ids import ExternalUserId, external_user_id, stored_user_id, sync_id


@pytest.mark.parametrize(
    ("external", "stored"),
    [
        ("demo-user", "07b4f03d-352e-473f-a316-af97d9017d69"),
        ("user123", "e42ca08f-8bfa-49b1-a650-13acd3207a19"),
        ("07B4F03D-352E-473F-A316-AF97D9017D69", "07b4f03d-352e-473f-a316-af97d9017d69"),
    ],
)
def test_an_external_id_is_stored_as_the_existing_backend_stores_it(external, stored):
    assert stored_user_id(ExternalUserId(external)) == stored


def test_thirty_two_hex_digits_without_hyphens_are_not_a_uuid():
    assert stored_user_id(ExternalUserId("07b4f03d352e473fa316af97d9017d69")) != (
        "07b4f03d-352e-473f-a316-af97d9017d69"
    )


def test_a_sync_is_named_after_its_user_with_harmless_characters_only():
    assert sync_id(ExternalUserId("müller & co/1"), 1702345678901) == (
        "sync_m_ller___co_1_1702345678901"
    )


@pytest.mark.parametrize("text", ["", "   ", "a\nb", "x" * 201])
def test_ids_that_nobody_could_have_are_refused(text):
    with pytest.raises(ValueError, match="1 to 200 printable"):
        external_user_id(text)


def test_the_nil_uuid_is_nobody():
    with pytest.raises(ValueError, match="nobody"):
        external_user_id("00000000-0000-0000-0000-000000000000")


def test_blanks_around_an_id_do_not_count():
    assert external_user_id("  ann ") == "ann"
