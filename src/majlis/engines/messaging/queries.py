"""What messaging knows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import F, Func, Q, QuerySet, Sum, Value
from django.utils.translation import gettext_lazy as _

from majlis.engines.messaging.models import Conversation, Member, Message
from majlis.engines.messaging.types import (
    EDITABLE,
    ConversationView,
    MessageView,
    Paper,
    Quote,
    Stretch,
)
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.files import queries as files
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.pages import Page, decode_cursor, encode_cursor

PAGE = 50


def unread_total(person: Any) -> int:
    """How many messages wait for this person in all conversations."""
    return Member.objects.filter(person=person, unread__gt=0).aggregate(all=Sum("unread"))["all"] or 0


def conversations_of(
    person: Any, cursor: str | None = None, *, words: str = "", limit: int = 30
) -> Page[ConversationView]:
    """Their conversations in which something was written: pinned first, then the liveliest. With `words`, those with a
    person so called, or with these words in a message, accents forgiven."""
    rows = Member.objects.filter(person=person, conversation__last_number__gt=0)
    if words.strip():
        rows = rows.filter(conversation__in=_with_words(person, words.strip()))
    if cursor:
        pinned, at, row = decode_cursor(cursor, 3)
        try:
            earlier = Q(stirred_at__lt=at) | Q(stirred_at=at, id__lt=int(row))
            rows = rows.filter(
                Q(pinned=True) & earlier | Q(pinned=False) if pinned == "1" else Q(pinned=False) & earlier
            )
        except (ValueError, TypeError, ValidationError):
            raise Invalid(errors={"cursor": _("This cursor is not one of ours.")}) from None
    found = list(rows.select_related("conversation").order_by("-pinned", "-stirred_at", "-id")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    views = _views(person, found)
    last = found[-1] if more else None
    return Page(views, encode_cursor(int(last.pinned), last.stirred_at.isoformat(), last.pk) if last else None)


def _with_words(person: Any, words: str) -> QuerySet[Conversation]:
    # Folded on both sides as the index is (majlis_fold: lower case, without accents).
    folded = Func(Value(words), function="majlis_fold")
    mine = Conversation.objects.visible_to(person)
    speaking = (
        Message.objects.filter(conversation__in=mine, hidden_at__isnull=True)
        .annotate(folded=Func(F("text"), function="majlis_fold"))
        .filter(folded__contains=folded)
        .values("conversation")
    )
    named = mine.annotate(
        first=Func(F("one__name"), function="majlis_fold"), second=Func(F("two__name"), function="majlis_fold")
    ).filter(Q(two=person, first__contains=folded) | Q(one=person, second__contains=folded))
    return mine.filter(Q(pk__in=speaking) | Q(pk__in=named.values("pk")))


def conversation(conversation_id: UUID, *, seen_by: Any) -> ConversationView:
    """One of their conversations. Refuses with `NotFound` whoever is not in it."""
    row = Member.objects.filter(conversation_id=conversation_id, person=seen_by).select_related("conversation").first()
    if row is None:
        raise NotFound
    return _views(seen_by, [row])[0]


def _views(person: Any, rows: Sequence[Member]) -> list[ConversationView]:
    ids = [row.conversation_id for row in rows]
    people = accounts.people([row.conversation.other_id(person) for row in rows])
    others = {m.conversation_id: m for m in Member.objects.filter(conversation_id__in=ids).exclude(person=person)}
    lasts = Message.objects.filter(conversation_id__in=ids, number=F("conversation__last_number"))
    last = {m.conversation_id: m for m in lasts.prefetch_related("attachments__file")}
    views = []
    for row in rows:
        theirs, message = others[row.conversation_id], last.get(row.conversation_id)
        other = people[theirs.person_id]
        views.append(
            ConversationView(
                id=row.conversation_id,
                other=other,
                unread=row.unread,
                last=_message(message, person, theirs.read_to) if message else None,
                last_number=row.conversation.last_number,
                read_to=row.read_to,
                other_read_to=theirs.read_to,
                muted=row.muted,
                pinned=row.pinned,
                blocked=row.blocked_at is not None,
                writable=other.is_active and row.blocked_at is None and theirs.blocked_at is None,
                at=row.stirred_at,
            )
        )
    return views


def messages(
    conversation_id: UUID, *, seen_by: Any, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> Stretch:
    """A stretch of a conversation, oldest first: the last ones, or those `before` or `after` a number. Refuses with
    `NotFound` whoever is not in it."""
    limit = max(1, min(limit, 200))
    theirs = Member.objects.filter(conversation_id=conversation_id).exclude(person=seen_by).first()
    row = Conversation.objects.visible_to(seen_by).filter(pk=conversation_id).first()
    if row is None or theirs is None:
        raise NotFound
    rows = Message.objects.filter(conversation=row).select_related("reply_to").prefetch_related("attachments__file")
    if after is not None:
        found = list(rows.filter(number__gt=after).order_by("number")[:limit])
    else:
        if before is not None:
            rows = rows.filter(number__lt=before)
        found = list(reversed(rows.order_by("-number")[:limit]))
    items = [_message(message, seen_by, theirs.read_to) for message in found]
    first, last = (found[0].number, found[-1].number) if found else (1, row.last_number)
    return Stretch(items, first if first > 1 else None, last if last < row.last_number else None)


def message(message_id: UUID, *, seen_by: Any) -> MessageView:
    """One message of one of their conversations. Refuses with `NotFound`."""
    row = (
        Message.objects.filter(pk=message_id, conversation__in=Conversation.objects.visible_to(seen_by))
        .select_related("reply_to")
        .prefetch_related("attachments__file")
        .first()
    )
    if row is None:
        raise NotFound
    theirs = Member.objects.filter(conversation_id=row.conversation_id).exclude(person=seen_by).get()
    return _message(row, seen_by, theirs.read_to)


def _message(row: Message, person: Any, other_read_to: int) -> MessageView:
    mine, hidden = row.sender_id == person.pk, row.hidden_at is not None
    until = row.created_at + EDITABLE
    return MessageView(
        id=row.pk,
        number=row.number,
        sender_id=row.sender_id,
        mine=mine,
        key=(row.key or "") if mine else "",
        text="" if hidden else row.text,
        hidden=hidden,
        edited=row.edited_at is not None and not hidden,
        at=row.created_at,
        seen=mine and row.number <= other_read_to,
        changeable_until=until if mine and not hidden and clock.now() < until else None,
        papers=() if hidden else tuple(_paper(a.file) for a in sorted(row.attachments.all(), key=lambda a: a.pk)),
        reply_to=_quote(row.reply_to, person) if row.reply_to_id and row.reply_to else None,
    )


def _quote(row: Message, person: Any) -> Quote:
    return Quote(row.number, row.sender_id == person.pk, "" if row.hidden_at else row.text[:120])


def _paper(file: Any) -> Paper:
    return Paper(
        id=file.pk,
        name=file.name,
        mime=file.mime,
        size=file.size,
        url=files.file_url(file),
        download_url=files.file_url(file, download=True),
        picture_url=files.file_url(file, variant="480") if file.is_picture else "",
        width=file.width,
        height=file.height,
    )


def correspondents(person_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """For each person who shows their presence: with whom they wrote within a month and nobody blocked anybody (at
    most 200)."""
    asked = [p for p in accounts.people(list(person_ids)).values() if p.privacy.get("show_presence", True)]
    since = clock.now() - timedelta(days=31)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    rows = (
        Member.objects.filter(
            conversation__members__person__in=asked, conversation__last_number__gt=0, stirred_at__gte=since
        )
        .exclude(conversation__members__blocked_at__isnull=False)
        .order_by("-stirred_at")
        .values_list("conversation__one_id", "conversation__two_id")
        .distinct()
    )
    wanted = {person.pk for person in asked}
    for one, two in rows:
        for me, other in ((one, two), (two, one)):
            if me in wanted and len(found[me]) < 200 and other not in found[me]:
                found[me].append(other)
    return dict(found)
