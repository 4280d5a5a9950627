"""Authenticator apps, passkeys, recovery codes."""

import base64
import hashlib
from io import BytesIO

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings

from majlis.kit.edition import edition
from majlis.kit.translated import in_language


def _box() -> Fernet:
    key = hashlib.sha256(f"majlis two-step secrets:{settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


class TwoStepAdapter(DefaultMFAAdapter):
    """Secrets are kept encrypted, so that a stolen database alone opens no account."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return in_language(edition().name, "en")

    def build_totp_svg(self, url: str) -> str:
        """A QR code without inline styles, as our content security policy wants it."""
        buffer = BytesIO()
        segno.make(url, error="m").save(
            buffer, kind="svg", scale=5, border=2, xmldecl=False, light="#fff", svgclass=None
        )
        return buffer.getvalue().decode()

    def _get_site_name(self) -> str:
        return in_language(edition().name, "en")
