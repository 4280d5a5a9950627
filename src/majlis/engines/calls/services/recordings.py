"""Recording a call: asked for by one, agreed to by all, taken back by any."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from majlis.engines.calls import remuxing
from majlis.engines.calls.events import RecordingReady
from majlis.engines.calls.models import Recording, RecordingChunk, RecordingConsent, RoomEvent
from majlis.engines.calls.services.telling import tell
from majlis.engines.calls.services.visits import open_for
from majlis.engines.calls.types import (
    CHUNK_LIMIT,
    RECORDING_LIMIT,
    RECORDING_MOVES,
    SILENT_AFTER,
    EventKind,
    Recorded,
)
from majlis.kernel.files import services as files
from majlis.kernel.notices import services as notices
from majlis.kit import clock, events
from majlis.kit.db import refuse_transaction
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.state import promised


class RecordingGoesOn(Refusal):
    """There is one already."""

    code = "recording_goes_on"
    sentence = _("This call is being recorded already, or somebody has just asked for it.")


class RecordingNotAgreed(Refusal):
    """Somebody has not agreed, or no longer does."""

    code = "recording_not_agreed"
    sentence = _("Everybody in the call must agree before it is recorded.")


class RecordingTooLarge(Refusal):
    """No more fits."""

    code = "recording_too_large"
    sentence = _("This recording is too large to go on.")
    status = 413


def _move(recording: Recording, status: str, **changes: Any) -> None:
    """The one place where a recording's state changes. The room's open pages are told."""
    RECORDING_MOVES.check(recording.status, status)
    recording.status = status
    for name, value in changes.items():
        setattr(recording, name, value)
    recording.save(update_fields=["status", *changes])
    facts = {"id": str(recording.id), "status": str(status), "person": str(recording.person_id)}
    tell(recording.room_id, "recording", facts)


def _note(recording: Recording, kind: str, person_id: UUID | None, at: datetime) -> None:
    RoomEvent.objects.create(room_id=recording.room_id, person_id=person_id, kind=kind, at=at)


def _locked(recording_id: UUID, actor: Any) -> Recording:
    """A recording of a room the person is a member of. Refuses `NotFound`."""
    found = Recording.objects.select_for_update(of=("self",)).select_related("room")
    recording = found.filter(id=recording_id, room__members__person=actor).first()
    if recording is None:
        raise NotFound
    return recording


@transaction.atomic
def ask_to_record(*, room_id: UUID, actor: Any, now: datetime | None = None) -> Recording:
    """Ask the others; the one who asks agrees by asking. Refuses like entering does, and `RecordingGoesOn`."""
    now = now or clock.now()
    room = open_for(actor, room_id, now)
    try:
        with transaction.atomic():
            recording = Recording.objects.create(room=room, person=actor, created_at=now)
    except IntegrityError:
        raise RecordingGoesOn from None
    RecordingConsent.objects.create(recording=recording, person=actor, agreed_at=now)
    _note(recording, EventKind.ASKED_TO_RECORD, actor.id, now)
    facts = {"id": str(recording.id), "status": str(recording.status), "person": str(actor.id), "name": actor.name}
    tell(room.id, "recording", facts)
    return recording


@transaction.atomic
def answer_recording(*, recording_id: UUID, actor: Any, agrees: bool, now: datetime | None = None) -> Recording:
    """Agree to or decline a recording that was asked for. One no ends the asking. Answering again the same is harmless.
    Refuses `NotFound`, and `IllegalTransition` when it is no longer asked."""
    now = now or clock.now()
    recording = _locked(recording_id, actor)
    if recording.status != Recorded.IDLE:
        RECORDING_MOVES.check(recording.status, Recorded.RECORDING if agrees else Recorded.IDLE)
    if not agrees:
        RecordingConsent.objects.update_or_create(recording=recording, person=actor, defaults={"refused_at": now})
        _note(recording, EventKind.DECLINED, actor.id, now)
        _move(recording, Recorded.WITHDRAWN)
        return recording
    _consent, made = RecordingConsent.objects.get_or_create(
        recording=recording, person=actor, defaults={"agreed_at": now}
    )
    if made:
        _note(recording, EventKind.AGREED, actor.id, now)
        facts = {"id": str(recording.id), "person": str(actor.id), "agreed": all_agreed(recording)}
        tell(recording.room_id, "agreed", facts)
    return recording


def all_agreed(recording: Recording) -> bool:
    """Whether every member of the room agrees."""
    yes = recording.consents.filter(agreed_at__isnull=False, refused_at__isnull=True).count()
    return yes == recording.room.members.count()


@transaction.atomic
def start_recording(*, recording_id: UUID, actor: Any, now: datetime | None = None) -> Recording:
    """The browser of the one who asked begins. Refuses `RecordingNotAgreed` until everybody agrees, `NotFound` to
    others."""
    now = now or clock.now()
    recording = _locked(recording_id, actor)
    if recording.person_id != actor.id:
        raise NotFound
    open_for(actor, recording.room_id, now)
    if not all_agreed(recording):
        raise RecordingNotAgreed
    _move(recording, Recorded.RECORDING, started_at=now, heard_at=now)
    _note(recording, EventKind.RECORDING_STARTED, actor.id, now)
    return recording


@transaction.atomic
def add_chunk(*, recording_id: UUID, actor: Any, number: int, content: bytes, now: datetime | None = None) -> None:
    """Take piece `number` (from 1) of a recording that goes on. The same piece again is harmless, so the browser sends
    it until it is taken. Refuses `NotFound` to others, `RecordingNotAgreed` when the agreement
    was taken back, `RecordingTooLarge`, `Invalid`."""
    now = now or clock.now()
    recording = _locked(recording_id, actor)
    if recording.person_id != actor.id:
        raise NotFound
    if recording.status == Recorded.WITHDRAWN:
        raise RecordingNotAgreed
    if recording.status != Recorded.RECORDING:
        RECORDING_MOVES.check(recording.status, Recorded.RECORDING)
    if not content or len(content) > CHUNK_LIMIT or not 1 <= number <= 100_000:
        raise Invalid(errors={"number": _("This is no piece of a recording.")})
    if recording.size + len(content) > RECORDING_LIMIT:
        raise RecordingTooLarge
    piece = RecordingChunk(recording=recording, number=number, content=content)
    if not RecordingChunk.objects.filter(recording=recording, number=number).exists():
        piece.save(force_insert=True)
        Recording.objects.filter(id=recording.id).update(size=F("size") + len(content), heard_at=now)


@transaction.atomic
def stop_recording(*, recording_id: UUID, actor: Any, now: datetime | None = None) -> Recording:
    """End it and keep it; any member may. It is put together by a job. Stopping twice is stopping once; stopping what
    never began ends the asking. Refuses `NotFound`."""
    now = now or clock.now()
    recording = _locked(recording_id, actor)
    if recording.status == Recorded.IDLE:
        _move(recording, Recorded.WITHDRAWN)
    elif recording.status == Recorded.RECORDING:
        _stop(recording, actor.id, now)
    return recording


def _stop(recording: Recording, person_id: UUID | None, now: datetime) -> None:
    _note(recording, EventKind.RECORDING_STOPPED, person_id, now)
    _move(recording, Recorded.RECORDED, stopped_at=now)
    _prepare_later(recording)


def _prepare_later(recording: Recording) -> None:
    job = app.configure_task("calls.process_recording", queue="calls", lock=f"recording:{recording.id}")
    job.defer(recording_id=str(recording.id))


@transaction.atomic
def withdraw_consent(*, recording_id: UUID, actor: Any, now: datetime | None = None) -> Recording:
    """Take the agreement back, at any time: the recording ends and nothing of it is kept. Refuses `NotFound`."""
    now = now or clock.now()
    recording = _locked(recording_id, actor)
    if recording.status == Recorded.WITHDRAWN:
        return recording
    RecordingConsent.objects.update_or_create(recording=recording, person=actor, defaults={"refused_at": now})
    _note(recording, EventKind.WITHDREW, actor.id, now)
    recording.chunks.all().delete()
    files.release_file(by=_user_of_the_file(recording))
    _move(recording, Recorded.WITHDRAWN, stopped_at=recording.stopped_at or now, file=None)
    return recording


def end_silent_recordings(*, now: datetime | None = None) -> int:
    """End the recordings whose browser is gone, forget those nobody answered, and take up again those whose
    preparation broke off; how many there were."""
    now = now or clock.now()
    silent = Recording.objects.filter(status=Recorded.RECORDING, heard_at__lt=now - SILENT_AFTER)
    unanswered = Recording.objects.filter(status=Recorded.IDLE, created_at__lt=now - SILENT_AFTER)
    stuck = Recording.objects.filter(status=Recorded.PROCESSING, heard_at__lt=now - 30 * SILENT_AFTER)
    count = 0
    for rows in (silent, unanswered, stuck):
        for recording_id in list(rows.values_list("id", flat=True)[:100]):
            with transaction.atomic():
                recording = rows.select_for_update(skip_locked=True).filter(id=recording_id).first()
                if recording is None:
                    continue
                if recording.status == Recorded.RECORDING:
                    _stop(recording, None, recording.heard_at or now)
                elif recording.status == Recorded.IDLE:
                    _move(recording, Recorded.WITHDRAWN)
                else:
                    _move(recording, Recorded.RECORDED)
                    _prepare_later(recording)
                count += 1
    return count


def process_recording(*, recording_id: UUID) -> Recording:
    """Put the pieces together to one file that can be played and sought in, and keep it with the room. Called by the
    worker, outside a transaction. What cannot be put together ends as failed, with its reason."""
    refuse_transaction()
    with transaction.atomic():
        recording = Recording.objects.select_for_update(of=("self",)).select_related("room").get(id=recording_id)
        if recording.status not in {Recorded.RECORDED, Recorded.FAILED}:
            return recording
        _move(recording, Recorded.PROCESSING, heard_at=clock.now(), failure="")
    began = clock.now()
    try:
        with remuxing.put_together(_pieces(recording)) as whole:
            name = f"{recording.room.kind}-{recording.started_at:%Y-%m-%d-%H%M}.webm"
            stored = files.store_file(actor=recording.person, content=whole.file, name=name, purpose="recording")
            seconds = whole.seconds
    except (remuxing.NothingToPlay, Refusal) as wrong:
        return _finish(recording_id, Recorded.FAILED, failure=str(wrong)[:300])
    elapsed = int((clock.now() - began).total_seconds() * 1000)
    return _finish(recording_id, Recorded.PROCESSED, file=stored, seconds=seconds, processing_ms=elapsed)


def _finish(recording_id: UUID, status: str, **changes: Any) -> Recording:
    with transaction.atomic():
        recording = Recording.objects.select_for_update(of=("self",)).select_related("room").get(id=recording_id)
        if recording.status != Recorded.PROCESSING:  # taken back meanwhile: the file is loose and swept
            return recording
        _move(recording, status, **changes)
        if status == Recorded.PROCESSED:
            files.claim_file(file_id=promised(recording.file_id), actor=None, by=_user_of_the_file(recording))
            recording.chunks.all().delete()
            room = recording.room
            events.publish(RecordingReady(recording.id, room.id, room.kind, room.subject_id))
            for person_id in room.members.values_list("person_id", flat=True):
                notices.notify(
                    person_id=person_id,
                    kind="recording_ready",
                    facts={},
                    link=f"/calls/{room.id}/",
                    key=f"calls.recording:{recording.id}:{person_id}",
                )
        return recording


def _pieces(recording: Recording) -> Any:
    """The contents in order, up to the first that is missing."""
    for number in range(1, 100_001):
        found = RecordingChunk.objects.filter(recording=recording, number=number)
        content = found.values_list("content", flat=True).first()
        if content is None:
            return
        yield bytes(content)


def _user_of_the_file(recording: Recording) -> str:
    return f"calls.recording:{recording.id}"
