"""Writes docs/http-api.md out of real answers; what differs from run to run is made the same."""

import re
from dataclasses import dataclass

import msgspec

from tests.api.conftest import AMZ, Answer, Api, bearer
from tests.waiting import LIMIT_S

HEAD = """\
# The HTTP API

`opside-desktop serve` lets other programs start syncs, follow them and read the stored rows. It is
an optional part: `pip install 'opside-desktop[server]'`.

```
export JWT_SECRET=…            # at least 32 random characters
opside-desktop serve           # http://127.0.0.1:3001; --demo serves the sample seller
```

| option | environment | meaning |
| --- | --- | --- |
| `--host`, `--port` | `PORT` | where to listen; by default this computer only, on port 3001 |
| `--cors-origin` | `CORS_ALLOW_ORIGINS` | web pages of this origin may use it; off by default |
| `--demo-user` | `ALLOW_DEMO_USER` | no credential means `demo-user`; off by default |
| | `JWT_SECRET` | the key of the tokens |

Every answer below is a real one: this page is written by a test (`make docs`). The whole of it for
programs, with all schemas, is at `/schema/openapi.json`.

## Who asks

A token is a JWT signed with `JWT_SECRET` by HS256. It comes as `Authorization: Bearer …`, or else
as the cookie `session_token`, and its claim `id`, `user_id`, `userId` or `sub` names the user.
`exp` and `nbf` are checked where present, with ten seconds of leeway. A user sees their own rows
and syncs, and nobody else's.

```
python -c 'import jwt, os; print(jwt.encode({"sub": "alice"}, os.environ["JWT_SECRET"], "HS256"))'
```

The user's Amazon account is the one that `opside-desktop accounts add --user alice` has connected,
or the environment's (see [settings](settings.md)). A `POST` with the cookie is refused when its
`Origin` is another web page's.

At an address of this computer itself, `demo-user` and pages of the server's own origin are let in
under `localhost` and its addresses only: any web page can give its own name that address. A proxy
that passes its name on needs its origin in `--cors-origin`. A request must arrive in 30 seconds.

A server takes fewer connections than its system gives it descriptors. Where all places are taken,
the connection that has been idle for longest is closed for a new one.

HEAD answers wherever GET does, without a body.

## When something is refused

Every failure has the same shape; some have more keys.

| HTTP | `error` | when | more keys |
| --- | --- | --- | --- |
| 400 | `amazon_not_connected` | the user has no Amazon account here | |
| 400 | `bad_request` | a parameter or the body cannot be used; the message names it | |
| 401 | `unauthorized` | no token, or a bad one | |
| 403 | `forbidden_origin` | another web page sent it with the browser's cookie | |
| 404 | `sync_not_found`, `not_found` | no such sync of this user, no such path | |
| 405, 413 | `method_not_allowed`, `payload_too_large` | | |
| 409 | `sync_in_progress` | one of this user runs and reads more than history | `existingSyncId` |
| 409 | `sync_not_running` | a sync that has ended cannot be cancelled | `status` |
| 500 | `internal_server_error` | something unexpected; the log holds it | `errorId` |
| 503 | `service_unavailable` | the database cannot be reached, or the server stops or is full | |
"""

LISTS = """\
## Stored rows

Lists read what is stored; Amazon is not asked. They take

| parameter | meaning |
| --- | --- |
| `limit` | 1 to 1000, default 100 |
| `cursor` | the `nextCursor` of the page before: any page costs as much as the first |
| `offset` | rows to pass over instead |
| `search` | only rows that hold this text, in any case |
| `status` | only rows of this status (not for inventory) |
| `startDate`, `endDate` | a day or a moment, UTC; a bare `endDate` includes its whole day |
| `type` | claims of this type |
| `fulfillmentChannel` | orders by `FBA` or `FBM` |
| `hidden` | `true`: with the claims that have a `hiddenReason`, too |

Claims and orders come newest first, inventory by SKU. `total` may be some seconds old. Orders hold
their lines in `items`.

A claim that is `pending` is money that Amazon holds back still; it means to release it at
`maturesAt`, and the same claim becomes `approved`, or `denied` where money is taken.

Lists, searches and totals leave out claims with a `hiddenReason`: `double` is the same money as
another claim, `zero` is exactly 0.00, and `unknown` is one of very many of a kind that this program
does not know. With `hidden=true` they are there, and counted.
"""

STREAM = """\
The stream begins with the present state and ends after `sync_complete`. A comment comes at least
every 15 seconds. A slow reader misses states in between, never the last. In between come more
events like the first. Where the listener's token expires before the sync has ended, the last event
is `unauthorized` with the error body above.
"""

RESULTS = """\
In `results`, `source` names where the rows came from, several joined by `+`: `transactions` or
`events-v0` (claims), `inventory-v1`, `orders-2026` or `orders-v0`; null before Amazon has answered.
`warnings` are sentences about what is less than whole although nothing failed.
"""

TAIL = """\
## Stopping

At Ctrl-C or SIGTERM the server starts no more syncs (503), gives running ones ten seconds to reach
the end of a page, and marks them as interrupted. The next sync, of this or any other server on the
same database, goes on there.
"""

_SAME = (
    (re.compile(r"(sync_\w+?)_\d{13}"), r"\1_1795435200000"),
    (
        re.compile(r'("(?:startedAt|updatedAt|completedAt|syncedAt|lastSync)": )"[^"]+"'),
        r'\1"2026-11-23T12:00:00.000Z"',
    ),
    (re.compile(r'("durationSeconds": )[\d.]+'), r"\g<1>1.25"),
    (re.compile(r'("nextCursor": "\d+_\d+_)[0-9a-f]{32}"'), r'\1d4f1c0de5eed4a7e8b2c6a9013579bdf"'),
)


@dataclass
class Page:
    """The page as it grows."""

    api: Api
    text: str = HEAD

    def write(self, text: str) -> None:
        self.text += f"\n{text}"

    def show(self, method: str, path: str, answer: Answer, sent: str = "") -> None:
        body = msgspec.json.format(answer.content, indent=2).decode()
        data = f" {sent}" if sent else ""
        self.write(f"`{same(f'{method} {path}')}`{data} answers {answer.status}:\n")
        self.write(f"```json\n{same(body)}\n```\n")

    async def get(self, path: str, headers=None) -> Answer:
        answer = await self.api.get(path, headers)
        self.show("GET", path, answer)
        return answer

    async def post(self, path: str, headers=None, sent: bytes = b"") -> Answer:
        answer = await self.api.post(path, headers, content=sent)
        self.show("POST", path, answer, f"with the body `{sent.decode()}`" if sent else "")
        return answer


def same(text: str) -> str:
    """Make the same what differs from run to run."""
    for pattern, replacement in _SAME:
        text = pattern.sub(replacement, text)
    return text


async def write_page(api: Api) -> str:
    """Make every call once, and write down what comes back."""
    page = Page(api)
    sync = f"{AMZ}/sync"
    page.write("Without a token:\n")
    await page.post(sync, {}, b"{}")
    page.write("## Starting a sync\n\nIt answers before Amazon is asked.\n")
    api.tap.held = "/auth/o2/token"
    sync_id = (await page.post(sync, None, b"{}")).body["syncId"]
    page.write("While it runs, of this user no other one is started:\n")
    await page.post(sync, None, b"{}")
    page.write("A user without a connection to Amazon:\n")
    await page.post(sync, bearer("bob"), b"{}")
    page.write("A body that is no object:\n")
    await page.post(sync, None, b"[]")
    page.write("## Following a sync\n\nThe named sync, else the running one, else the newest.\n")
    await page.get(f"/api/sync/status?syncId={sync_id}")
    page.write(f"`GET {same(f'/api/sync/status/{sync_id}')}` answers the same.\n")
    page.write(f"`GET {same(f'/api/sse/sync-progress/{sync_id}')}` is a stream of events:\n")
    page.write(f"```\n{await _events(api, sync_id)}```\n")
    page.write(STREAM)
    page.write(RESULTS)
    page.write("A user who never synced:\n")
    await page.get("/api/sync/status", bearer("bob"))
    page.write("Another user's sync, or none at all:\n")
    await page.get(f"/api/sync/status/{sync_id}", bearer("bob"))
    page.write("## Past syncs\n\n`limit` (20, at most 200), `offset` or `cursor`, `status`.\n")
    await page.get("/api/sync/history?limit=1")
    page.write("## Cancelling a sync\n\nWhat it has copied stays. Repeated, it is the same.\n")
    api.tap.gate.clear()
    second = await api.start()
    await page.post(f"/api/sync/cancel/{second}")
    page.write("A sync that has ended otherwise:\n")
    await page.post(f"/api/sync/cancel/{sync_id}")
    page.write(LISTS)
    for name in ("claims", "inventory", "orders"):
        await page.get(f"{AMZ}/{name}?limit=1")
    await page.get(f"{AMZ}/claims?limit=5000")
    page.write("## The connection to Amazon\n")
    await page.get(f"{AMZ}/status")
    page.write("## Health\n\nIt needs no token; `degraded` (503) where the database is gone.\n")
    await page.get("/health", {})
    page.write(TAIL)
    return page.text


async def _events(api: Api, sync_id: str) -> str:
    """The first and the last event of a running sync."""
    path = f"/api/sse/sync-progress/{sync_id}"
    options = {"headers": bearer(), "timeout": LIMIT_S}
    async with api.client.stream("GET", path, **options) as answer:
        text = ""
        async for piece in answer.aiter_text():
            text += piece
            api.tap.gate.set()
    events = [event for event in text.replace("\r", "").split("\n\n") if event.startswith("event")]
    shown = (re.sub(r'":(?=\S)', '": ', event) for event in (events[0], events[-1]))
    return "\n\n".join(same(_short(event)) for event in shown) + "\n"


def _short(event: str) -> str:
    """Only the beginning of the data, which is the Sync shown above."""
    name, data = event.split("\n", 1)
    return f"{name}\n{data[:160]}…"
