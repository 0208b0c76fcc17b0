"""The changes of `make mutants` find their place and their test, wherever files were moved."""

from pathlib import Path

import pytest

import opside_desktop
from tests.mutants.table import MUTANTS, name_of_test, only_place, sources

MODULES = sources(Path(opside_desktop.__file__).parent)
TESTS = sources(Path(__file__).parent)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_a_change_has_its_place_and_its_test(mutant):
    assert only_place(mutant.old, MODULES)
    assert name_of_test(mutant, TESTS)
    assert mutant.new != mutant.old
