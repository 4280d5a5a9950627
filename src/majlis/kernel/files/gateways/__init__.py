"""Which store and which scanner this installation uses."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from majlis.kernel.files.gateways.base import Scanner, Store
from majlis.kernel.files.gateways.local import LocalStore
from majlis.kernel.files.gateways.scanners import Clamd, NoScanner


def store() -> Store:
    """The bucket of `S3_URL`, else the local disk."""
    return _bucket(settings.S3_URL) if settings.S3_URL else LocalStore(Path(settings.MEDIA_ROOT))


def origin() -> str:
    """Where the bucket's links lead, or `""`."""
    if not settings.S3_URL:
        return ""
    parts = urlsplit(settings.S3_URL)
    scheme = "http" if dict(parse_qsl(parts.query)).get("secure") == "0" else "https"
    return f"{scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def scanner() -> Scanner:
    """The daemon of `CLAMD_URL`, else none."""
    return Clamd(settings.CLAMD_URL) if settings.CLAMD_URL else NoScanner()


@lru_cache
def _bucket(url: str) -> Store:
    # boto3 is heavy to import and a client is made to be kept: only those who use it pay.
    from majlis.kernel.files.gateways.s3 import S3Store

    return S3Store(url)
