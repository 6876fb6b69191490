"""Certificates for the lab's servers, made with the openssl program."""

from lab.process import run


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder, name="Lab CA"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
             "-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate])

    def issue(self, name, alternatives, days=30):
        """A certificate and key for a server; `alternatives` as "DNS:x,IP:y". Returns both paths."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
             "-addext", f"subjectAltName={alternatives}", "-keyout", key, "-out", request])
        run(["openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-days", days,
             "-copy_extensions", "copy", "-out", certificate])
        return certificate, key
