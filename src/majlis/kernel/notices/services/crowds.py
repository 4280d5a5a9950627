"""Telling many people at once, by a few statements: what `telling` and `reminding` do for one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from majlis.kernel.accounts import queries as accounts
from majlis.kernel.notices import registry, words
from majlis.kernel.notices.models import Mail, Notice, Reminder, Rhythm
from majlis.kernel.notices.services.signalling import signal_each
from majlis.kernel.notices.services.wishing import choices_of, when_to_mail
from majlis.kernel.notices.types import Kind, Pace, ReminderState, Word
from majlis.kit import clock
from majlis.kit.db import insert_all


@transaction.atomic
def notify_many(*, kind: str, told: Sequence[Word], now: datetime | None = None) -> int:
    """`notify` each of many people of one kind of thing, as each wishes; how many were (newly) told. Whoever was told
    under the same key before is not told again."""
    rule = registry.kind_of(kind)
    now = now or clock.now()
    choices = choices_of({word.person_id for word in told}, rule)
    notices = [
        Notice(
            person_id=word.person_id,
            kind=kind,
            category=rule.category,
            facts=words.stored(word.facts),
            link=word.link,
            key=word.key,
            in_app=choices[word.person_id].in_app,
            created_at=now,
        )
        for word in told
        if choices[word.person_id].in_app or choices[word.person_id].email != Pace.NEVER
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    fresh = set(Notice.objects.filter(pk__in=[notice.pk for notice in notices]).values_list("pk", flat=True))
    notices = [notice for notice in notices if notice.pk in fresh]
    _announce([notice for notice in notices if notice.in_app])
    _write_mails([(each, choices[each.person_id].email) for each in notices], rule, now)
    return len(notices)


def _announce(notices: Sequence[Notice]) -> None:
    """The bell of each one's open pages counts anew."""
    if not notices:
        return
    people = {notice.person_id for notice in notices}
    unread = Notice.objects.filter(person_id__in=people, in_app=True, read_at__isnull=True)
    counts = dict(unread.order_by().values_list("person_id").annotate(Count("id")))
    payloads: list[tuple[Any, dict[str, Any]]] = [
        (
            notice.person_id,
            {
                "unread": counts.get(notice.person_id, 0),
                "id": str(notice.pk),
                "kind": notice.kind,
                "link": notice.link,
            },
        )
        for notice in notices
    ]
    signal_each(kind="notice", payloads=payloads)


def _write_mails(notices: Sequence[tuple[Notice, Pace]], rule: Kind, now: datetime) -> None:
    from majlis.kernel.notices.tasks import send_mails_to

    mailed = [(notice, Pace.NOW if rule.urgent else pace) for notice, pace in notices if pace != Pace.NEVER]
    if not mailed:
        return
    ids = [notice.person_id for notice, _pace in mailed]
    zones, rhythms = accounts.zones_of(ids), Rhythm.objects.in_bulk(ids)
    at = now + timedelta(minutes=rule.mail_after)
    mails = [
        Mail(
            notice=notice,
            person_id=notice.person_id,
            pace=pace,
            due_at=when_to_mail(
                rhythms.get(notice.person_id), zones[notice.person_id], at, pace=pace, urgent=rule.urgent
            ),
            created_at=now,
        )
        for notice, pace in mailed
    ]
    insert_all(mails)
    due = dict.fromkeys(str(mail.person_id) for mail in mails if mail.due_at <= now)
    if due:
        send_mails_to.defer(people=list(due))


@transaction.atomic
def remind_many(*, kind: str, told: Sequence[tuple[datetime, Word]]) -> None:
    """`remind` each of many people of one kind of thing, each at their own time; a key set before changes nothing."""
    registry.kind_of(kind)
    Reminder.objects.bulk_create(
        [
            Reminder(
                person_id=word.person_id,
                kind=kind,
                facts=words.stored(word.facts),
                link=word.link,
                at=at,
                key=word.key,
            )
            for at, word in told
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def forget_reminders_of(*, subjects: Sequence[str]) -> int:
    """`forget_reminders` of many subjects by one statement; how many reminders."""
    with connection.cursor() as cursor:
        # From "subject:" to before "subject;", the next character: a range that the index of the keys serves.
        cursor.execute(
            """UPDATE notices_reminder SET state = %s FROM unnest(%s::text[]) AS gone (subject)
               WHERE key ~>=~ (subject || ':') AND key ~<~ (subject || ';') AND state = %s""",
            [ReminderState.FORGOTTEN.value, list(subjects), ReminderState.WAITING.value],
        )
        return cursor.rowcount
