"""Deleting an account's data from the Accounts page: counted first, then gone from every page."""

from opside_desktop.domain.ids import DEMO_USER, stored_user_id
from opside_desktop.store.deleting import stored_of


async def synced(open_window):
    demo = await open_window(demo=True)
    demo.click("syncNow")
    await demo.until(lambda: demo.text("stripCounts") == "37 claims · 150 SKUs · 250 orders")
    await demo.until(lambda: demo.state("stripState") == "Done")
    return demo


async def test_what_goes_is_counted_and_then_it_is_gone(open_window):
    demo = await synced(open_window)
    page = demo.window.stack.currentWidget()
    db = page.services.db
    await demo.until(lambda: page.table.model.rowCount() == 37)
    demo.click("nav_accounts")
    await demo.appears("deleteData")
    demo.click("deleteData")
    await demo.appears("delete_amazon_claims")
    assert demo.text("delete_amazon_claims") == "37"
    assert demo.text("delete_amazon_orders") == "250"
    assert demo.find("deleteDisconnect") is None  # the sample seller cannot be disconnected
    demo.click("deleteCancel")
    await demo.until(lambda: demo.dialog() is None)
    assert (await stored_of(db, stored_user_id(DEMO_USER)))["amazon_claims"] == 37
    demo.click("deleteData")
    await demo.appears("delete_amazon_claims")
    demo.click("deleteConfirm")
    await demo.until(lambda: demo.dialog() is None)
    assert await stored_of(db, stored_user_id(DEMO_USER)) == {}
    await demo.until(lambda: demo.text("freshness") == "Data: never synced")
    assert demo.text("stripSentence") == "No sync has run yet."
    demo.click("nav_claims")
    await demo.until(lambda: page.table.model.rowCount() == 0)


async def test_nothing_is_deleted_under_a_running_sync(open_window):
    demo = await synced(open_window)
    db = demo.window.stack.currentWidget().services.db
    demo.click("nav_accounts")
    await demo.appears("deleteData")

    def run_again(connection):
        connection.exec_driver_sql(
            "UPDATE sync_progress SET status = 'running', "
            "updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"
        )

    await db.write(run_again)
    demo.click("deleteData")
    await demo.appears("delete_amazon_claims")
    demo.click("deleteConfirm")
    await demo.until(lambda: "Sync already in progress" in demo.text("dialogError"))
    assert (await stored_of(db, stored_user_id(DEMO_USER)))["amazon_claims"] == 37
    demo.click("deleteCancel")
    await demo.until(lambda: demo.dialog() is None)


async def test_a_read_only_window_deletes_nothing(open_window):
    demo = await open_window(demo=True, read_only=True)
    demo.click("nav_accounts")
    await demo.appears("deleteData")
    for name in ("deleteData", "testAccount"):
        assert not demo.find(name).isEnabled()
        assert "read-only" in demo.find(name).toolTip()
        assert "read-only" in demo.find(name).accessibleDescription()
