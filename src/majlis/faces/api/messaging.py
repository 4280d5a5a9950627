"""Conversations and messages. New ones arrive on the event stream; a gap in `number` says what to ask for."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from majlis.engines.messaging import queries, services
from majlis.faces.api.auth import requires
from majlis.faces.api.shapes import PersonOut
from majlis.kernel.notices import queries as notices

router = Router(tags=["messages"])
READ, WRITE = requires("messages:read"), requires("messages:write")
Number = Annotated[int, Field(ge=1, le=2_000_000_000)]


class PaperOut(Schema):
    """A file sent with a message."""

    id: UUID
    name: str
    mime: str
    size: int
    url: str
    download_url: str
    picture_url: str
    width: int | None
    height: int | None


class QuoteOut(Schema):
    """The message another one answers."""

    number: int
    mine: bool
    text: str


class MessageOut(Schema):
    """One message."""

    id: UUID
    number: int
    sender_id: UUID
    mine: bool
    key: str
    text: str
    hidden: bool
    edited: bool
    at: datetime
    seen: bool
    changeable_until: datetime | None
    papers: list[PaperOut]
    reply_to: QuoteOut | None


class MessagesOut(Schema):
    """Consecutive messages, oldest first; ask `before=older` or `after=newer` for more."""

    items: list[MessageOut]
    older: int | None
    newer: int | None


class ConversationOut(Schema):
    """One conversation as you see it."""

    id: UUID
    other: PersonOut
    online: bool
    unread: int
    last: MessageOut | None
    last_number: int
    read_to: int
    other_read_to: int
    muted: bool
    pinned: bool
    blocked: bool
    writable: bool
    at: datetime


class ConversationsOut(Schema):
    """A page of conversations."""

    items: list[ConversationOut]
    next: str | None


class OpenIn(Schema):
    """With whom."""

    with_id: UUID


class MessageIn(Schema):
    """What to send. With a `key` of your own, sending again stores it once."""

    text: str = Field("", max_length=20_000)
    file_ids: list[UUID] = Field(default_factory=list, max_length=20)
    key: str | None = Field(None, min_length=8, max_length=64)
    reply_to: Number | None = None


class TextIn(Schema):
    """A changed text."""

    text: str = Field(max_length=20_000)


class ReadIn(Schema):
    """The last message you have seen; everything, without it."""

    number: Number | None = None


class StandIn(Schema):
    """What to change; what is left out stays."""

    muted: bool | None = None
    pinned: bool | None = None
    blocked: bool | None = None


def _out(views: list[Any]) -> list[dict[str, Any]]:
    here = notices.online([view.other.pk for view in views if view.other.privacy.get("show_presence", True)])
    names = ("id", "other", "unread", "last", "last_number", "read_to", "other_read_to")
    more = ("muted", "pinned", "blocked", "writable", "at")
    return [{name: getattr(v, name) for name in (*names, *more)} | {"online": v.other.pk in here} for v in views]


@router.get("/conversations", response=ConversationsOut, auth=READ)
def list_conversations(
    request: HttpRequest, cursor: str | None = None, q: Annotated[str, Query(max_length=100)] = ""
) -> Any:
    """Yours: pinned first, then the liveliest. `q` finds names and words."""
    page = queries.conversations_of(request.user, cursor, words=q)
    return {"items": _out(page.items), "next": page.next}


@router.post("/conversations", response=ConversationOut, auth=WRITE)
def open_conversation(request: HttpRequest, wish: OpenIn) -> Any:
    """The conversation with that person, made when there is none."""
    made = services.open_conversation(actor=request.user, with_id=wish.with_id)
    return _out([queries.conversation(made.pk, seen_by=request.user)])[0]


@router.get("/conversations/{uuid:conversation_id}", response=ConversationOut, auth=READ)
def show_conversation(request: HttpRequest, conversation_id: UUID) -> Any:
    """One of yours."""
    return _out([queries.conversation(conversation_id, seen_by=request.user)])[0]


@router.patch("/conversations/{uuid:conversation_id}", response=ConversationOut, auth=WRITE)
def change_conversation(request: HttpRequest, conversation_id: UUID, wish: StandIn) -> Any:
    """Mute, pin or block, and the reverse."""
    if wish.muted is not None:
        services.mute(actor=request.user, conversation_id=conversation_id, muted=wish.muted)
    if wish.pinned is not None:
        services.pin(actor=request.user, conversation_id=conversation_id, pinned=wish.pinned)
    if wish.blocked is not None:
        (services.block if wish.blocked else services.unblock)(actor=request.user, conversation_id=conversation_id)
    return _out([queries.conversation(conversation_id, seen_by=request.user)])[0]


@router.get("/conversations/{uuid:conversation_id}/messages", response=MessagesOut, auth=READ)
def list_messages(
    request: HttpRequest,
    conversation_id: UUID,
    before: Number | None = None,
    after: Annotated[int | None, Query(ge=0, le=2_000_000_000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """The last ones, or those before or after a number."""
    return queries.messages(conversation_id, seen_by=request.user, before=before, after=after, limit=limit)


@router.post("/conversations/{uuid:conversation_id}/messages", response={201: MessageOut}, auth=WRITE)
def send_message(request: HttpRequest, conversation_id: UUID, message: MessageIn) -> Any:
    """Write. The answer is the message as stored, also when the key was stored before."""
    sent = services.send_message(
        actor=request.user,
        conversation_id=conversation_id,
        text=message.text,
        file_ids=message.file_ids,
        key=message.key,
        reply_to=message.reply_to,
    )
    return Status(201, queries.message(sent.pk, seen_by=request.user))


@router.post("/conversations/{uuid:conversation_id}/read", response={204: None}, auth=WRITE)
def read_conversation(request: HttpRequest, conversation_id: UUID, mark: ReadIn) -> Any:
    """You have seen everything up to that message."""
    services.mark_read(actor=request.user, conversation_id=conversation_id, number=mark.number)
    return Status(204, None)


@router.post("/conversations/{uuid:conversation_id}/typing", response={204: None}, auth=WRITE)
def say_typing(request: HttpRequest, conversation_id: UUID) -> Any:
    """You are writing; the other's page shows it for a few seconds."""
    services.set_typing(actor=request.user, conversation_id=conversation_id)
    return Status(204, None)


@router.patch("/messages/{uuid:message_id}", response=MessageOut, auth=WRITE)
def edit_message(request: HttpRequest, message_id: UUID, change: TextIn) -> Any:
    """Change your own message within 15 minutes."""
    services.edit_message(actor=request.user, message_id=message_id, text=change.text)
    return queries.message(message_id, seen_by=request.user)


@router.delete("/messages/{uuid:message_id}", response={204: None}, auth=WRITE)
def delete_message(request: HttpRequest, message_id: UUID) -> Any:
    """Take your own message back for both within 15 minutes."""
    services.delete_message(actor=request.user, message_id=message_id)
    return Status(204, None)
