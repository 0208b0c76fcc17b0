"""Login with Amazon: access tokens for anybody who names a client and shows a refresh token."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec

from opside_desktop.simulator.answers import Answer, ApiError, access_denied, encode
from opside_desktop.simulator.clock import Clock
from opside_desktop.simulator.paging import TokenSeal

PATH = "/auth/o2/token"
LIFE = 3_600

_ACCESS = "Atza|"
_REFRESH = "Atzr|"

# What each way of asking needs beside the client's id and secret.
_GRANTS = {
    "refresh_token": ("refresh_token",),
    "authorization_code": ("code", "redirect_uri"),
    "client_credentials": ("scope",),
}


class AccessToken(msgspec.Struct, array_like=True, frozen=True):
    """What an access token says.

    Attributes:
        issued: seconds of the epoch.
        caller: a name for application and seller together.
        is_other: whether the seller is the other one.
    """

    kind: str
    issued: float
    caller: str
    is_other: bool = False


@dataclass(slots=True)
class LoginWithAmazon:
    """The token endpoint, and the check of what it gave out.

    Attributes:
        seal: makes access tokens that a later run with the same seed still accepts.
        revoked: whether every grant is refused.
        other_seller: the refresh token of the other seller, if there is one.
    """

    clock: Clock
    seal: TokenSeal
    revoked: bool
    other_seller: str = ""

    def token(self, method: str, content_type: str, body: bytes) -> Answer:
        """Answer a call to the token endpoint."""
        if method != "POST":
            return _refusal(405, "invalid_request", "The HTTP method must be POST.")
        fields = _fields(content_type, body)
        if fields is None:
            return _refusal(400, "invalid_request", "The request body cannot be read.")
        grant = fields.get("grant_type", "")
        if not grant:
            return _missing("grant_type")
        if grant not in _GRANTS:
            return _refusal(
                400, "unsupported_grant_type", "The authorization grant type is not supported"
            )
        for name in ("client_id", "client_secret"):
            if not fields.get(name):
                return _missing(name)
        for name in _GRANTS[grant]:
            if not fields.get(name):
                return _missing(name)
        if self.revoked:
            parameter = _GRANTS[grant][0]
            return _refusal(
                400,
                "invalid_grant",
                f"The request has an invalid grant parameter : {parameter}. "
                "User may have revoked or didn't grant the permission.",
            )
        owner = fields.get("refresh_token") or fields.get("code") or fields["scope"]
        caller = _digest(fields["client_id"], owner)
        is_other = owner == self.other_seller
        token = AccessToken("access", self.clock.now(), caller, is_other)
        answer = {
            "access_token": _ACCESS + self.seal.seal(token),
            "token_type": "bearer",
            "expires_in": LIFE,
        }
        if grant == "refresh_token":
            answer["refresh_token"] = owner
        elif grant == "authorization_code":
            answer["refresh_token"] = _REFRESH + self.seal.seal(["refresh", caller])
        return Answer(200, encode(answer))

    def admitted(self, access_token: str | None) -> AccessToken:
        """Whose access token it is.

        Raises:
            ApiError: 403, with Amazon's reason in the details.
        """
        if not access_token:
            raise access_denied("Access token is missing in the request header.")
        malformed = access_denied("The access token you provided is revoked, malformed or invalid.")
        prefix, token = access_token[: len(_ACCESS)], access_token[len(_ACCESS) :]
        payload = self.seal.open(token) if prefix == _ACCESS else None
        if payload is None:
            raise malformed
        try:
            access = msgspec.json.decode(payload, type=AccessToken)
        except msgspec.ValidationError:
            raise malformed from None
        if access.kind != "access":
            raise malformed
        if self.clock.now() >= access.issued + LIFE:
            raise expired()
        return access


def expired() -> ApiError:
    """The refusal of an access token after its hour."""
    return access_denied("The access token you provided has expired.")


def _fields(content_type: str, body: bytes) -> Mapping[str, str] | None:
    if content_type.partition(";")[0].strip().lower() == "application/json":
        try:
            return msgspec.json.decode(body, type=dict[str, str])
        except msgspec.MsgspecError:
            return None
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        return None


def _digest(client_id: str, owner: str) -> str:
    return hashlib.sha256(f"{client_id}\n{owner}".encode()).hexdigest()[:24]


def _missing(name: str) -> Answer:
    return _refusal(400, "invalid_request", f"The request is missing a required parameter : {name}")


def _refusal(status: int, error: str, description: str) -> Answer:
    return Answer(status, encode({"error": error, "error_description": description}))
