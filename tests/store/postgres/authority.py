"""Certificates for servers of the tests."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Authority:
    """Signs certificates for servers. Its own is in `file`."""

    def __init__(self, folder):
        self._folder = folder
        self._key, self._name = self._new_key(), self._named("Test authority")
        self._own = self._sign(self._name, self._key.public_key(), 10, (), is_authority=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(self._pem(self._own))

    def server(self, *names, days=10):
        """What a server of these names and addresses shows."""
        key = self._new_key()
        made = self._sign(self._named(names[0]), key.public_key(), days, names)
        file = self._folder / f"{names[0]}{days}.pem"
        file.write_bytes(self._pem(made) + self._private(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _new_key(self):
        return ec.generate_private_key(ec.SECP256R1())

    def _named(self, name):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def _sign(self, subject, public, days, names, *, is_authority=False):
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if names:
            listed = [
                x509.IPAddress(ipaddress.ip_address(name))
                if name[0].isdigit()
                else x509.DNSName(name)
                for name in names
            ]
            made = made.add_extension(x509.SubjectAlternativeName(listed), critical=False)
        return made.sign(self._key, hashes.SHA256())

    def _pem(self, certificate):
        return certificate.public_bytes(Encoding.PEM)

    def _private(self, key):
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
