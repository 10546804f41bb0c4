"""The settings: defaults, then the running local stack, a TOML file, the environment, flags; the later wins.

msgspec reads and checks them, for it is loaded anyway: a settings framework would add 0.2 s to every command.
Nothing is read when this module is imported, and an unknown key is an error.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, get_args

import msgspec
import platformdirs

from schemas import failpoints
from schemas.data_folder import STACK_FILE, is_copied
from schemas.errors import ConfigurationFault

APPLICATION = "scrobble-stream"
PREFIX = "SCROBBLES_"
# Names the TOML file.
CONFIG_VARIABLE = "SCROBBLES_CONFIG"
# The variables that are no settings.
_OTHERS = (CONFIG_VARIABLE, failpoints.VARIABLE)
KAFKA = "kafka_properties"
_SECRET = re.compile(r"password|secret|token|jaas|key\.pem")

# An empty variable is a mistake, such as a name that was not filled in; to take the default it is left out.
Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
# Kafka takes 249 characters for the name of a topic, and no others than these.
TopicPart: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[a-zA-Z0-9._-]{1,200}\Z")]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be set. `kafka` lists bootstrap servers; `kafka_properties` goes to librdkafka as it is."""

    data: Path
    kafka: Text | None = None
    database_url: Text | None = None
    topic_prefix: TopicPart = "scrobbles"
    group: Text = "scrobbles"
    # "consumer" is KIP-848 (Kafka 4): a worker has its partitions after 0.6 s. "classic" works with every broker.
    group_protocol: Literal["consumer", "classic"] = "consumer"
    log: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    # Where a worker serves health and metrics; 0 is any free port, which it logs. With another one, the nth worker of
    # `up` is at the nth port from there on. They tell names of topics and
    # partitions to whoever asks, so nobody on the network may, unless that is wanted.
    metrics_host: Text = "127.0.0.1"
    metrics_port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    # How many replicas `topics ensure` gives a topic, and how many of them must have a message before it counts as
    # sent; not set, the cluster's own defaults hold.
    topic_replication: Annotated[int, msgspec.Meta(ge=1, le=32_767)] | None = None
    topic_min_isr: Annotated[int, msgspec.Meta(ge=1, le=32_767)] | None = None
    kafka_properties: dict[str, str] = {}


class Value(NamedTuple):
    """One setting of one layer, and where it was read."""

    value: object
    origin: str


# Setting name to value. A librdkafka property is "kafka_properties." and its name.
Layer: TypeAlias = dict[str, Value]


class Loaded(NamedTuple):
    """The settings, and where each one that was set came from: a file, a variable, a flag."""

    settings: Settings
    origins: dict[str, str]


def load(environment: Mapping[str, str], flags: Mapping[str, object] | None = None) -> Loaded:
    """Merge all layers. Raises ConfigurationFault for what is unknown, ill-typed or cannot be read."""
    chosen = {key: Value(value, "flag") for key, value in (flags or {}).items() if value is not None}
    layers = [_file_layer(environment), _environment_layer(environment), chosen]
    explicit = {key: value for layer in layers for key, value in layer.items()}
    data = explicit.get("data", Value(platformdirs.user_data_dir(APPLICATION), "default"))
    folder = _folder(data)
    merged = {**_stack_layer(folder), **explicit, "data": Value(str(folder), data.origin)}
    return Loaded(_typed(merged), {key: value.origin for key, value in merged.items()})


def overridden(environment: Mapping[str, str], **settings: str) -> dict[str, str]:
    """An environment for another process, in which these settings hold whatever set them before."""
    names = {f"{PREFIX}{name}".upper(): value for name, value in settings.items()}
    files = {f"{name}_FILE" for name in names}
    return {name: value for name, value in environment.items() if name not in files} | names


def plain(settings: Settings) -> dict[str, object]:
    """The settings as they are, passwords included."""
    values: dict[str, object] = msgspec.to_builtins(settings, enc_hook=str)
    return values


def masked(settings: Settings) -> dict[str, object]:
    """The settings as they may be shown: every password replaced by three stars."""
    shown = plain(settings)
    shown["database_url"] = mask_url(settings.database_url) if settings.database_url else None
    shown[KAFKA] = {key: "***" if _SECRET.search(key) else value for key, value in settings.kafka_properties.items()}
    return shown


def mask_url(url: str) -> str:
    """A database address without its password, in URL form and in key=value form."""
    # Up to the last @: a person may have forgotten to write %40 or %2F.
    url = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)
    return re.sub(r"(password\s*=\s*)('(?:\\.|[^'])*'|(?:\\.|[^\s&])+)", r"\1***", url)


def _folder(data: Value) -> Path:
    if isinstance(data.value, str) and data.value and _is_utf8(data.value):
        # "~somebody" of nobody who is known here.
        with suppress(RuntimeError):
            return Path(data.value).expanduser().absolute()
    raise _wrong("data", data, "the path of a folder, in UTF-8")


def _stack_layer(data: Path) -> Layer:
    path = data / STACK_FILE
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationFault(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationFault(f"{path} is damaged: {error}", "delete it; `scrobbles up` writes it again") from error
    for key in found:
        _must_be_known(key, f"{key} in {path}")
    # In a copy it names the servers of the original.
    return {} if is_copied(data) else {key: Value(value, str(path)) for key, value in found.items()}


def _file_layer(environment: Mapping[str, str]) -> Layer:
    named = environment.get(CONFIG_VARIABLE)
    path = Path(named) if named else Path(platformdirs.user_config_dir(APPLICATION)) / "config.toml"
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        if named:
            raise ConfigurationFault(f"{CONFIG_VARIABLE} names {path}, which does not exist") from error
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationFault(f"{path} cannot be read: {error}") from error
    return {key: Value(value, str(path)) for key, value in _flat(content, str(path))}


def _flat(table: Mapping[str, object], path: str, above: str = "") -> Iterator[tuple[str, object]]:
    """TOML reads `sasl.password = "x"` as a table in a table; librdkafka names are flat."""
    for key, value in table.items():
        name = above + key
        if isinstance(value, dict):
            yield from _flat(value, path, f"{name}.")
        else:
            _must_be_known(name, f"{name} in {path}")
            yield name, value


def _environment_layer(environment: Mapping[str, str]) -> Layer:
    layer: Layer = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable in _OTHERS:
            continue
        name = variable.removeprefix(PREFIX).lower()
        from_file = name.endswith("_file")
        name = name.removesuffix("_file")
        if name.startswith("kafka__"):
            name = f"{KAFKA}.{name.removeprefix('kafka__').replace('_', '.')}"
        _must_be_known(name, f"the variable {variable}")
        if name in layer:
            one, other = sorted((variable, layer[name].origin))
            raise ConfigurationFault(f"{one} and {other} are both set", "unset one of them: they name the same setting")
        if not (from_file or _is_utf8(text)):
            raise ConfigurationFault(f"the variable {variable} is no UTF-8 text")
        layer[name] = Value(_secret_of(variable, text) if from_file else text, variable)
    return layer


def _is_utf8(text: str) -> bool:
    """Whether it can be sent to a server and written to a file; what the shell hands over may be any bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _secret_of(variable: str, path: str) -> str:
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationFault(f"{variable} names {path}, which cannot be read: {error}") from error


def _must_be_known(name: str, place: str) -> None:
    known = [field for field in Settings.__struct_fields__ if field != KAFKA]
    if name in known or name.startswith(f"{KAFKA}."):
        return
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "known: " + ", ".join(known)
    raise ConfigurationFault(f"{place} is no setting", hint)


def _typed(merged: Layer) -> Settings:
    plain = {key: value for key, value in merged.items() if not key.startswith(f"{KAFKA}.")}
    properties = {key.removeprefix(f"{KAFKA}."): str(value.value) for key, value in merged.items() if key not in plain}
    types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    typed = {name: _convert(name, value, types[name]) for name, value in plain.items()}
    return Settings(**typed, kafka_properties=properties)


def _convert(name: str, value: Value, type_: Any) -> Any:
    try:
        return msgspec.convert(value.value, type_, strict=False, dec_hook=lambda wanted, text: wanted(text))
    except msgspec.ValidationError as error:
        raise _wrong(name, value, _allowed(type_)) from error


def _allowed(type_: Any) -> str:
    match msgspec.inspect.type_info(type_):
        case msgspec.inspect.LiteralType():
            return f"one of {', '.join(get_args(type_))}"
        case msgspec.inspect.IntType(ge=least, le=most):
            return f"a whole number from {least} to {most}"
        case msgspec.inspect.StrType(pattern=str()):
            return "1 to 200 of the characters a-z, A-Z, 0-9, '.', '_' and '-'"
        case _:
            return "text that is not empty"


def _wrong(name: str, value: Value, allowed: str) -> ConfigurationFault:
    is_variable = value.origin.startswith(PREFIX)
    place = value.origin if is_variable else f"{name} in {value.origin}"
    if is_variable and value.origin.endswith("_FILE"):
        # What is kept in a file of its own is taken for a secret.
        return ConfigurationFault(f"what the file that {place} names holds must be {allowed}")
    shown = "empty" if value.value == "" else mask_url(repr(value.value))
    return ConfigurationFault(f"{place} is {shown}; it must be {allowed}")
