"""Labels and bars: plain, elided, to be copied; and texts that are not ours, letter by letter."""

from PySide6.QtCore import QCoreApplication, QEvent, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QToolButton, QWidget

from opside_desktop.ui.kit.layouts import mirrored
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import FontRole, Role, Space, Theme

COPIED_MS = 1200
LEAST_CHARS = 12
"""How much an elided text shows at least, about."""

_AT_BEGIN = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading


def literal(text: str, longest: int | None = None) -> str:
    """Write a text that is not ours on a button or in a menu, where `&` would mark a key.

    With `longest`, what is longer ends in `…`.
    """
    line = " ".join(text.split())
    if longest is not None and len(line) > longest:
        line = f"{line[: longest - 1]}…"
    return line.replace("&", "&&")


def literal_tip(text: str) -> str:
    """Write a text that is not ours in a tool tip, where `<b>` would make bold."""
    if "<" not in text:
        return text
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<p style="white-space: pre-wrap">{escaped}</p>'


def label(
    text: str = "",
    *,
    role: str | None = None,
    font: str | None = None,
    wrap: bool = False,
    name: str = "",
    selectable: bool = False,
) -> QLabel:
    """Make a label in the stylesheet's roles."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setProperty("type", font)
    made.setWordWrap(wrap)
    made.setObjectName(name)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def title_of(field: QWidget, title: str) -> QLabel:
    """Make the label of a field; screen readers call the field by it."""
    made = label(title)
    made.setBuddy(field)
    field.setAccessibleName(title)
    return made


def progress_bar(title: str, name: str, steps: int = 100) -> QProgressBar:
    """Make a thin bar from 0 to `steps`; `title` is for screen readers."""
    made = QProgressBar()
    made.setObjectName(name)
    made.setRange(0, steps)
    made.setTextVisible(False)
    made.setAccessibleName(title)
    return made


def announce(widget: QWidget, words: str) -> None:
    """Tell screen readers what has changed in a part of the window, where that is in sight."""
    if widget.isVisible():
        from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))


def set_role(widget: QWidget, role: Role | None) -> None:
    """Change the colour role of a widget that the stylesheet knows."""
    value = None if role is None else role.value
    if widget.property("role") != value:
        widget.setProperty("role", value)
        # Not through `widget.style()`: that loads all the names of Qt's styles, which takes 5 ms.
        QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.Polish))


def elided_minimum(full: QSize, metrics: QFontMetrics) -> QSize:
    """Give the least size of a text that may end in `…`; `full` is that of all of it."""
    return QSize(min(full.width(), LEAST_CHARS * metrics.averageCharWidth()), full.height())


class ElidedLabel(QLabel):
    """One line that ends in `…` where there is no room; the tool tip has it whole.

    It takes all the room that is left, or with `hugs` no more than its text needs.
    """

    def __init__(self, name: str, *, font: str | None = None, hugs: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("type", font)
        self.setTextFormat(Qt.TextFormat.PlainText)
        wide = QSizePolicy.Policy.Preferred if hugs else QSizePolicy.Policy.Ignored
        self.setSizePolicy(wide, QSizePolicy.Policy.Preferred)

    @override
    def minimumSizeHint(self) -> QSize:
        return elided_minimum(super().minimumSizeHint(), self.fontMetrics())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect, metrics = self.contentsRect(), self.fontMetrics()
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, rect.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(rect, _AT_BEGIN, shown)
        self.setToolTip(literal_tip(self.text()) if shown != self.text() else "")
        painter.end()


class CopyLabel(QToolButton):
    """An identifier in the fixed-width font; a click copies it.

    Its text stands where a label's would, and its sign behind it.
    """

    EDGE = 2
    _SIGN = 12

    def __init__(self, theme: Theme, what: str, text: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._what = what
        self._copied = ""
        theme.wear(self, FontRole.MONO)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._on_clicked)
        theme.changed.connect(self.update)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show another identifier."""
        self._copied = text
        self.setText(literal(text))
        self.setAccessibleName(self.tr("Copy {what} {text}").format(what=self._what, text=text))
        self.setToolTip(literal_tip(self.tr("Copy {text}").format(text=text)))

    def _on_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self._copied)
        self.setText(self.tr("Copied"))
        QTimer.singleShot(COPIED_MS, self, lambda: self.setText(literal(self._copied)))

    @override
    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._theme.font(FontRole.MONO))
        # As wide as the identifier also while it says "Copied", so that nothing moves.
        width = metrics.horizontalAdvance(self._copied) + Space.XS + 2 + self._SIGN
        return QSize(width + 2 * self.EDGE, metrics.height() + 2 * self.EDGE)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(Space.XL * 2, self.sizeHint().height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter, edge = self._theme, QPainter(self), self.EDGE
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = self.rect().adjusted(edge, 0, -edge, 0)
        font = theme.font(FontRole.MONO)
        metrics, shown = QFontMetrics(font), self.text().replace("&&", "&")
        room = body.width() - self._SIGN - Space.XS - 2
        if metrics.horizontalAdvance(shown) > room:
            shown = metrics.elidedText(shown, Qt.TextElideMode.ElideMiddle, max(room, 0))
        used = metrics.horizontalAdvance(shown)
        painter.setFont(font)
        # An identifier reads from left to right, whatever surrounds it.
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setPen(theme.color(Role.ACCENT if self.underMouse() else Role.TEXT))
        seen = QRect(body.left(), body.top(), used, body.height())
        painter.drawText(self._seen(body, seen), Qt.AlignmentFlag.AlignVCenter, shown)
        top = body.center().y() - self._SIGN // 2 + 1
        sign = QRect(body.left() + used + Space.XS + 2, top, self._SIGN, self._SIGN)
        role = Role.ACCENT if self.underMouse() else Role.MUTED
        picture = theme.pixmap("copy", role, self._SIGN, self.devicePixelRatioF())
        painter.drawPixmap(self._seen(body, sign).topLeft(), picture)
        if self.hasFocus():
            painter.setPen(QPen(theme.color(Role.ACCENT), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _seen(self, whole: QRect, part: QRect) -> QRect:
        return mirrored(whole, part) if self.isRightToLeft() else part
