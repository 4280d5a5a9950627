"""The tables of calls."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from majlis.engines.calls.types import CLOSES_AFTER, OPENS_BEFORE, EventKind
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
    closed_at = models.DateTimeField(null=True, blank=True)
    """Set when the thing it belongs to was called off."""

    objects = RoomRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="room_ends_after_it_starts"),
            models.UniqueConstraint("kind", "subject_id", name="one_room_per_subject"),
        ]

    @property
    def opens_at(self) -> Any:
        """From when it can be entered."""
        return self.starts_at - OPENS_BEFORE

    @property
    def shuts_at(self) -> Any:
        """Until when it can be entered."""
        return self.ends_at + CLOSES_AFTER

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
    """One stay of one person in a room: a browser tab, from joining to leaving or to its last heartbeat."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="visits")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    joined_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """The last heartbeat."""
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
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
    """A step of a visit, as evidence: who joined, left or was lost, when. Never changed afterwards."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="events")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=8, choices=EventKind.choices)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"
