"""What is wrong where TLS is: librdkafka says only that it could not verify, or, without TLS, that nobody answers."""

import socket
import ssl
from collections.abc import Iterator

from schemas.errors import ConfigurationFault
from schemas.settings import Settings

_SECONDS = 2.0


def tls_fault(settings: Settings, failure: str | None) -> ConfigurationFault | None:
    """Why TLS keeps us from a Kafka that does not answer, None where it does not; connects to find out.

    `failure` is what the client said of a handshake, if it came to one.
    """
    if failure is None:
        protocol = settings.kafka_properties.get("security.protocol", "PLAINTEXT").upper()
        if "SSL" in protocol or not any(_speaks_tls(*address) for address in _addresses(settings)):
            return None
        return _wrong(
            f"Kafka at {settings.kafka} expects TLS, and security.protocol is {protocol}",
            "set SCROBBLES_KAFKA__SECURITY_PROTOCOL to SSL or SASL_SSL",
        )
    if "PLAINTEXT broker" in failure:
        return _wrong(
            f"Kafka at {settings.kafka} does not speak TLS at this port",
            "use its other port, or set SCROBBLES_KAFKA__SECURITY_PROTOCOL to PLAINTEXT or SASL_PLAINTEXT",
        )
    authority = settings.kafka_properties.get("ssl.ca.location")
    reasons = (_unverified(*address, authority) for address in _addresses(settings))
    return _wrong(
        f"TLS with Kafka at {settings.kafka} fails: {next(filter(None, reasons), None) or failure}",
        "SCROBBLES_KAFKA__SSL_CA_LOCATION names the certificate of the authority that signed the brokers' own,"
        " and SCROBBLES_KAFKA uses the host names in those",
    )


def _wrong(sentence: str, hint: str) -> ConfigurationFault:
    return ConfigurationFault(sentence, hint, "kafka_unusable")


def _addresses(settings: Settings) -> Iterator[tuple[str, int]]:
    for each in (settings.kafka or "").split(","):
        host, _, port = each.rpartition("://")[2].strip().rpartition(":")
        if port.isdecimal():
            yield host.strip("[]"), int(port)


def _speaks_tls(host: str, port: int) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is sent: who it is does not matter
    try:
        _shake_hands(context, host, port)
    except OSError:
        return False
    return True


def _unverified(host: str, port: int, authority: str | None) -> str | None:
    """What does not fit in the certificate of a broker."""
    try:
        _shake_hands(ssl.create_default_context(cafile=authority), host, port)
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError:
        pass
    return None


def _shake_hands(context: ssl.SSLContext, host: str, port: int) -> None:
    with socket.create_connection((host, port), _SECONDS) as plain, context.wrap_socket(plain, server_hostname=host):
        pass
