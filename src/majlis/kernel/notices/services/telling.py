"""Telling people something."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from majlis.kernel.notices import registry, words
from majlis.kernel.notices.models import Mail, Notice, Rhythm
from majlis.kernel.notices.services.signalling import signal
from majlis.kernel.notices.services.wishing import choice_of, when_to_mail
from majlis.kernel.notices.types import Pace
from majlis.kit import clock
from majlis.kit.errors import NotFound


@transaction.atomic
def notify(
    *,
    person_id: UUID,
    kind: str,
    facts: dict[str, Any],
    link: str = "",
    key: str | None = None,
    now: datetime | None = None,
) -> Notice | None:
    """Tell one person something: in the app (live) and by mail, as the kind and their wishes say. `facts` fill the
    kind's sentences (texts, numbers, `Money`, datetimes, translated texts), `link` is a path of ours. With a `key` the
    same person is told once, however often it is called. Returns the notice, or None when nothing was (newly) told."""
    rule = registry.kind_of(kind)
    now = now or clock.now()
    choice = choice_of(person_id, rule)
    if not choice.in_app and choice.email == Pace.NEVER:
        return None
    notice = Notice(
        person_id=person_id,
        kind=kind,
        category=rule.category,
        facts=words.stored(facts),
        link=link,
        key=key,
        in_app=choice.in_app,
        created_at=now,
    )
    if key is None:
        notice.save(force_insert=True)
    else:
        Notice.objects.bulk_create([notice], ignore_conflicts=True)
        if not Notice.objects.filter(pk=notice.pk).exists():
            return None
    if choice.in_app:
        announce_unread(person_id, notice)
    if choice.email != Pace.NEVER:
        _write_mail(notice, rule.urgent, rule.mail_after, choice.email, now)
    return notice


def _write_mail(notice: Notice, urgent: bool, mail_after: int, pace: Pace, now: datetime) -> None:
    from majlis.kernel.notices.tasks import send_mails

    pace = Pace.NOW if urgent else pace
    rhythm = Rhythm.objects.filter(person_id=notice.person_id).first()
    due = when_to_mail(rhythm, notice.person.zone, now + timedelta(minutes=mail_after), pace=pace, urgent=urgent)
    Mail.objects.create(notice=notice, person_id=notice.person_id, pace=pace, due_at=due, created_at=now)
    if due <= now:
        send_mails.defer(person_id=str(notice.person_id))


def announce_unread(person_id: UUID, notice: Notice | None = None) -> None:
    """The bell of that person's open pages counts anew."""
    unread = Notice.objects.filter(person_id=person_id, in_app=True, read_at__isnull=True).count()
    payload: dict[str, Any] = {"unread": unread}
    if notice is not None:
        payload |= {"id": str(notice.pk), "kind": notice.kind, "link": notice.link}
    signal(people=[person_id], kind="notice", payload=payload)


@transaction.atomic
def mark_read(*, actor: Any, notice_id: UUID, now: datetime | None = None) -> Notice:
    """`actor` has seen it (and those grouped with it: same kind, same link). Refuses with `NotFound` what is not
    theirs."""
    notice = Notice.objects.filter(pk=notice_id, person=actor).first()
    if notice is None:
        raise NotFound
    alike = Notice.objects.filter(person=actor, read_at__isnull=True, kind=notice.kind, link=notice.link)
    if alike.update(read_at=now or clock.now()):
        announce_unread(actor.pk)
    notice.refresh_from_db()
    return notice


@transaction.atomic
def mark_all_read(*, actor: Any, now: datetime | None = None) -> int:
    """`actor` has seen everything. Returns how many were new."""
    count = Notice.objects.filter(person=actor, read_at__isnull=True).update(read_at=now or clock.now())
    if count:
        announce_unread(actor.pk)
    return count


@transaction.atomic
def mark_read_by_key(*, person_id: UUID, starts: str, now: datetime | None = None) -> int:
    """The person has seen what notices with keys beginning with `starts` told, since they opened the thing itself; a
    mail that still waits will not be sent. Returns how many there were."""
    seen = Notice.objects.filter(person_id=person_id, key__startswith=starts, read_at__isnull=True)
    count = seen.update(read_at=now or clock.now())
    if count:
        announce_unread(person_id)
    return count
