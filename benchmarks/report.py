"""How a benchmark says what it measured: one line with figure, yardstick and ratio."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    `value` and `yardstick_value` share `unit`; `ratio` is value / yardstick_value unless the
    yardstick is a bare limit, and `goal` says in words what was aimed at.
    """

    name: str
    value: float
    unit: str
    yardstick: str
    yardstick_value: float
    goal: str

    @property
    def ratio(self) -> float:
        """The figure in units of its yardstick."""
        return self.value / self.yardstick_value

    @property
    def line(self) -> str:
        """The whole figure on one line."""
        return (
            f"{self.name}: {self.value:,.4g} {self.unit}; {self.yardstick}: "
            f"{self.yardstick_value:,.4g} {self.unit}; ratio {self.ratio:.3g} (goal: {self.goal})"
        )

    @property
    def row(self) -> str:
        """The figure as a row of RESULTS.md."""
        return (
            f"| {self.name} | {self.value:,.4g} {self.unit} | {self.yardstick}: "
            f"{self.yardstick_value:,.4g} {self.unit} | {self.ratio:.3g} | {self.goal} |"
        )
