"""The tables of messaging.

Messages are not partitioned by month: what makes them exact (one number per conversation, one row per sender's key) are
unique constraints that PostgreSQL cannot hold across partitions of time.
"""

from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q

from majlis.kit import clock
from majlis.kit.db import Record


class Conversations(models.QuerySet["Conversation"]):
    """Whose they are."""

    def visible_to(self, person: Any) -> "Conversations":
        return self.filter(Q(one=person) | Q(two=person))


class Conversation(Record):
    """Two people who write to each other. There is one per pair: `one` is the smaller id."""

    one = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    two = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    opened_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    last_number = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, blank=True)
    """When its opener first wrote."""
    answered_at = models.DateTimeField(null=True, blank=True)
    """When the other first wrote back."""

    objects = Conversations.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "two"], name="one_conversation_per_pair"),
            models.CheckConstraint(condition=Q(one__lt=F("two")), name="a_pair_has_one_order"),
            models.CheckConstraint(
                condition=Q(opened_by=F("one")) | Q(opened_by=F("two")), name="one_of_the_pair_opened_it"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} and {self.two_id}"

    def other_id(self, person: Any) -> Any:
        """The id of whoever `person` writes with."""
        return self.two_id if self.one_id == person.pk else self.one_id


class Member(models.Model):
    """How one of the two stands in a conversation. The unread count is kept, not counted: it moves under the
    conversation's lock."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="members")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    read_to = models.PositiveIntegerField(default=0)
    """The number of the last message they have seen."""
    unread = models.PositiveIntegerField(default=0)
    stirred_at = models.DateTimeField(default=clock.now)
    """When the last message was written: the order of the list."""
    muted = models.BooleanField(default=False)
    pinned = models.BooleanField(default=False)
    blocked_at = models.DateTimeField(null=True, blank=True)
    """Since when they receive nothing from the other."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="a_person_is_in_it_once")]
        indexes = [
            models.Index(fields=["person", "-pinned", "-stirred_at"], name="conversations_of_person"),
            models.Index(fields=["person"], name="conversations_unread", condition=Q(unread__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.conversation_id}"


class Message(Record):
    """One message. Written once; a change keeps the earlier text beside it, and one taken back is hidden, not deleted:
    a dispute may need it."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="messages")
    number = models.PositiveIntegerField()
    sender = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64, null=True, blank=True)
    """What the sender's page called it, so that sending again after a lost answer stores it once."""
    text = models.TextField(blank=True)
    reply_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    edited_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="one_message_per_number"),
            models.UniqueConstraint(fields=["sender", "key"], name="one_message_per_key"),
            models.CheckConstraint(condition=Q(number__gt=0), name="messages_count_from_one"),
        ]
        indexes = [
            GinIndex(
                OpClass(Func(F("text"), function="majlis_fold"), name="gin_trgm_ops"),
                name="messages_by_words",
                condition=Q(hidden_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.conversation_id}"


class Attachment(Record):
    """A file sent with a message."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file"], name="a_file_is_sent_once")]

    def __str__(self) -> str:
        return f"{self.file_id} with {self.message_id}"


class EarlierText(Record):
    """What a message said before its sender changed it."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="earlier")
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"Earlier text of {self.message_id}"
