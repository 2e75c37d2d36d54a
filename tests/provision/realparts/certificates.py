"""Throw-away certificates for parts that speak TLS, made by `openssl`."""

import subprocess
from pathlib import Path


def lay_certificates(folder: Path) -> Path:
    """`ca.crt` and, by it, `server.crt` with `server.key` for `localhost`; `other.crt` is an authority of nobody's."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    for authority in ("ca", "other"):
        openssl(
            "req", "-x509", *key, "-keyout", f"{authority}.key", "-out", f"{authority}.crt", "-subj", f"/CN={authority}"
        )
    openssl("req", "-x509", *key, "-keyout", "server.key", "-out", "server.crt", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
            "-CA", "ca.crt", "-CAkey", "ca.key")  # fmt: skip
    return folder
