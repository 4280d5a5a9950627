"""Counting in the shared cache, so that nobody does a thing too often."""

import hashlib
from contextlib import nullcontext

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from majlis.kit import clock
from majlis.kit.db import lock
from majlis.kit.errors import TooMany


def throttle(*, scope: str, key: str, limit: int, seconds: int) -> int:
    """Count one more `scope` for `key` (a person's id, an address, an IP) and say how many are left in this window of
    `seconds`; refuses with `TooMany` (with `retry_after`) beyond `limit`.

    Without Redis the count lives in the database: called inside a transaction that is rolled back, it is rolled back
    too. So count *before* opening the transaction whatever must be counted when it fails (a wrong code, say).
    """
    moment = int(clock.now().timestamp())
    window, passed = divmod(moment, seconds)
    name = f"throttle:{scope}:{hashlib.sha256(key.encode()).hexdigest()[:32]}:{window}"
    # Redis counts atomically; the database's cache reads and writes, so its readers are put in a row.
    with nullcontext() if settings.REDIS_URL else transaction.atomic():
        if not settings.REDIS_URL:
            lock("throttle", name)
        cache.add(name, 0, timeout=seconds + 60)
        count = cache.incr(name)
    if count > limit:
        raise TooMany(retry_after=seconds - passed)
    return limit - count
