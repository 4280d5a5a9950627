"""Answers kept for requests that come twice."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.models import IdempotentAnswer, User
from majlis.kit import clock
from majlis.kit.errors import Invalid

KEPT = timedelta(days=2)


class AnswerKeyReused(Invalid):
    """The same key with another request."""

    code = "idempotency_key_reused"
    sentence = _("This Idempotency-Key was used for another request. Use a new one.")


@contextmanager
def hold_answer(*, person: User, key: str) -> Iterator[bool]:
    """Whether nobody else carries out a request with this key just now; held until the block ends or the connection
    dies (a lock of the session, since the block must not be one transaction)."""
    numbers = [zlib.crc32(b"answers") - 2**31, zlib.crc32(f"{person.id}:{key}".encode()) - 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", numbers)
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", numbers)


def recall_answer(*, person: User, key: str, request_hash: str) -> IdempotentAnswer | None:
    """The answer given to this request before, or None. Refuses `AnswerKeyReused` when the key belongs to another."""
    stored = IdempotentAnswer.objects.filter(person=person, key=key).first()
    if stored and stored.request_hash != request_hash:
        raise AnswerKeyReused(errors={"Idempotency-Key": AnswerKeyReused.sentence})
    return stored


@transaction.atomic
def keep_answer(
    *, person: User, key: str, request_hash: str, status: int, content_type: str, body: bytes
) -> IdempotentAnswer:
    """Remember an answer for two days."""
    return IdempotentAnswer.objects.create(
        person=person, key=key, request_hash=request_hash, status=status, content_type=content_type, body=body
    )


@transaction.atomic
def forget_old_answers(*, now: datetime | None = None) -> int:
    """Delete the answers older than two days; how many."""
    gone, _rows = IdempotentAnswer.objects.filter(created_at__lt=(now or clock.now()) - KEPT).delete()
    return gone
