"""The inbox: conversations on one side, one of them on the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from majlis.engines.messaging import queries, services
from majlis.engines.messaging.types import LONGEST_TEXT, MOST_FILES, ConversationView, MessageView
from majlis.kernel.files import services as files
from majlis.kernel.notices import queries as notices
from majlis.kit.errors import Invalid, NotFound, Refusal

TOGETHER = timedelta(minutes=5)
"""Messages of one person nearer than this stand as one group."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message and how it stands among its neighbours."""

    message: MessageView
    day: date | None
    """The day that begins with it, or None."""
    follows: bool
    """Whether it goes on the group of the message above."""
    unread_from_here: bool = False


def arrange(
    messages: Sequence[MessageView], above: MessageView | None = None, read_to: int | None = None
) -> list[Line]:
    """Days, groups and the mark of what is new, for messages that come below `above`."""
    zone = timezone.get_current_timezone()
    lines, marked = [], False
    for message in messages:
        here, before = message.at.astimezone(zone).date(), above.at.astimezone(zone).date() if above else None
        new = read_to is not None and not marked and not message.mine and message.number > read_to
        marked |= new
        follows = (
            above is not None
            and above.sender_id == message.sender_id
            and here == before
            and message.at - above.at < TOGETHER
            and not new
        )
        lines.append(Line(message, here if here != before else None, follows, new))
        above = message
    return lines


def _list(request: HttpRequest, now: UUID | None = None) -> dict[str, Any]:
    words = request.GET.get("q", "")[:100]
    page = queries.conversations_of(request.user, request.GET.get("from"), words=words)
    return {"conversations": page.items, "next": page.next, "words": words, "open_id": now, "here": _here(page.items)}


def _here(views: Sequence[ConversationView]) -> set[UUID]:
    return notices.online([view.other.pk for view in views if view.other.privacy.get("show_presence", True)])


@login_required
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    """All conversations; with htmx or for the script, the list alone."""
    template = "inbox/list.html" if request.headers.get("X-Part") == "list" else "inbox/inbox.html"
    now = request.GET.get("now", "")
    return render(request, template, _list(request, UUID(now) if len(now) == 36 and _is_uuid(now) else None))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@login_required
@never_cache
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One conversation beside the list. A POST writes into it: the form without a script, and the script with `after`,
    which is answered with everything after that number."""
    refusal = None
    if request.method == "POST":
        try:
            _send(request, conversation_id)
        except Refusal as wrong:
            if isinstance(wrong, NotFound) or request.headers.get("X-Part"):
                raise
            refusal = wrong
        else:
            if request.headers.get("X-Part") == "messages":
                return _after(request, conversation_id, _number(request.POST.get("after")) or 0)
            return redirect("conversation", conversation_id=conversation_id)
    view = queries.conversation(conversation_id, seen_by=request.user)
    before = _number(request.GET.get("before"))
    stretch = queries.messages(conversation_id, seen_by=request.user, before=before)
    if stretch.items and before is None:
        services.mark_read(actor=request.user, conversation_id=conversation_id, number=stretch.items[-1].number)
    context = _list(request, conversation_id) | {
        "view": view,
        "lines": arrange(stretch.items, read_to=view.read_to if view.unread else None),
        "stretch": stretch,
        "refusal": refusal,
        "text": request.POST.get("text", "") if refusal else "",
        "online": view.other.pk in _here([view]),
        "longest": LONGEST_TEXT,
        "most_files": MOST_FILES,
        "sandbox": settings.SANDBOX,
    }
    return render(request, "inbox/conversation.html", context, status=refusal.status if refusal else 200)


def _send(request: HttpRequest, conversation_id: UUID) -> None:
    queries.conversation(conversation_id, seen_by=request.user)  # a stranger's files are not even looked at
    uploads = request.FILES.getlist("files")
    if len(uploads) > MOST_FILES:
        raise Invalid(errors={"files": _("At most five files go with one message.")})
    sent = [
        files.store_file(actor=request.user, content=upload, name=upload.name or "file", purpose="attachment").pk
        for upload in uploads
    ]
    named = [UUID(text) for text in request.POST.getlist("file_ids") if _is_uuid(text)]
    services.send_message(
        actor=request.user,
        conversation_id=conversation_id,
        text=request.POST.get("text", ""),
        file_ids=[*sent, *named],
        key=request.POST.get("key") or None,
        reply_to=_number(request.POST.get("reply_to")),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


@login_required
@never_cache
def messages(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Messages alone: `after` or `before` a number, or the one with `number`."""
    one, before = _number(request.GET.get("number")), _number(request.GET.get("before"))
    if one is not None:
        stretch = queries.messages(conversation_id, seen_by=request.user, after=max(one - 2, 0), limit=2)
        below = [message for message in stretch.items if message.number == one]
        above = next((message for message in stretch.items if message.number == one - 1), None)
        return _fragment(request, arrange(below, above), None)
    if before is not None:
        stretch = queries.messages(conversation_id, seen_by=request.user, before=before)
        return _fragment(request, arrange(stretch.items), stretch.older)
    return _after(request, conversation_id, _number(request.GET.get("after")) or 0)


def _after(request: HttpRequest, conversation_id: UUID, after: int) -> HttpResponse:
    stretch = queries.messages(conversation_id, seen_by=request.user, after=max(after - 1, 0), limit=200)
    above = stretch.items[0] if after and stretch.items and stretch.items[0].number == after else None
    below = stretch.items[1:] if above else stretch.items
    return _fragment(request, arrange(below, above), None, more=stretch.newer is not None)


def _fragment(request: HttpRequest, lines: list[Line], older: int | None, *, more: bool = False) -> HttpResponse:
    response = render(request, "inbox/messages.html", {"lines": lines})
    response["X-Older"] = str(older or "")
    response["X-More"] = "1" if more else ""
    return response


@login_required
@never_cache
def talk(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """To the conversation with somebody, made when there is none."""
    found = services.open_conversation(actor=request.user, with_id=person_id)
    return redirect("conversation", conversation_id=found.pk)


@login_required
@require_POST
def read(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """What the page showed is read."""
    number = _number(request.POST.get("number"))
    services.mark_read(actor=request.user, conversation_id=conversation_id, number=number)
    return HttpResponse(status=204)


@login_required
@require_POST
def typing(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One is writing."""
    services.set_typing(actor=request.user, conversation_id=conversation_id)
    return HttpResponse(status=204)


STANDS = {
    "block": lambda actor, id: services.block(actor=actor, conversation_id=id),
    "unblock": lambda actor, id: services.unblock(actor=actor, conversation_id=id),
    "mute": lambda actor, id: services.mute(actor=actor, conversation_id=id),
    "unmute": lambda actor, id: services.mute(actor=actor, conversation_id=id, muted=False),
    "pin": lambda actor, id: services.pin(actor=actor, conversation_id=id),
    "unpin": lambda actor, id: services.pin(actor=actor, conversation_id=id, pinned=False),
}


@login_required
@require_POST
def stand(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Block, mute, pin, and the reverse."""
    act = STANDS.get(request.POST.get("act", ""))
    if act is None:
        raise Invalid
    act(request.user, conversation_id)
    return redirect("conversation", conversation_id=conversation_id)


@login_required
@never_cache
def message(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Change one's own message, or take it back; a page for those without a script."""
    queries.conversation(conversation_id, seen_by=request.user)
    shown = queries.message(message_id, seen_by=request.user)
    if not shown.mine:
        raise NotFound
    if request.method == "POST":
        if request.POST.get("act") == "delete":
            services.delete_message(actor=request.user, message_id=message_id)
        else:
            services.edit_message(actor=request.user, message_id=message_id, text=request.POST.get("text", ""))
        if request.headers.get("X-Part"):
            return HttpResponse(status=204)
        return redirect("conversation", conversation_id=conversation_id)
    context = {"message": shown, "conversation_id": conversation_id, "longest": LONGEST_TEXT}
    return render(request, "inbox/message.html", context)
