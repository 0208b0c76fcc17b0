"""The OpenAPI document: complete, true, and driven by a fuzzer against the real server."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.api.conftest import AMZ, token

EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "4")
"""Cases of each kind for each endpoint; `make fuzz` asks for hundreds."""

FUZZ_LIMIT_S = 600 if EXAMPLES == "4" else 3600

REFUSALS = {
    ("post", f"{AMZ}/sync"): {"400", "401", "403", "409", "413", "500", "503"},
    ("get", f"{AMZ}/status"): {"401", "500", "503"},
    ("get", f"{AMZ}/claims"): {"400", "401", "500", "503"},
    ("get", f"{AMZ}/inventory"): {"400", "401", "500", "503"},
    ("get", f"{AMZ}/orders"): {"400", "401", "500", "503"},
    ("get", "/api/sync/status"): {"400", "401", "404", "500", "503"},
    ("get", "/api/sync/status/{syncId}"): {"400", "401", "404", "500", "503"},
    ("get", "/api/sync/history"): {"400", "401", "500", "503"},
    ("post", "/api/sync/cancel/{syncId}"): {"400", "401", "403", "404", "409", "500", "503"},
    ("get", "/api/sse/sync-progress/{syncId}"): {"400", "401", "404", "413", "500", "503"},
    ("get", "/health"): {"503"},
}


@pytest.fixture
async def document(bare):
    return (await bare.get("/schema/openapi.json", {})).body


async def test_every_endpoint_with_every_refusal_and_who_may_ask(document):
    found = {
        (method, path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert set(found) == set(REFUSALS)
    for place, operation in found.items():
        assert set(operation["responses"]) == REFUSALS[place] | {"200"}, place
        asks = [] if place[1] == "/health" else [{"bearer": []}, {"cookie": []}]
        assert operation.get("security", []) == asks
        for answer in operation["responses"].values():
            (content,) = answer["content"].values()
            assert "$ref" in content["schema"]
    assert set(document["components"]["securitySchemes"]) == {"bearer", "cookie"}


async def test_every_key_is_always_there(document):
    for name, schema in document["components"]["schemas"].items():
        assert set(schema["required"]) == set(schema["properties"]), name
        assert all(re.fullmatch("[a-z]+([A-Z][a-z]+)*", key) for key in schema["properties"])


async def test_every_list_names_its_parameters(document):
    common = {"limit", "offset", "cursor", "search", "status", "startDate", "endDate", "hidden"}
    more = {"claims": {"type"}, "inventory": set(), "orders": {"fulfillmentChannel"}}
    for name, own in more.items():
        parameters = document["paths"][f"{AMZ}/{name}"]["get"]["parameters"]
        assert {each["name"] for each in parameters} == common | own


async def test_the_demo_user_is_in_the_document_of_its_server(programs):
    api = await programs.api(demo_user=True)
    document = (await api.get("/schema/openapi.json", {})).body
    assert {} in document["paths"]["/api/sync/status"]["get"]["security"]


@pytest.mark.timeout(FUZZ_LIMIT_S + 20)
async def test_a_fuzzer_finds_nothing(api, tmp_path):
    await api.sync()
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{api.server.url}/schema/openapi.json",
        "--header",
        f"Authorization: Bearer {token()}",
        "--checks",
        "all",
        "--max-examples",
        EXAMPLES,
        "--request-timeout",
        "20",
        "--no-color",
        cwd=tmp_path,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(FUZZ_LIMIT_S):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = said.decode()
    print(text[-2000:])  # noqa: T201 - `make fuzz` shows how many cases there were
    assert process.returncode == 0, text
    cases = int(re.search(r"([\d,]+) generated", text)[1].replace(",", ""))
    assert cases > 200
