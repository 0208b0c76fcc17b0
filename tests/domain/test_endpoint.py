"""Where Amazon answers, and what counts as mock."""

import pytest

from opside_desktop.domain.accounts import LWA_URL, AmazonSecrets, Endpoint
from opside_desktop.domain.errors import BadInput


@pytest.mark.parametrize(
    ("base_url", "scenario", "mock"),
    [
        ("https://sellingpartnerapi-eu.amazon.com", None, None),
        ("https://sandbox.sellingpartnerapi-na.amazon.com", None, "sandbox"),
        ("http://127.0.0.1:8700", None, "simulator"),
        ("http://127.0.0.1:8700", "normal_week", "normal_week"),
    ],
)
def test_everything_but_amazons_production_hosts_is_mock(base_url, scenario, mock):
    endpoint = Endpoint(base_url, LWA_URL, scenario)
    assert endpoint.is_mock is (mock is not None)
    assert endpoint.mock_scenario == mock


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1:80", "http://[::1]:9"])
def test_plain_http_is_accepted_on_this_computer(url):
    assert Endpoint(url, url).base_url == url


@pytest.mark.parametrize(
    "url", ["http://example.com", "http://127.0.0.1.example.com", "ftp://127.0.0.1", "amazon.com"]
)
def test_plain_http_and_nonsense_are_refused_elsewhere(url):
    with pytest.raises(BadInput):
        Endpoint(url)
    with pytest.raises(BadInput):
        Endpoint("https://sellingpartnerapi-na.amazon.com", url)


def test_secrets_do_not_print_themselves():
    secrets = AmazonSecrets("canary-1", "canary-2", "canary-3")
    assert "canary" not in repr(secrets) + str(secrets) + f"{secrets!r}"
