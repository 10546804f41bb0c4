"""Certificates for servers on this machine, signed by an authority that only the tests know."""

import subprocess
from pathlib import Path

_NEW_KEY = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]


class Authority:
    """A certificate authority in a folder of its own; `certificate` is what a client must trust."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self.certificate = folder / f"{name}.pem"
        self._key = folder / f"{name}.key"
        _run(*_NEW_KEY, "-x509", "-days", "2", "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate)

    def issue(self, name: str, host: str = "localhost") -> tuple[Path, Path]:
        """The certificate of a server that is reached at `host`, and its key without a password (PKCS 8)."""
        key, request, certificate, extension = (
            self._key.with_name(f"{name}.{kind}") for kind in ("key", "csr", "pem", "ext")
        )
        extension.write_text(f"subjectAltName=DNS:{host}\n")
        _run(*_NEW_KEY, "-subj", f"/CN={host}", "-keyout", key, "-out", request)
        signed_by: list[str | Path] = ["-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial"]
        made: list[str | Path] = ["-days", "2", "-extfile", extension, "-out", certificate]
        _run("openssl", "x509", "-req", "-in", request, *signed_by, *made)
        return certificate, key


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)
