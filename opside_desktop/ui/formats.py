"""How moments, numbers and money are written for people."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QObject, QTimeZone, Signal

if TYPE_CHECKING:
    from decimal import Decimal

    from PySide6.QtCore import QLocale

MINUS = "\u2212"
_WHOLE_CURRENCIES = frozenset({"JPY", "KRW", "CLP", "HUF", "VND"})


def local_zone_name() -> str:
    """Name this computer's time zone, such as `Europe/Berlin`."""
    name = bytes(QTimeZone.systemTimeZoneId().data()).decode()
    return "UTC" if name in ("", "Etc/UTC") else name


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return datetime.now(UTC).astimezone().tzinfo or UTC


class Formats(QObject):
    """One person's way of reading: their locale and the time zone they chose."""

    changed = Signal()
    """Moments read differently from now on."""

    def __init__(self, parent: QObject | None = None, *, in_utc: bool = False) -> None:
        super().__init__(parent)
        self._in_utc = in_utc

    # Locale and zone are found out when they are first asked for: Qt takes 10 ms over them, and
    # the window's first frame shows neither.

    @cached_property
    def _locale(self) -> "QLocale":
        from PySide6.QtCore import QLocale

        system = QLocale.system()
        if system.language() is QLocale.Language.C:
            # The C locale has no thousands separator.
            return QLocale(QLocale.Language.English)
        return system

    @cached_property
    def _local_name(self) -> str:
        return local_zone_name()

    @property
    def zone_name(self) -> str:
        """The zone in which moments are shown."""
        return "UTC" if self._in_utc else self._local_name

    @property
    def zone(self) -> tzinfo:
        """The zone in which moments are shown, for calculating with."""
        return _zone(self.zone_name)

    @property
    def in_utc(self) -> bool:
        """Whether moments are shown in UTC instead of local time."""
        return self._in_utc

    def set_in_utc(self, in_utc: bool) -> None:
        """Show moments in UTC, or in local time."""
        if in_utc != self._in_utc:
            self._in_utc = in_utc
            self.changed.emit()

    def moment(self, moment: datetime | None) -> str:
        """Write a date and a time, such as `3 Nov 2026 14:05`; empty for None."""
        if moment is None:
            return ""
        local = moment.astimezone(self.zone)
        # Not through QDateTime, which asks the system for the zone each time: a table paints these.
        return f"{self._locale.toString(_qdate(local.date()), 'd MMM yyyy')} {local:%H:%M}"

    def near(self, moment: datetime, now: datetime | None = None) -> str:
        """Write a moment shortly: `today 14:05`, `yesterday 9:12`, else date and time."""
        local = moment.astimezone(self.zone)
        today = (now or datetime.now(UTC)).astimezone(self.zone).date()
        clock = f"{local:%H:%M}"
        if local.date() == today:
            return self.tr("today {time}").format(time=clock)
        if local.date() == today - timedelta(days=1):
            return self.tr("yesterday {time}").format(time=clock)
        return self.moment(moment)

    def day(self, moment: date | datetime | None) -> str:
        """Write a date, such as `3 Nov 2026`; empty for None."""
        if moment is None:
            return ""
        if isinstance(moment, datetime):
            moment = moment.astimezone(self.zone).date()
        return self._locale.toString(_qdate(moment), "d MMM yyyy")

    def ago(self, moment: datetime, now: datetime | None = None) -> str:
        """Write how long ago something was, in the largest fitting unit."""
        seconds = max(((now or datetime.now(UTC)) - moment).total_seconds(), 0)
        if seconds < 60:
            return self.tr("just now")
        if seconds < 3600:
            return self.tr("{count} min ago").format(count=int(seconds // 60))
        if seconds < 86400:
            return self.tr("{count} h ago").format(count=int(seconds // 3600))
        return self.tr("{count} d ago").format(count=int(seconds // 86400))

    def duration(self, seconds: float) -> str:
        """Write a length of time: `4.2 s`, `1 min 20 s`, `2 h 5 min`."""
        if seconds < 10:
            return self.tr("{count} s").format(count=self._locale.toString(seconds, "f", 1))
        whole = round(seconds)
        if whole < 60:
            return self.tr("{count} s").format(count=whole)
        if whole < 3600:
            return self.tr("{minutes} min {seconds} s").format(
                minutes=whole // 60, seconds=whole % 60
            )
        return self.tr("{hours} h {minutes} min").format(
            hours=whole // 3600, minutes=whole % 3600 // 60
        )

    def number(self, value: int) -> str:
        """Write a whole number with the locale's thousands separator."""
        text = self._group(str(abs(value)))
        return MINUS + text if value < 0 else text

    def money(self, amount: "Decimal", currency: str) -> str:
        """Write an exact amount and its currency, such as `−34.90 EUR`."""
        places = 0 if currency in _WHOLE_CURRENCIES and amount == amount.to_integral() else 2
        exponent = amount.as_tuple().exponent
        if isinstance(exponent, int):
            places = max(places, -exponent if round(amount, 2) != amount else 0)
        whole, _, fraction = f"{abs(amount):.{places}f}".partition(".")
        text = self._group(whole)
        if fraction:
            text += self._locale.decimalPoint() + fraction
        sign = MINUS if amount < 0 else ""
        return f"{sign}{text} {currency}".rstrip()

    def size(self, size_bytes: int) -> str:
        """Write a file size."""
        locale = self._locale
        places = 0 if size_bytes < 10_000_000 else 1
        return locale.formattedDataSize(size_bytes, places, locale.DataSizeFormat.DataSizeSIFormat)

    def _group(self, digits: str) -> str:
        separator = self._locale.groupSeparator()
        head = len(digits) % 3 or 3
        parts = [digits[:head], *(digits[i : i + 3] for i in range(head, len(digits), 3))]
        return separator.join(part for part in parts if part)


def _qdate(day: date) -> QDate:
    return QDate(day.year, day.month, day.day)
