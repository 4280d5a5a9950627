"""Mails on their way out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import loader
from django.utils import translation
from django.utils.translation import gettext, ngettext

from majlis.kernel.notices import gateways, registry, words
from majlis.kernel.notices.gateways.base import MailDelayed, MailRefused, Postman
from majlis.kernel.notices.models import Mail
from majlis.kernel.notices.services.wishing import unsubscribe_token
from majlis.kernel.notices.types import Category, MailState, Pace
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.jobs import withdraw_jobs
from majlis.kit.translated import in_language

LEASE = timedelta(minutes=10)
"""How long a worker may hold a mail; one that dies with it in hand gives it back by this."""
MOST_TRIES = 12
"""With doubling waits from one minute to four hours, somewhat over a day."""


def send_due_mails(*, people: Sequence[UUID] = (), now: datetime | None = None, limit: int = 200) -> int:
    """Send the mails that are due (of these people, or all), those of a daily digest together. Returns how many left.
    A server's temporary refusal is tried again with doubling waits; a final one is written down. Run outside a
    transaction by the worker; two workers never send the same mail, and one killed between the server's yes and our
    note of it sends it twice with the same Message-ID."""
    now = now or clock.now()
    mails = _take(people, now, limit)
    if not mails:
        return 0
    postman, left = gateways.postman(), 0
    try:
        for (_person, pace), group in groupby(mails, key=lambda mail: (mail.person_id, mail.pace)):
            together = list(group)
            for bundle in [together] if pace == Pace.DAILY else [[mail] for mail in together]:
                left += _send(postman, bundle, now)
    finally:
        postman.close()
    return left


@transaction.atomic
def _take(people: Sequence[UUID], now: datetime, limit: int) -> list[Mail]:
    due = Mail.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        state__in=[MailState.WAITING, MailState.SENDING], due_at__lte=now
    )
    if people:
        due = due.filter(person_id__in=people)
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:limit])
    Mail.objects.filter(pk__in=ids).update(state=MailState.SENDING, due_at=now + LEASE)
    return list(Mail.objects.filter(pk__in=ids).select_related("notice", "person").order_by("person_id", "pace", "id"))


def _send(postman: Postman, mails: list[Mail], now: datetime) -> int:
    person = mails[0].person
    wanted = [mail for mail in mails if _still_wanted(mail)]
    _settle([mail for mail in mails if mail not in wanted], MailState.DROPPED, now)
    if not wanted:
        return 0
    try:
        postman.post(compose(person, wanted))
    except MailRefused as wrong:
        _settle(wanted, MailState.FAILED, now, str(wrong))
        return 0
    except MailDelayed as wrong:
        _put_back(wanted, now, str(wrong))
        return 0
    _settle(wanted, MailState.SENT, now)
    return len(wanted)


@transaction.atomic
def drop_waiting_mails(*, before: datetime) -> int:
    """Never send what was written before an instant (a demonstration's past, a restored backup's); how many mails.
    Younger ones leave with the next minute."""
    from majlis.kernel.notices.tasks import send_mails, send_mails_to

    withdraw_jobs(send_mails.name)
    withdraw_jobs(send_mails_to.name)
    waiting = Mail.objects.filter(state=MailState.WAITING, created_at__lt=before)
    return waiting.update(state=MailState.DROPPED)


def _still_wanted(mail: Mail) -> bool:
    held_back = mail.due_at - mail.created_at > LEASE + timedelta(minutes=1) or mail.pace == Pace.DAILY
    return bool(mail.person.email and mail.person.is_active) and not (held_back and mail.notice.read_at)


def _settle(mails: Sequence[Mail], state: MailState, now: datetime, answer: str = "") -> None:
    Mail.objects.filter(pk__in=[mail.pk for mail in mails]).update(
        state=state, sent_at=now if state == MailState.SENT else None, answer=answer[:300]
    )


def _put_back(mails: Sequence[Mail], now: datetime, answer: str) -> None:
    for mail in mails:
        over = mail.tries + 1 >= MOST_TRIES
        wait = min(timedelta(minutes=2**mail.tries), timedelta(hours=4))
        Mail.objects.filter(pk=mail.pk).update(
            state=MailState.FAILED if over else MailState.WAITING,
            tries=mail.tries + 1,
            due_at=now + wait,
            answer=answer[:300],
        )


def compose(person: Any, mails: list[Mail]) -> EmailMultiAlternatives:
    """One mail of one notice or of a day's, as text and HTML, in the person's language and direction."""
    with translation.override(person.language):
        house = in_language(edition().name)
        said: list[dict[str, Any]] = [
            {
                "said": words.say(mail.notice.kind, mail.notice.facts, language=person.language, zone=person.zone),
                "url": settings.PUBLIC_URL + mail.notice.link if mail.notice.link else "",
            }
            for mail in mails
        ]
        digest = mails[0].pace == Pace.DAILY
        title = (
            ngettext("%(count)s new notice", "%(count)s new notices", len(said)) % {"count": len(said)}
            if digest
            else said[0]["said"].title
        )
        category = mails[0].notice.category
        essential = all(_is_essential(mail.notice.kind) for mail in mails)
        stop = ""
        if not essential:
            stop = f"{settings.PUBLIC_URL}/notices/unsubscribe/{unsubscribe_token(person.pk, category)}/"
        facts = {
            "house": house,
            "title": title,
            "person": person,
            "notices": said,
            "digest": digest,
            "stop": stop,
            "category": Category(category).label,
            "home": settings.PUBLIC_URL,
            "wishes": f"{settings.PUBLIC_URL}/settings/notifications/",
            "language": person.language,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
            "greeting": gettext("Hello %(name)s,") % {"name": person.name},
        }
        host = settings.PUBLIC_URL.split("/")[2].split(":")[0]
        message = EmailMultiAlternatives(
            subject=" ".join(f"{title} · {house}".split()),
            body=loader.render_to_string("notices/mail/notice.txt", facts, using="django"),
            to=[person.email],
            headers={"Message-ID": f"<{mails[0].pk}@{host}>", "Auto-Submitted": "auto-generated"},
        )
        if stop:
            message.extra_headers["List-Unsubscribe"] = f"<{stop}>"
            message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        html = loader.render_to_string("notices/mail/notice.html", facts, using="django")
        message.attach_alternative(html, "text/html")
    return message


def _is_essential(kind: str) -> bool:
    try:
        return registry.kind_of(kind).essential
    except LookupError:
        return False
