"""What files knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode
from uuid import UUID

from django.core import signing
from django.utils.crypto import constant_time_compare

from majlis.kernel.files import gateways
from majlis.kernel.files.models import StoredFile
from majlis.kernel.files.types import VARIANTS, FileState
from majlis.kit import clock
from majlis.kit.errors import NotFound

PATH = "/files"
"""User files live under a path of their own, with headers of their own."""


@dataclass(frozen=True, slots=True)
class Handout:
    """A file to hand to a browser that has a right to it."""

    file: StoredFile
    variant: str
    mime: str
    size: int
    name: str
    download: bool
    public: bool


def file(file_id: UUID) -> StoredFile:
    """The stored file. Refuses with `NotFound`."""
    row = StoredFile.objects.filter(pk=file_id, state=FileState.STORED).first()
    if row is None:
        raise NotFound
    return row


def files(file_ids: Iterable[UUID]) -> dict[UUID, StoredFile]:
    """Several at once, by id; those that do not exist are left out."""
    return {row.pk: row for row in StoredFile.objects.filter(pk__in=list(file_ids), state=FileState.STORED)}


def files_of(by: str) -> list[StoredFile]:
    """What `by` has claimed, oldest first."""
    return list(StoredFile.objects.filter(claimed_by=by, state=FileState.STORED).order_by("id"))


def read_file(file_id: UUID) -> bytes:
    """All its bytes: for small files only. Refuses with `NotFound`."""
    with gateways.store().open(file(file_id).key()) as reader:
        return reader.read()


def file_url(file_id: UUID | StoredFile, *, variant: str = "", download: bool = False, minutes: int = 60) -> str:
    """A path from which a browser may fetch it: stable and cacheable for public pictures, else signed and valid for
    between `minutes` and twice that (so that a page's links stay the same for a while and are cached). `variant` is
    `"96"`, `"240"`, `"480"` or `""`. It is the caller who has checked that the reader may see the file."""
    row = file_id if isinstance(file_id, StoredFile) else file(file_id)
    variant = variant if variant in row.variants else ""
    if row.public and not download:
        return _public(row.pk, variant)
    span = minutes * 60
    ends = (int(clock.now().timestamp()) // span + 2) * span
    query = {"v": variant, "d": "1" if download else "", "e": str(ends)}
    query = {k: v for k, v in query.items() if v} | {"s": _signature(row.pk, variant, download, ends)}
    return f"{PATH}/{row.pk}/{quote(row.name, safe='')}?{urlencode(query)}"


def picture_url(person: Any, size: int = 96) -> str:
    """The address of a person's picture, at least `size` pixels wide (96, 240, 480), or `""` when they have none.
    Asks the database nothing."""
    if not person.avatar_id:
        return ""
    return _public(person.avatar_id, str(next((v for v in VARIANTS if v >= size), VARIANTS[-1])))


def public_handout(file_id: UUID, variant: str) -> Handout:
    """What stands behind a stable address. Refuses with `NotFound`, also for anything private."""
    row = file(file_id)
    if not row.public or (variant and variant not in row.variants):
        raise NotFound
    return _handout(row, variant, download=False)


def signed_handout(file_id: UUID, query: dict[str, str]) -> Handout:
    """What stands behind a signed link. Refuses with `NotFound` when the signature is wrong or its time is over."""
    variant, download = query.get("v", ""), query.get("d") == "1"
    try:
        ends = int(query.get("e", ""))
    except ValueError:
        raise NotFound from None
    if not constant_time_compare(_signature(file_id, variant, download, ends), query.get("s", "")):
        raise NotFound
    if clock.now().timestamp() > ends:
        raise NotFound
    row = file(file_id)
    return _handout(row, variant if variant in row.variants else "", download=download)


def open_handout(handout: Handout, start: int = 0, length: int | None = None) -> BinaryIO:
    """A reader of its bytes from `start`. Refuses with `NotFound` when they are not there."""
    try:
        return gateways.store().open(handout.file.key(handout.variant), start, length)
    except FileNotFoundError:
        raise NotFound from None


def store_origin() -> str:
    """The origin browsers are led to for files (`https://bucket.example`), or `""` when we hand them out ourselves."""
    return gateways.origin()


def store_link(handout: Handout, seconds: int) -> str | None:
    """The store's own link to it, where the store has one (S3)."""
    return gateways.store().link(
        handout.file.key(handout.variant),
        mime=handout.mime,
        name=handout.name,
        download=handout.download,
        seconds=seconds,
    )


def _handout(row: StoredFile, variant: str, *, download: bool) -> Handout:
    if not variant:
        return Handout(row, "", row.mime, row.size, row.name, download, row.public)
    return Handout(row, variant, "image/webp", row.variants[variant], f"{row.name}.webp", download, row.public)


def _public(file_id: UUID, variant: str) -> str:
    return f"{PATH}/public/{file_id}/{variant or 'full'}"


def _signature(file_id: UUID, variant: str, download: bool, ends: int) -> str:
    return signing.Signer(salt="majlis.files").signature(f"{file_id}|{variant}|{int(download)}|{ends}")
