"""What an error of the Kafka client, or of the cluster, means to a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from confluent_kafka import KafkaError, KafkaException

from schemas.errors import AccessDenied, ConfigurationFault, DependencyGone, Fault
from schemas.settings import Settings

# The cluster answers, and refuses us: at the door, or a right.
_LOGIN = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}
RIGHTS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
DENIED = _LOGIN | RIGHTS


class Right(NamedTuple):
    """A right as Kafka's access control lists name it."""

    operation: Literal["Create", "Describe", "DescribeConfigs", "Read", "Write"]
    kind: Literal["topic", "group"]
    name: str


def denied(*rights: Right) -> AccessDenied:
    """What is said where rights are missing, and how an operator grants them."""
    names: dict[tuple[str, str], list[str]] = {}
    for operation, kind, name in rights:
        names.setdefault((operation, kind), []).append(name)
    named = [
        f"{operation} on the {kind}{'s' if len(of) > 1 else ''} {' and '.join(of)}"
        for (operation, kind), of in names.items()
    ]
    granted = [
        f"--operation {operation} {' '.join(f'--{kind} {name}' for name in of)}"
        for (operation, kind), of in names.items()
    ]
    commands = ", ".join(f"`kafka-acls --add --allow-principal User:… {each}`" for each in granted)
    return AccessDenied(f"Kafka denies us {', '.join(named)}", f"an operator grants it: {commands}", "kafka_denied")


def is_final(error: KafkaError) -> bool:
    """Whether the client or the cluster has given up; every other error passes by itself.

    A fatal error comes with the code _FATAL, and may say of itself that it is none (confluent-kafka-python 869).
    """
    return error.fatal() or error.code() == KafkaError._FATAL or error.code() in DENIED


def fault_of(error: KafkaError, settings: Settings, wanted: Right | None = None) -> Fault:
    """The Fault that tells a person about an error of the client or the cluster.

    `wanted` is the right without which the call that failed cannot succeed.
    """
    at = f"Kafka at {settings.kafka}"
    if error.code() in RIGHTS:
        return _missing(error, settings, wanted)
    if error.code() in _LOGIN:
        return AccessDenied(f"{at} refuses us: {error.str()}", "check SCROBBLES_KAFKA__SASL_*", "kafka_denied")
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return ConfigurationFault(f"{at}: {error.str()}", "run `scrobbles topics ensure`", "topic_missing")
    if error.code() in (KafkaError._UNSUPPORTED_FEATURE, KafkaError.UNSUPPORTED_VERSION):
        hint = "brokers before Kafka 4 need SCROBBLES_GROUP_PROTOCOL=classic"
        return ConfigurationFault(f"{at} does not speak our protocol: {error.str()}", hint, "kafka_unusable")
    if is_final(error):
        return DependencyGone(f"the client of {at} has given up: {error.str()}", "start again", "kafka_gone")
    hint = "`scrobbles status` tells what runs; `scrobbles up` starts one here unless SCROBBLES_KAFKA names another"
    return DependencyGone(f"{at} does not answer: {error.str()}", hint, "kafka_gone")


@contextmanager
def fatal_as_fault(settings: Settings, wanted: Right | None = None) -> Iterator[None]:
    """Around calls that serve callbacks of a producer: a fatal error comes out of any of them.

    Where a callback of ours came after it in the same call, it is the cause of a SystemError.
    """
    try:
        yield
    except (KafkaException, SystemError) as error:
        met = error if isinstance(error, KafkaException) else error.__cause__
        if not isinstance(met, KafkaException):
            raise
        raise fault_of(met.args[0], settings, wanted) from error


def _missing(error: KafkaError, settings: Settings, wanted: Right | None) -> AccessDenied:
    if error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
        return denied(Right("Read", "group", settings.group))
    if wanted:
        return denied(wanted)
    sentence = f"Kafka at {settings.kafka} denies us a right: {error.str()}"
    return AccessDenied(sentence, "`kafka-acls --list` shows those that were granted", "kafka_denied")
