"""What files does."""

import hashlib
import io
import re
import unicodedata
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.files import gateways, sniffing
from majlis.kernel.files.models import StoredFile
from majlis.kernel.files.types import PURPOSES, FileState, Purpose
from majlis.kit import clock
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.ids import new_id

KEPT_LOOSE = timedelta(days=1)
"""How long a file that nothing uses is kept: time enough to finish the form it was sent for."""


class FileTooLarge(Refusal):
    """More bytes than its purpose allows. Facts: `limit` in whole megabytes."""

    code = "file_too_large"
    sentence = _("This file is too large. At most %(limit)s MB are possible here.")
    status = 413


class FileTypeRefused(Refusal):
    """Not of a kind its purpose allows, whatever its name says."""

    code = "file_type_refused"
    sentence = _("A file of this kind cannot be used here.")
    status = 415


class FileEmpty(Refusal):
    """Nothing in it."""

    code = "file_empty"
    sentence = _("This file is empty.")
    status = 422


class FileInfected(Refusal):
    """The scanner found malware; nothing was kept."""

    code = "file_infected"
    sentence = _("This file was refused: the virus scanner found %(found)s in it.")
    status = 422


class FileInUse(Refusal):
    """Something else already uses it."""

    code = "file_in_use"
    sentence = _("This file is already used elsewhere. Please upload it again.")
    status = 409


def store_file(*, actor: Any, content: File | BinaryIO | bytes, name: str, purpose: str) -> StoredFile:
    """Keep a file: `content` is bytes or anything that reads and seeks (an upload). `actor` is who sends it, or None
    for the house. Returns the row (`id purpose mime size name width height`); it is loose until `claim_file`, and swept
    after a day. Refuses with `FileTooLarge`, `FileTypeRefused`, `FileEmpty`, `FileInfected`, `ScannerUnreachable`.

    Call it outside a transaction: scanning and storing may wait for the network."""
    rule = PURPOSES[purpose]
    file: Any = io.BytesIO(content) if isinstance(content, bytes) else content
    size = _size(file)
    if size > rule.limit:
        raise FileTooLarge(limit=rule.limit // 2**20)
    if size == 0:
        raise FileEmpty
    mime = sniffing.media_type(file)
    if mime not in rule.kinds:
        raise FileTypeRefused
    if found := gateways.scanner().scan(file):
        raise FileInfected(found=found)
    row = StoredFile(
        id=new_id(), owner=actor, purpose=purpose, name=_clean(name), mime=mime, size=size, public=rule.public
    )
    variants: dict[str, bytes] = {}
    if sniffing.is_picture(mime):
        file, variants = _remake(row, file, rule)
    row.sha256 = _digest(file)
    row.variants = {variant: len(body) for variant, body in variants.items()}
    row.save(force_insert=True)
    store = gateways.store()
    store.put(row.key(), file, row.mime)
    for variant, body in variants.items():
        store.put(row.key(variant), io.BytesIO(body), "image/webp")
    StoredFile.objects.filter(pk=row.pk, state=FileState.STORING).update(state=FileState.STORED)
    row.state = FileState.STORED
    return row


@transaction.atomic
def claim_file(*, file_id: UUID, actor: Any, by: str) -> StoredFile:
    """Mark a file as used by `by` (`"messaging.message:<id>"`), so that the sweep keeps it. Claiming again for the
    same user is harmless. Refuses with `NotFound` a file of somebody else (or one swept meanwhile), with `FileInUse`
    one that something else uses. `actor=None` is the house and may claim any."""
    row = StoredFile.objects.select_for_update().filter(pk=file_id, state=FileState.STORED).first()
    if row is None or (actor is not None and row.owner_id != actor.pk):
        raise NotFound
    if row.claimed_by and row.claimed_by != by:
        raise FileInUse
    row.claimed_by, row.loose_since = by, None
    row.save(update_fields=["claimed_by", "loose_since"])
    return row


@transaction.atomic
def release_file(by: str) -> int:
    """Nothing named `by` uses its files any more; they are swept a day later. Returns how many there were."""
    return StoredFile.objects.filter(claimed_by=by).update(claimed_by="", loose_since=clock.now())


def sweep_files(*, limit: int = 1000) -> int:
    """Remove what has been loose for a day: first marked, then its bytes, then the row, so that a crash in between
    is finished by the next sweep. Returns how many were removed. Run by the worker every hour."""
    before = clock.now() - KEPT_LOOSE
    with transaction.atomic():
        rows = list(
            StoredFile.objects.select_for_update(skip_locked=True)
            .filter(loose_since__lt=before)
            .order_by("loose_since")[:limit]
        )
        StoredFile.objects.filter(pk__in=[row.pk for row in rows]).update(state=FileState.GONE)
    return _remove(rows)


def remove_personal_files(person_id: UUID) -> int:
    """Delete what a person left that is theirs alone (picture, documents, video); evidence stays. Returns how many."""
    mine = [code for code, rule in PURPOSES.items() if rule.personal]
    with transaction.atomic():
        rows = list(StoredFile.objects.select_for_update().filter(owner_id=person_id, purpose__in=mine))
        StoredFile.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=FileState.GONE, claimed_by="", loose_since=clock.now() - 2 * KEPT_LOOSE
        )
    return _remove(rows)


def _remove(rows: list[StoredFile]) -> int:
    store = gateways.store()
    for row in rows:
        for variant in ["", *row.variants]:
            store.delete(row.key(variant))
        StoredFile.objects.filter(pk=row.pk, state=FileState.GONE).delete()
    return len(rows)


def _remake(row: StoredFile, file: Any, rule: Purpose) -> tuple[io.BytesIO, dict[str, bytes]]:
    """The picture's new content and thumbnails; `row` learns what it became."""
    try:
        picture = sniffing.remake_picture(file, row.mime, square=rule.square)
    except sniffing.NotAPicture:
        raise FileTypeRefused from None
    row.mime, row.size = picture.mime, len(picture.content)
    row.width, row.height = picture.width, picture.height
    return io.BytesIO(picture.content), picture.variants


def _size(file: Any) -> int:
    known = getattr(file, "size", None)
    if isinstance(known, int):
        return known
    file.seek(0, io.SEEK_END)
    size = file.tell()
    file.seek(0)
    return size


def _digest(file: Any) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(2**20):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _clean(name: str) -> str:
    """The last part of the name, without control and direction-turning characters, at most 150 long, ending kept."""
    name = PurePosixPath(name.replace("\\", "/")).name
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"})
    name = re.sub(r"\s+", " ", name).strip(" .") or "file"
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: 149 - len(ending)]}.{ending}" if dot and len(ending) <= 10 else name[:150]
