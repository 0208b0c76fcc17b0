"""Going back and forth between pages, with what each of them showed."""

from PySide6.QtCore import Qt

ALT = Qt.KeyboardModifier.AltModifier


async def test_a_link_followed_leads_back_to_the_rows_and_filters_before(open_window):
    opened = await open_window(demo=True)
    opened.click("syncNow")
    await opened.until(lambda: opened.is_idle and opened.text("count"))
    await opened.until(lambda: opened.text("count") == "37 claims")
    opened.type("find", "refund of order")
    await opened.until(lambda: opened.text("count") not in ("37 claims", "Reading…"))
    narrowed = opened.text("count")
    page = opened.window.stack.currentWidget()
    page.table.choose_first()
    page.table.view.setFocus()
    opened.press(Qt.Key.Key_Space)
    link = await opened.appears("relatedLink")
    link.click()
    await opened.until(lambda: opened.window.stack.currentWidget().objectName() == "ordersPage")
    await opened.until(lambda: opened.text("count") == "1 order")
    opened.press(Qt.Key.Key_Left, ALT)
    await opened.until(lambda: opened.text("count") == narrowed)
    assert opened.find("find").text() == "refund of order"
    opened.press(Qt.Key.Key_Right, ALT)
    await opened.until(lambda: opened.text("count") == "1 order")
    opened.press(Qt.Key.Key_Left, ALT)
    opened.press(Qt.Key.Key_Left, ALT)
    assert opened.window.stack.currentWidget().objectName() == "claimsPage"


async def test_back_also_undoes_what_a_second_link_showed_on_the_same_page(open_window):
    opened = await open_window(demo=True)
    opened.click("syncNow")
    await opened.until(lambda: opened.text("count") == "37 claims")
    orders = opened.window
    orders.page_chosen.emit("orders")
    await opened.until(lambda: opened.text("count") == "250 orders")
    page = opened.window.stack.currentWidget()
    number = page.table.model.index(0, 0).data()
    page.open_requested.emit("orders", number)
    await opened.until(lambda: opened.text("count") == "1 order")
    opened.press(Qt.Key.Key_Left, ALT)
    await opened.until(lambda: opened.text("count") == "250 orders")
    opened.press(Qt.Key.Key_Left, ALT)
    await opened.until(lambda: opened.text("count") == "37 claims")
