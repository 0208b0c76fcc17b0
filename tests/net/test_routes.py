"""The ways to other computers: through the system's proxy, or past it."""

import pytest

from opside_desktop.net.transport import find_routes


@pytest.mark.parametrize(
    "exempt", ["*", ".example.org", "other, amazon.example.org", "example.org"]
)
async def test_hosts_that_no_proxy_names_are_reached_directly(monkeypatch, exempt):
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example.org:3128")
    urls = ("https://amazon.example.org", "https://api.amazon.com/auth/o2/token")
    proxy = "proxy.example.org:3128"
    assert [route.proxy_name for route in find_routes(*urls)] == [proxy, proxy]
    monkeypatch.setenv("NO_PROXY", exempt)
    direct, sign_in = find_routes(*urls)
    assert direct.proxy_name == ""
    assert sign_in.proxy_name == ("" if exempt == "*" else "proxy.example.org:3128")
