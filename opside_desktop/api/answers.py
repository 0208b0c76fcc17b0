"""How answers leave: the contract's JSON, which nobody on the way keeps."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from litestar.response import Response

from opside_desktop.contract.wire import encode

T = TypeVar("T")

JSON: Final = "application/json"
KEPT_NOWHERE: Final = {"Cache-Control": "no-store"}


class Answer(Response[T]):
    """An answer of the contract; what an endpoint returns becomes one."""

    def __init__(
        self,
        content: T,
        *,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        **_: Any,  # what else the framework knows of an endpoint
    ) -> None:
        """Take the answer."""
        headers = {**KEPT_NOWHERE, **(headers or {})}
        super().__init__(encode(content), status_code=status_code, media_type=JSON, headers=headers)  # type: ignore[arg-type]  # T is for the document
