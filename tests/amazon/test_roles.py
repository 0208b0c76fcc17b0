"""Which roles an app may lack, told where Amazon refuses a call: any one of several suffices."""

import pytest

from opside_desktop.domain.errors import AccessDenied


@pytest.mark.parametrize(
    ("path", "ask", "roles"),
    [
        (
            "/fba/inventory/v1/summaries",
            lambda session: session.inventory.page("ATVPDKIKX0DER"),
            ("Amazon Fulfillment", "Product Listing"),
        ),
        (
            "/sellers/v1/marketplaceParticipations",
            lambda session: session.sellers.marketplace_participations(),
            ("Selling Partner Insights", "Finance and Accounting"),
        ),
    ],
)
async def test_a_denied_call_names_every_role_of_which_one_suffices(
    amazon, connect, reply, path, ask, roles
):
    amazon.says(path, reply.error(403, "Unauthorized", "Access to requested resource is denied."))
    session = await connect(amazon.url)
    with pytest.raises(AccessDenied) as caught:
        await ask(session)
    assert "has one of the roles" in caught.value.sentence
    for role in roles:
        assert f"“{role}”" in caught.value.sentence
