"""docs/amazon.md tells people what the program asks Amazon: as the code does it."""

import re
from pathlib import Path

import pytest

from opside_desktop.amazon.usage_plans import USAGE_PLANS, Operation

PAGE = (Path(__file__).parents[2] / "docs/amazon.md").read_text("utf-8")

ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.splitlines()
    if line.startswith("| ") and len(cells := [cell.strip() for cell in line[2:-2].split("|")]) == 5
}


@pytest.mark.parametrize("operation", Operation)
def test_every_call_is_told_with_its_plan_and_roles(operation: Operation) -> None:
    plan = USAGE_PLANS[operation]
    brings, often, at_once, roles = ROWS[operation.value]
    pause = float(re.fullmatch(r"every ([0-9.]+) s", often)[1])
    assert pause == pytest.approx(1 / plan.rate, rel=0.01)
    assert (brings, int(at_once)) == (plan.brings, plan.burst)
    assert tuple(roles.split(", ")) == plan.roles


def test_no_call_is_told_that_is_not_made() -> None:
    told = set(ROWS) - {"Amazon's name", "---"}
    assert told <= set(Operation)
