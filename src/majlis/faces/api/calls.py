"""Rooms for calls. What happens in one arrives on the event stream as `call` events `{room, what, …}`; this is how a
page or app enters, stays, speaks and records."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from majlis.engines.calls import queries, services
from majlis.engines.calls.types import BEAT_EVERY, Recorded
from majlis.faces.api.auth import requires
from majlis.faces.api.shapes import PersonOut
from majlis.kit import clock

PREFIX = "/calls"
router = Router(tags=["calls"])
READ, WRITE = requires("lessons:read"), requires("lessons:write")


class PresentOut(Schema):
    """Somebody who is in the room."""

    visit_id: UUID
    person_id: UUID
    name: str
    since: datetime


class RecordingOut(Schema):
    """A recording. `url` can be played for an hour or two, once it is `processed`."""

    id: UUID
    status: Recorded
    person: PersonOut
    started_at: datetime | None
    stopped_at: datetime | None
    seconds: int | None
    processing_time: int | None
    """Milliseconds it took to put together."""
    agreed: list[UUID]
    url: str

    @classmethod
    def of(cls, row: Any, reader: Any) -> "RecordingOut":
        ready = row.status == Recorded.PROCESSED
        return cls(
            id=row.id,
            status=row.status,
            person=PersonOut(id=row.person_id, name=row.person.name),
            started_at=row.started_at,
            stopped_at=row.stopped_at,
            seconds=row.seconds,
            processing_time=row.processing_ms,
            agreed=list(queries.agreed(row.id)),
            url=queries.recording_url(row.id, seen_by=reader) if ready else "",
        )


RoomState = Literal["early", "open", "over", "closed"]


class RoomOut(Schema):
    """A room as one of its members sees it."""

    id: UUID
    kind: str
    subject_id: UUID
    state: RoomState
    gateway: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    shuts_at: datetime
    now: datetime
    members: list[PersonOut]
    present: list[PresentOut]
    recording: RecordingOut | None
    """The one that goes on or is asked for."""


class TicketOut(Schema):
    """What this browser needs to take part: servers for a call of ours, or a provider's page."""

    gateway: str
    expires_at: datetime
    ice_servers: list[dict[str, Any]]
    embed_url: str


class VisitOut(Schema):
    """You are in."""

    visit_id: UUID
    beat_seconds: int
    ticket: TicketOut
    room: RoomOut


class BeatIn(Schema):
    """How the connection is."""

    quality: Literal["", "good", "fair", "poor"] = ""


class BeatOut(Schema):
    """`going` false: the visit is over, enter again."""

    going: bool
    room: RoomOut


class SignalIn(Schema):
    """A word from one browser to another: `{"description": …}` or `{"candidates": […]}`."""

    visit_id: UUID
    to_visit: UUID
    body: dict[str, Any]


class LineIn(Schema):
    """Something said. The same key again is the same line."""

    key: UUID
    text: Annotated[str, Field(min_length=1, max_length=1000)]


class LineOut(Schema):
    """A line of the chat."""

    id: UUID
    person: PersonOut
    text: str
    at: datetime

    @classmethod
    def of(cls, line: Any) -> "LineOut":
        return cls(
            id=line.id, person=PersonOut(id=line.person_id, name=line.person.name), text=line.text, at=line.created_at
        )


class AnswerIn(Schema):
    """Yes or no to being recorded."""

    agrees: bool


class DoneOut(Schema):
    """It is done."""

    done: bool = True


class HeardOut(Schema):
    """How many things in a provider's message concerned us."""

    heard: int


def _room(room_id: UUID, person: Any) -> RoomOut:
    room, now = queries.room(room_id, seen_by=person), clock.now()
    recording = queries.recording_now(room.id)
    state: RoomState = (
        "closed" if room.closed_at else "early" if now < room.opens_at else "open" if now < room.shuts_at else "over"
    )
    return RoomOut(
        id=room.id,
        kind=room.kind,
        subject_id=room.subject_id,
        state=state,
        gateway=room.gateway,
        starts_at=room.starts_at,
        ends_at=room.ends_at,
        opens_at=room.opens_at,
        shuts_at=room.shuts_at,
        now=now,
        members=[PersonOut(id=member.id, name=member.name) for member in queries.members(room.id)],
        present=[
            PresentOut(visit_id=p.visit_id, person_id=p.person_id, name=p.name, since=p.since)
            for p in queries.present(room.id)
        ],
        recording=RecordingOut.of(recording, person) if recording else None,
    )


@router.get("/{uuid:room_id}", response=RoomOut, auth=READ)
def show_room(request: HttpRequest, room_id: UUID) -> RoomOut:
    """A room you are a member of: when it is open, who is there, whether it is being recorded."""
    return _room(room_id, request.user)


@router.post("/{uuid:room_id}/visits", response=VisitOut, auth=WRITE)
def enter_room(request: HttpRequest, room_id: UUID) -> VisitOut:
    """Come in. Whoever is in from elsewhere goes on here."""
    person: Any = request.user
    ticket = services.ticket_for(room_id=room_id, actor=person)
    visit = services.enter_room(room_id=room_id, actor=person)
    return VisitOut(
        visit_id=visit.id,
        beat_seconds=int(BEAT_EVERY.total_seconds()),
        ticket=TicketOut(
            gateway=ticket.gateway,
            expires_at=ticket.expires_at,
            ice_servers=list(ticket.ice_servers),
            embed_url=ticket.embed_url,
        ),
        room=_room(room_id, person),
    )


@router.post("/{uuid:room_id}/visits/{uuid:visit_id}/beat", response=BeatOut, auth=WRITE)
def beat(request: HttpRequest, room_id: UUID, visit_id: UUID, said: BeatIn) -> BeatOut:
    """Say that you are still there, every `beat_seconds`. What you may have missed on the stream comes back with it."""
    going = services.beat(room_id=room_id, actor=request.user, visit_id=visit_id, quality=said.quality)
    return BeatOut(going=going, room=_room(room_id, request.user))


@router.delete("/{uuid:room_id}/visits/{uuid:visit_id}", response=DoneOut, auth=WRITE)
def leave_room(request: HttpRequest, room_id: UUID, visit_id: UUID) -> DoneOut:
    """Go."""
    services.leave_room(room_id=room_id, actor=request.user, visit_id=visit_id)
    return DoneOut()


@router.post("/{uuid:room_id}/signals", response=DoneOut, auth=WRITE)
def send_signal(request: HttpRequest, room_id: UUID, signal: SignalIn) -> DoneOut:
    """Pass a word to another browser in the room."""
    services.send_signal(
        room_id=room_id, actor=request.user, visit_id=signal.visit_id, to_visit=signal.to_visit, body=signal.body
    )
    return DoneOut()


@router.get("/{uuid:room_id}/messages", response=list[LineOut], auth=READ)
def list_messages(request: HttpRequest, room_id: UUID) -> list[LineOut]:
    """The room's chat, oldest first."""
    return [LineOut.of(line) for line in queries.messages(room_id, seen_by=request.user)]


@router.post("/{uuid:room_id}/messages", response=LineOut, auth=WRITE)
def say(request: HttpRequest, room_id: UUID, said: LineIn) -> LineOut:
    """Write into the room's chat."""
    return LineOut.of(services.say(room_id=room_id, actor=request.user, text=said.text, key=said.key))


@router.get("/{uuid:room_id}/recordings", response=list[RecordingOut], auth=READ)
def list_recordings(request: HttpRequest, room_id: UUID) -> list[RecordingOut]:
    """The room's recordings, oldest first."""
    return [RecordingOut.of(row, request.user) for row in queries.recordings(room_id, seen_by=request.user)]


@router.post("/{uuid:room_id}/recordings", response=RecordingOut, auth=WRITE)
def ask_to_record(request: HttpRequest, room_id: UUID) -> RecordingOut:
    """Ask the others whether the call may be recorded. Your browser records once all agree."""
    return RecordingOut.of(services.ask_to_record(room_id=room_id, actor=request.user), request.user)


@router.post("/recordings/{uuid:recording_id}/answer", response=RecordingOut, auth=WRITE)
def answer_recording(request: HttpRequest, recording_id: UUID, answer: AnswerIn) -> RecordingOut:
    """Agree to being recorded, or decline."""
    row = services.answer_recording(recording_id=recording_id, actor=request.user, agrees=answer.agrees)
    return RecordingOut.of(row, request.user)


@router.post("/recordings/{uuid:recording_id}/start", response=RecordingOut, auth=WRITE)
def start_recording(request: HttpRequest, recording_id: UUID) -> RecordingOut:
    """Begin, when everybody has agreed."""
    return RecordingOut.of(services.start_recording(recording_id=recording_id, actor=request.user), request.user)


@router.put("/recordings/{uuid:recording_id}/chunks/{int:number}", response=DoneOut, auth=WRITE)
def add_chunk(request: HttpRequest, recording_id: UUID, number: int) -> DoneOut:
    """Send piece `number` (from 1; the body is its bytes, at most 4 MB). Sending one again is harmless."""
    services.add_chunk(recording_id=recording_id, actor=request.user, number=number, content=request.body)
    return DoneOut()


@router.post("/recordings/{uuid:recording_id}/stop", response=RecordingOut, auth=WRITE)
def stop_recording(request: HttpRequest, recording_id: UUID) -> RecordingOut:
    """End it and keep it."""
    return RecordingOut.of(services.stop_recording(recording_id=recording_id, actor=request.user), request.user)


@router.delete("/recordings/{uuid:recording_id}", response=RecordingOut, auth=WRITE)
def withdraw_consent(request: HttpRequest, recording_id: UUID) -> RecordingOut:
    """Take your agreement back: nothing of the recording is kept."""
    return RecordingOut.of(services.withdraw_consent(recording_id=recording_id, actor=request.user), request.user)


@router.post("/webhooks/{gateway}", response=HeardOut, auth=None)
def hear_provider(request: HttpRequest, gateway: str) -> HeardOut:
    """For call providers: one signed message about who came and went."""
    return HeardOut(heard=services.hear_provider(code=gateway, headers=request.headers, body=request.body))
