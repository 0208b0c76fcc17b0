"""News about new versions, served over real HTTP, and signed with keys made for the test."""

from tests.updates.newsstand import maker, newsstand, program_asks

__all__ = ["maker", "newsstand", "program_asks"]
