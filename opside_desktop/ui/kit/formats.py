"""How moments, numbers and money are written for people."""

import os
import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QObject, Signal

from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock, utc

if TYPE_CHECKING:
    from decimal import Decimal

    from PySide6.QtCore import QLocale

MINUS = "\u2212"
_WHOLE_CURRENCIES = frozenset({"JPY", "KRW", "CLP", "HUF", "VND"})
_NUMBER = r"[-+]?[0-9]{0,20}(\.[0-9]{0,20})?"
_PLAIN_NUMBER = r"[-+]?[0-9]*[.,][0-9]{1,2}"
"""A number that has only one mark, before one or two places: whichever it is, it is the point."""


class ZoneChoice(StrEnum):
    """In whose time moments are shown."""

    LOCAL = "local"
    MARKETPLACE = "marketplace"
    UTC = "utc"


def local_zone_name() -> str:
    """Name this computer's time zone, such as `Europe/Berlin`."""
    name = "" if "TZ" in os.environ else _linked_zone_name()
    if not name:
        from PySide6.QtCore import QTimeZone  # knows every system, and takes 4 ms

        name = bytes(QTimeZone.systemTimeZoneId().data()).decode()
    return "UTC" if name in ("", "Etc/UTC") else name


def _linked_zone_name() -> str:
    """Name the zone to which Linux and macOS link their clock; empty elsewhere."""
    try:
        return str(Path("/etc/localtime").readlink()).partition("/zoneinfo/")[2]
    except OSError:
        return ""


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        # About this computer's zone, not about the time.
        return datetime.now(UTC).astimezone().tzinfo or UTC


class Formats(QObject):
    """One person's way of reading: their locale and the time zone they chose."""

    changed = Signal()
    """Moments read differently from now on."""

    def __init__(
        self,
        parent: QObject | None = None,
        choice: ZoneChoice = ZoneChoice.LOCAL,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._choice = choice
        self._marketplace_zone: str | None = None
        self._day: date | None = None
        """The day when the clock was last looked at."""

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
        if self._choice is ZoneChoice.UTC:
            return "UTC"
        if self._choice is ZoneChoice.MARKETPLACE and self._marketplace_zone is not None:
            return self._marketplace_zone
        return self._local_name

    @property
    def zone(self) -> tzinfo:
        """The zone in which moments are shown, for calculating with."""
        return _zone(self.zone_name)

    @property
    def zone_choice(self) -> ZoneChoice:
        """In whose time a person wants to see moments."""
        return self._choice

    @property
    def marketplace_zone(self) -> str | None:
        """The zone of the shown accounts' marketplace; None where they have several."""
        return self._marketplace_zone

    def choose_zone(self, choice: ZoneChoice) -> None:
        """Show moments in another zone."""
        self._change_zone(choice, self._marketplace_zone)

    def follow_marketplace(self, zone_name: str | None) -> None:
        """Learn in which zone the marketplace of what is shown lies; None where it is not one."""
        self._change_zone(self._choice, zone_name)

    def _change_zone(self, choice: ZoneChoice, marketplace: str | None) -> None:
        before = self.zone_name
        differs = (choice, marketplace) != (self._choice, self._marketplace_zone)
        self._choice, self._marketplace_zone = choice, marketplace
        if differs and (choice is ZoneChoice.MARKETPLACE or self.zone_name != before):
            self.changed.emit()

    def look_at_clock(self, now: datetime | None = None) -> None:
        """Notice that this computer's zone, or the day, is another than before."""
        day = self.today(now)
        name = local_zone_name()
        before, self._day = self._day, day
        moved = name != self._local_name
        if moved:
            self._local_name = name
        if moved or before not in (None, day):
            self.changed.emit()

    def now(self) -> datetime:
        """Tell the time, UTC."""
        return utc(self._clock.now())

    def today(self, now: datetime | None = None) -> date:
        """Give the present day in the reader's zone."""
        return (now or self.now()).astimezone(self.zone).date()

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
        today = self.today(now)
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

    def utc_day(self, moment: datetime) -> str:
        """Write the UTC day of a moment that is a bound of UTC days."""
        return self.day(moment.astimezone(UTC).date())

    def long_day(self, moment: datetime) -> str:
        """Write a moment's day for a sentence, such as `3 December 2026`."""
        return self._locale.toString(_qdate(moment.astimezone(self.zone).date()), "d MMMM yyyy")

    def ago(self, moment: datetime, now: datetime | None = None) -> str:
        """Write how long ago something was, in the largest fitting unit."""
        seconds = max(((now or self.now()) - moment).total_seconds(), 0)
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

    def amount(self, amount: "Decimal") -> str:
        """Write an exact amount without its currency, as a person would."""
        return self.money(amount, "")

    def read_amount(self, text: str) -> "Decimal | None":
        """Read a number that a person wrote, as is usual here or plainly; None if it is none."""
        from decimal import Decimal

        plain = re.sub(r"[\s\u00a0\u202f\u2009']", "", text).replace(MINUS, "-")
        if re.fullmatch(_PLAIN_NUMBER, plain):
            plain = plain.replace(",", ".")
        else:
            plain = plain.replace(self._locale.groupSeparator(), "")
            plain = plain.replace(self._locale.decimalPoint(), ".")
        is_number = re.fullmatch(_NUMBER, plain) is not None and any(map(str.isdigit, plain))
        return Decimal(plain) if is_number else None

    def read_day(self, text: str) -> date | None:
        """Read a day that a person wrote: as shown here, as their system writes it, or as ISO."""
        from PySide6.QtCore import QLocale

        text = text.strip()
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
        short = self._locale.dateFormat(QLocale.FormatType.ShortFormat)
        long_year = re.sub(r"y+", "yyyy", short)
        for form in ("d MMM yyyy", "d MMMM yyyy", long_year, "d.M.yyyy"):
            day = self._locale.toDate(text, form)
            if day.isValid():
                return date(day.year(), day.month(), day.day())
        return None

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
