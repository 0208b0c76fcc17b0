"""`override` for the type checker alone: loading typing_extensions would delay the first frame."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import override
else:
    T = TypeVar("T")

    def override(method: T) -> T:
        """Mark a method that replaces one of its base class."""
        return method


__all__ = ["override"]
