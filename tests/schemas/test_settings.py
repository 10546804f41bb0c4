"""Where settings come from, which one wins, what is refused, and what is never shown."""

from pathlib import Path

import pytest

from schemas.data_folder import STACK_FILE
from schemas.errors import ConfigurationFault
from schemas.settings import Settings, load, mask_url, masked, overridden

SECRET = "verysecret"  # noqa: S105 - it is none


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("home")
def test_every_setting_has_a_default_but_the_addresses() -> None:
    loaded = load({})
    assert loaded.settings.data.is_absolute()
    assert (loaded.settings.kafka, loaded.settings.database_url) == (None, None)
    assert loaded.origins == {"data": "default"}


def test_the_later_layer_wins_and_each_value_knows_where_it_came_from(home: Path) -> None:
    config = home / "config.toml"
    config.write_text('group = "of the file"\nlog = "error"\ntopic_prefix = "of-the-file"\n')
    (home / STACK_FILE).write_text(
        '{"kafka": "127.0.0.1:9", "database_url": "of the stack", "group_protocol": "classic"}'
    )
    environment = {"SCROBBLES_DATA": str(home), "SCROBBLES_CONFIG": str(config), "SCROBBLES_LOG": "debug"}
    environment |= {"SCROBBLES_DATABASE_URL": "of the environment", "SCROBBLES_TOPIC_PREFIX": "of-the-environment"}
    loaded = load(environment, {"topic_prefix": "of-the-flag", "group": None})
    assert loaded.settings == Settings(
        home,
        "127.0.0.1:9",
        "of the environment",
        topic_prefix="of-the-flag",
        group="of the file",
        group_protocol="classic",
        log="debug",
    )
    assert loaded.origins == {
        "data": "SCROBBLES_DATA",
        "kafka": str(home / STACK_FILE),
        "group_protocol": str(home / STACK_FILE),
        "database_url": "SCROBBLES_DATABASE_URL",
        "group": str(config),
        "log": "SCROBBLES_LOG",
        "topic_prefix": "flag",
    }


@pytest.mark.usefixtures("home")
def test_what_is_for_librdkafka_passes_through_from_environment_and_file(home: Path) -> None:
    config = home / "config.toml"
    config.write_text('[kafka_properties]\nsasl.password = "of the file"\n"ssl.ca.location" = "/ca"\n')
    loaded = load({"SCROBBLES_CONFIG": str(config), "SCROBBLES_KAFKA__SASL_PASSWORD": "of the environment"})
    assert loaded.settings.kafka_properties == {"sasl.password": "of the environment", "ssl.ca.location": "/ca"}
    assert loaded.origins["kafka_properties.sasl.password"] == "SCROBBLES_KAFKA__SASL_PASSWORD"


@pytest.mark.usefixtures("home")
def test_a_secret_may_be_in_a_file_of_its_own(home: Path) -> None:
    secret = home / "secret"
    secret.write_text(f"{SECRET}\n")
    files = {f"SCROBBLES_{name}_FILE": str(secret) for name in ("DATABASE_URL", "KAFKA__SASL_PASSWORD")}
    settings = load(files).settings
    assert (settings.database_url, settings.kafka_properties) == (SECRET, {"sasl.password": SECRET})
    with pytest.raises(ConfigurationFault, match=r"SCROBBLES_DATABASE_URL_FILE names .*missing"):
        load({"SCROBBLES_DATABASE_URL_FILE": str(home / "missing")})


def test_what_a_process_is_started_with_holds_whatever_was_set_before() -> None:
    before = {"SCROBBLES_METRICS_PORT_FILE": "/no/such/file", "SCROBBLES_DATA": "/elsewhere", "PATH": "/bin"}
    started = overridden(before, data="/here", metrics_port="7")
    assert started == {"SCROBBLES_DATA": "/here", "SCROBBLES_METRICS_PORT": "7", "PATH": "/bin"}


@pytest.mark.parametrize("name", ["SCROBBLES_DATABASE_URL", "SCROBBLES_GROUP", "SCROBBLES_KAFKA__SASL_PASSWORD"])
@pytest.mark.parametrize("first", ["variable", "file"])
def test_a_variable_and_a_file_for_one_setting_are_refused(home: Path, name: str, first: str) -> None:
    secret = home / "secret"
    secret.write_text("another")
    both = {name: SECRET, f"{name}_FILE": str(secret)}
    with pytest.raises(ConfigurationFault) as caught:
        load(both if first == "variable" else dict(reversed(both.items())))
    assert caught.value.message == f"{name} and {name}_FILE are both set"
    assert "unset one" in caught.value.hint


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("environment", "said", "hint"),
    [
        ({"SCROBBLES_GRUOP": "x"}, "the variable SCROBBLES_GRUOP is no setting", "did you mean group"),
        ({"SCROBBLES_XYZZY": "x"}, "SCROBBLES_XYZZY", "known: data, kafka"),
        ({"SCROBBLES_LOG": "loud"}, "SCROBBLES_LOG is 'loud'; it must be one of debug, info, warning, error", ""),
        ({"SCROBBLES_GROUP_PROTOCOL": "x"}, "SCROBBLES_GROUP_PROTOCOL is 'x'; it must be one of consumer, classic", ""),
        ({"SCROBBLES_METRICS_PORT": "http"}, "is 'http'; it must be a whole number from 0 to 65535", ""),
        ({"SCROBBLES_METRICS_PORT": "65536"}, "is '65536'; it must be a whole number from 0 to 65535", ""),
        ({"SCROBBLES_KAFKA": ""}, "SCROBBLES_KAFKA is empty; it must be text that is not empty", ""),
        ({"SCROBBLES_TOPIC_PREFIX": "a b"}, "SCROBBLES_TOPIC_PREFIX is 'a b'; it must be 1 to 200 of the", ""),
        ({"SCROBBLES_DATA": ""}, "SCROBBLES_DATA is empty; it must be the path of a folder", ""),
        ({"SCROBBLES_DATA": "~no.such.body/x"}, "SCROBBLES_DATA is '~no.such.body/x'; it must be the path", ""),
        ({"SCROBBLES_DATA": "/dev/null"}, "/dev/null/stack.json cannot be read: Not a directory", ""),
        ({"SCROBBLES_CONFIG": "/no/such/file"}, "SCROBBLES_CONFIG names /no/such/file", ""),
    ],
)
def test_what_is_unknown_or_impossible_is_refused_by_the_name_of_its_variable(
    environment: dict[str, str], said: str, hint: str
) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        load(environment)
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_a_wrong_value_in_a_file_is_told_with_its_name_and_without_a_password(home: Path) -> None:
    config = home / "config.toml"
    config.write_text(f'database_url = ["postgresql://me:{SECRET}@h/d"]')
    with pytest.raises(ConfigurationFault) as caught:
        load({"SCROBBLES_CONFIG": str(config)})
    assert caught.value.message == (
        f"database_url in {config} is ['postgresql://me:***@h/d']; it must be text that is not empty"
    )


@pytest.mark.usefixtures("home")
def test_what_a_file_of_its_own_holds_is_never_told(home: Path) -> None:
    secret = home / "secret"
    secret.write_text(SECRET)
    with pytest.raises(ConfigurationFault) as caught:
        load({"SCROBBLES_LOG_FILE": str(secret)})
    assert SECRET not in caught.value.message
    assert "the file that SCROBBLES_LOG_FILE names holds must be one of debug" in caught.value.message


def test_a_stack_file_of_another_version_is_refused_by_what_is_not_known(home: Path) -> None:
    (home / STACK_FILE).write_text('{"later": "x"}')
    with pytest.raises(ConfigurationFault, match=f"later in {home / STACK_FILE} is no setting"):
        load({"SCROBBLES_DATA": str(home)})


@pytest.mark.parametrize("content", ["gruop = 1", "[kafka_properties\n", "[group]\nname = 1", "\udcff"])
def test_a_file_with_what_is_unknown_or_broken_is_refused_by_its_name(home: Path, content: str) -> None:
    config = home / "config.toml"
    config.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationFault, match=str(config)):
        load({"SCROBBLES_CONFIG": str(config)})


def test_a_broken_stack_file_names_the_verb_that_mends_it(home: Path) -> None:
    (home / STACK_FILE).write_text("{")
    with pytest.raises(ConfigurationFault) as caught:
        load({"SCROBBLES_DATA": str(home)})
    assert "scrobbles up" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@host:5432/name",
        f"postgresql://:{SECRET}@host/name",
        f"postgresql://me:{SECRET}@{SECRET}@host/name",
        f"postgresql://me:{SECRET}/{SECRET}@host/name",
        f"postgresql://me:{SECRET}?{SECRET}@host/name",
        f"postgresql://host/name?password={SECRET}&user=me",
        f"host=host password={SECRET} dbname=name",
        f"password='{SECRET} \\'{SECRET}' host=host dbname=name",
        f"password = {SECRET} host=host dbname=name",
        f"sslpassword={SECRET} host=host dbname=name",
    ],
)
def test_an_address_is_shown_without_its_password(url: str) -> None:
    shown = mask_url(url)
    assert SECRET not in shown
    assert "***" in shown
    assert "host" in shown
    assert "name" in shown


def test_an_address_without_a_password_is_shown_whole() -> None:
    for url in ("postgresql://me@host:5432/name", "postgresql://host:5432/name", "host=host port=5432 user=me"):
        assert mask_url(url) == url


def test_no_secret_of_kafka_is_shown() -> None:
    secrets = (
        "sasl.password",
        "ssl.key.password",
        "ssl.keystore.password",
        "sasl.oauthbearer.client.secret",
        "ssl.key.pem",
        "sasl.jaas.config",
    )
    properties = dict.fromkeys(secrets, SECRET) | {"sasl.username": "me"}
    shown = masked(Settings(Path("/x"), database_url=f"postgresql://me:{SECRET}@h/d", kafka_properties=properties))
    assert SECRET not in repr(shown)
    assert shown["kafka_properties"] == dict.fromkeys(secrets, "***") | {"sasl.username": "me"}
