"""The tables of calls."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q

from majlis.engines.calls.types import EventKind, Recorded, Source, opens_minutes_before, shuts_minutes_after
from majlis.kit import clock
from majlis.kit.db import Record


class RoomRows(models.QuerySet["Room"]):
    """Filters on rooms."""

    def visible_to(self, person: Any) -> "RoomRows":
        """The rooms a person is a member of."""
        return self.filter(members__person=person)


class Room(Record):
    """A place for a call between its members, around an agreed time. It belongs to a product's thing (`kind` and
    `subject_id`). There is no "live" column: somebody is in it whose visit has a fresh heartbeat."""

    kind = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opens_minutes_before = models.PositiveSmallIntegerField(default=opens_minutes_before)
    """How long before its beginning it can be entered: the edition's policy when it was made."""
    shuts_minutes_after = models.PositiveSmallIntegerField(default=shuts_minutes_after)
    gateway = models.CharField(max_length=16, default="p2p")
    """Who carries sound and picture: the installation's choice when it was made."""
    closed_at = models.DateTimeField(null=True, blank=True)
    """Set when the thing it belongs to was called off."""

    objects = RoomRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="room_ends_after_it_starts"),
            models.UniqueConstraint("kind", "subject_id", name="one_room_per_subject"),
        ]

    @property
    def opens_at(self) -> datetime:
        """From when it can be entered."""
        return self.starts_at - timedelta(minutes=self.opens_minutes_before)

    @property
    def shuts_at(self) -> datetime:
        """Until when it can be entered."""
        return self.ends_at + timedelta(minutes=self.shuts_minutes_after)

    def __str__(self) -> str:
        return f"room of {self.kind} {self.subject_id}"


class RoomMember(Record):
    """Somebody who may enter a room."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("room", "person", name="member_of_a_room_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.room_id}"


class Visit(Record):
    """One stay of one person in a room: a browser tab, from joining to leaving or to its last heartbeat.

    A person has one open visit at most: who comes in from another tab goes on there. Triggers keep a visit that is over
    as it was, and its times from running backwards."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="visits")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.PAGE)
    joined_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """The last heartbeat."""
    left_at = models.DateTimeField(null=True, blank=True)
    quality = models.CharField(max_length=8, blank=True, default="")
    """How the browser finds the connection: good, fair, poor; empty when it has not said."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "room", "person", "source", condition=Q(left_at__isnull=True), name="one_open_visit_per_person"
            ),
            models.CheckConstraint(condition=Q(seen_at__gte=F("joined_at")), name="visit_is_seen_after_it_began"),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("joined_at")),
                name="visit_ends_after_it_began",
            ),
        ]
        indexes = [
            models.Index(fields=["room", "person"], name="visits_of_a_room"),
            models.Index(fields=["seen_at"], condition=Q(left_at__isnull=True), name="visits_going_on"),
        ]

    def __str__(self) -> str:
        return f"visit of {self.person_id} to {self.room_id}"


class RoomEvent(Record):
    """A step of what happened in a room, as evidence: who joined, left or was lost, agreed to be recorded, when. Never
    changed afterwards (a trigger sees to it)."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="events")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    """Empty: the house."""
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="events", null=True, blank=True)
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["room", "at"], name="events_of_a_room")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class RoomMessage(Record):
    """A line of a call's chat. Written once; the key of the browser keeps a repeated sending from showing twice."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="messages")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField()
    text = models.CharField(max_length=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint("room", "person", "key", name="chat_line_is_sent_once"),
            models.CheckConstraint(condition=~Q(text=""), name="chat_line_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class Recording(Record):
    """One recording of a call, made in the browser of the person who asked for it, with everybody's agreement.

    Its bytes come in pieces (`RecordingChunk`) and end as one stored file; there is no address here, since a link to
    play it is signed anew for whoever asks."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="recordings")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    """Who asked for it and whose browser records."""
    status = models.CharField(max_length=10, choices=Recorded.choices, default=Recorded.IDLE)
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    """When its last piece came; while it is prepared, when that began."""
    size = models.BigIntegerField(default=0)
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    seconds = models.PositiveIntegerField(null=True, blank=True)
    """How long it plays."""
    processing_ms = models.PositiveIntegerField(null=True, blank=True)
    """How long it took to put together."""
    failure = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "room", condition=Q(status__in=["idle", "recording"]), name="one_recording_at_a_time_in_a_room"
            ),
            models.CheckConstraint(
                condition=Q(file__isnull=False, status="processed") | (Q(file__isnull=True) & ~Q(status="processed")),
                name="recording_is_ready_when_it_has_a_file",
            ),
        ]
        indexes = [models.Index(fields=["heard_at"], condition=Q(status="recording"), name="recordings_going_on")]

    def __str__(self) -> str:
        return f"recording of {self.room_id}: {self.status}"


class RecordingConsent(Record):
    """One member's answer to one recording."""

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="consents")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    """Declined, or taken back later."""

    class Meta:
        constraints = [models.UniqueConstraint("recording", "person", name="one_answer_per_person_and_recording")]

    def __str__(self) -> str:
        return f"{self.person_id}: {'yes' if self.agreed_at and not self.refused_at else 'no'}"


class RecordingChunk(models.Model):
    """A piece of a recording on its way. In the database, so that whichever process receives it and whichever puts it
    together see the same; gone once the whole is stored."""

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    """1, 2, 3 …"""
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint("recording", "number", name="one_piece_per_number")]

    def __str__(self) -> str:
        return f"{self.recording_id} #{self.number}"
