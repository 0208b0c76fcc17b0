"""How the environment and the options combine, and what is refused."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from opside_desktop.cli.db import TARGET
from opside_desktop.domain.accounts import AmazonSecrets
from opside_desktop.domain.address_parsing import parse_address
from opside_desktop.domain.errors import BadInput, SettingsFault
from opside_desktop.settings.environment import read_settings
from opside_desktop.settings.home import prepare_home
from opside_desktop.settings.options import OPTIONS

SECRETS = {
    "AMAZON_CLIENT_ID": "canary-client",
    "AMAZON_CLIENT_SECRET": "canary-secret",
    "AMAZON_SPAPI_REFRESH_TOKEN": "canary-token",
}


def read(*, demo=False, user=None, **environ):
    return read_settings({"OPSIDE_HOME": "/data", **environ}, demo=demo, user=user)


def test_without_anything_set_it_is_a_local_user_with_a_file_in_the_data_folder():
    settings = read()
    assert settings.home == Path("/data")
    assert settings.database_url == "sqlite:////data/opside.db"
    assert settings.user == "local-user"
    assert settings.env_secrets is None
    assert settings.time_scale == 1


def test_without_a_folder_named_it_takes_the_systems_own():
    assert read_settings({}, demo=False, user=None).home.name == "opside-desktop"


def test_the_first_name_of_a_variable_wins_and_empty_counts_as_unset():
    url = "sqlite:////other/a.db"
    assert read(DATABASE_URL=url).database_url == "sqlite:////other/a.db"
    both = read(OPSIDE_DATABASE_URL="postgres://u:p@h/db", DATABASE_URL=url)
    assert both.database_url == "postgresql+asyncpg://u:p@h/db"
    assert read(OPSIDE_DATABASE_URL=" ", DATABASE_URL=url).database_url.endswith("/other/a.db")


def test_the_option_wins_over_the_environment_but_takes_no_secrets_along():
    settings = read(user="ann", OPSIDE_USER="bob", **SECRETS)
    assert (settings.user, settings.env_user) == ("ann", "bob")


@pytest.mark.parametrize(
    "names",
    [
        ("AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET", "AMAZON_SPAPI_REFRESH_TOKEN"),
        ("AMAZON_SPAPI_CLIENT_ID", "AMAZON_SPAPI_CLIENT_SECRET", "AMAZON_SPAPI_REFRESH_TOKEN"),
    ],
)
def test_three_secrets_under_either_name_make_a_connection(names):
    settings = read(**dict(zip(names, ("a", "b", "c"), strict=True)))
    assert settings.env_secrets == AmazonSecrets("a", "b", "c")


def test_two_secrets_make_none_and_the_third_is_named():
    settings = read(AMAZON_CLIENT_ID="a", AMAZON_SPAPI_CLIENT_SECRET="b")
    assert settings.env_secrets is None
    assert settings.missing_secrets == ("AMAZON_SPAPI_REFRESH_TOKEN",)


def test_the_demo_lives_apart_whatever_the_environment_says():
    settings = read(
        demo=True,
        user="ann",
        OPSIDE_USER="bob",
        DATABASE_URL="postgres://prod/db",
        AMAZON_SPAPI_BASE_URL="https://sellingpartnerapi-na.amazon.com",
        MOCK_SCENARIO="with_issues",
        **SECRETS,
    )
    assert settings.home == Path("/data/demo")
    assert settings.database_url == "sqlite:////data/demo/opside.db"
    assert settings.user == "demo-user"
    assert settings.scenario == "with_issues"
    assert (settings.env_secrets, settings.base_url, settings.lwa_url) == (None, None, None)


def test_a_simulator_on_this_computer_brings_its_own_login():
    settings = read(AMAZON_SPAPI_BASE_URL="http://127.0.0.1:8080/", OPSIDE_TIME_SCALE="60")
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.lwa_url == "http://127.0.0.1:8080/auth/o2/token"
    assert settings.time_scale == 60


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPSIDE_DATABASE_URL", "mysql://root:canary-password@host/db"),
        ("DATABASE_URL", "canary-password"),
        ("OPSIDE_USER", "x" * 201),
        ("OPSIDE_LOG_LEVEL", "loud"),
        ("MOCK_SCENARIO", "dull_week"),
        ("AMAZON_MARKETPLACE_ID", "NOWHERE"),
        ("AMAZON_SPAPI_BASE_URL", "http://amazon.example"),
        ("AMAZON_SPAPI_BASE_URL", "sellingpartnerapi-na.amazon.com"),
        ("AMAZON_SPAPI_BASE_URL", "http://localhost:99999"),
        ("AMAZON_SPAPI_BASE_URL", "https://host.example/path?x=1"),
        ("AMAZON_LWA_URL", "https://user:canary-password@host.example/auth/o2/token"),
        ("AMAZON_LWA_URL", "http://api.amazon.com/auth/o2/token"),
        ("AMAZON_LWA_URL", "https://[broken"),
        ("OPSIDE_TIME_SCALE", "0"),
        ("OPSIDE_TIME_SCALE", "nan"),
        ("OPSIDE_TIME_SCALE", "fast"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(name, value):
    with pytest.raises(SettingsFault) as caught:
        read(**{name: value})
    assert name in caught.value.sentence
    assert "canary" not in caught.value.sentence


@pytest.mark.parametrize("base", [None, "https://sellingpartnerapi-na.amazon.com"])
def test_amazons_usage_plans_are_never_overrun_by_a_time_scale(base):
    environ = {"OPSIDE_TIME_SCALE": "2"} | ({"AMAZON_SPAPI_BASE_URL": base} if base else {})
    with pytest.raises(SettingsFault, match="OPSIDE_TIME_SCALE"):
        read(**environ)


@pytest.mark.parametrize("user", ["", "  ", "a\nb", "x" * 201])
def test_a_wrong_user_option_is_refused(user):
    with pytest.raises(BadInput, match="--user"):
        read(user=user)


def test_settings_show_no_secret():
    text = repr(read(DATABASE_URL="postgres://u:canary-password@h/db", **SECRETS))
    assert "canary" not in text


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsFault, match=r"file/home cannot be written.*OPSIDE_HOME"):
        prepare_home(tmp_path / "file" / "home")


def test_the_data_folder_is_its_owners_only(tmp_path):
    prepare_home(tmp_path / "new" / "home")
    assert (tmp_path / "new" / "home").stat().st_mode & 0o777 == 0o700
    assert not list((tmp_path / "new" / "home").iterdir())


@pytest.mark.parametrize("name", ["100%41 ours", "what?mode=ro&x", "a#b+c d", "Grüße – 店"])
def test_a_data_folder_may_be_called_anything(tmp_path, name):
    home = tmp_path / name
    for demo, folder in ((False, home), (True, home / "demo")):
        settings = read_settings({"OPSIDE_HOME": str(home)}, demo=demo, user=None)
        assert make_url(settings.database_url).database == str(folder / "opside.db")


def test_every_form_of_an_address_is_read_or_refused_by_the_variables_name():
    for line in (
        (Path(__file__).parents[1] / "domain" / "cases" / "addresses.txt")
        .read_text("utf-8")
        .splitlines()
    ):
        try:
            url = read(DATABASE_URL=line).database_url
        except SettingsFault as fault:
            told = fault.sentence
            assert told.startswith("DATABASE_URL is not a database address")
            assert "pw" not in told
        else:
            assert url == parse_address(line).url


def test_every_variable_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
    names = {name for option in OPTIONS for name in option.names} | {TARGET}
    assert {name for name in names if f"`{name}`" not in page} == set()
