"""In the window an account keeps to its seller, and stored rows stay where access has ended."""

from tests.ui.pages.test_accounts import connected

OTHER = "Atzr|another-seller"


async def test_another_sellers_token_replaces_nothing(open_window, amazon_at, amazon, key_store):
    amazon_at(await amazon(other_seller=OTHER))
    opened = await open_window()
    opened.click("connectFirst")
    await connected(opened)
    opened.click("connectNext")
    counts = "37 claims · 150 SKUs · 250 orders"
    await opened.until(lambda: opened.text("stripCounts") == counts)
    before = dict(key_store.entries)
    opened.click("nav_accounts")
    await opened.appears("replaceSecrets")
    opened.click("replaceSecrets")
    await opened.appears("replaceDialog")
    opened.type("refreshToken", OTHER)
    opened.click("replaceSecret")
    await opened.appears("dialogError")
    assert "another seller" in opened.text("dialogError")
    assert key_store.entries == before
    opened.click("replaceCancel")
    await opened.until(lambda: opened.dialog() is None)
    opened.click("testAccount")
    await opened.until(lambda: opened.text("check_orders") == "Amazon answers for orders.")
    assert opened.state("accountState") != "Reconnect needed"


async def test_a_sync_with_another_sellers_token_says_so_and_leaves_the_rows(
    open_window, signed_in, amazon, monkeypatch
):
    signed_in(await amazon(other_seller=OTHER))
    opened = await open_window()
    opened.click("syncNow")
    counts = "37 claims · 150 SKUs · 250 orders"
    await opened.until(lambda: opened.text("stripCounts") == counts)
    await opened.until(lambda: opened.text("syncNow") == "Sync now")
    await open_window.close(opened)
    monkeypatch.setenv("AMAZON_SPAPI_REFRESH_TOKEN", OTHER)
    again = await open_window()
    again.click("syncNow")
    await again.until(lambda: "another seller" in again.banner())
    assert "accounts add --user ID" in again.banner()
    again.click("nav_claims")
    await again.until(lambda: again.text("count") == "37 claims")
    again.click("nav_accounts")
    await again.until(lambda: again.state("accountState") == "Reconnect needed")


async def test_rows_stay_readable_after_amazon_has_withdrawn_access(open_window, signed_in, amazon):
    signed_in(await amazon())
    opened = await open_window()
    opened.click("syncNow")
    counts = "37 claims · 150 SKUs · 250 orders"
    await opened.until(lambda: opened.text("stripCounts") == counts)
    await opened.until(lambda: opened.text("syncNow") == "Sync now")
    await open_window.close(opened)
    signed_in(await amazon("revoked=1"))
    again = await open_window()
    again.click("syncNow")
    await again.until(lambda: "no longer accepts the permission" in again.banner())
    again.click("nav_claims")
    await again.until(lambda: again.text("count") == "37 claims")
    again.click("nav_accounts")
    await again.until(lambda: again.state("accountState") == "Reconnect needed")
