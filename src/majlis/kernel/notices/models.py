"""The tables of notices."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from majlis.kernel.notices.types import Category, MailState, Pace, ReminderState
from majlis.kit import clock
from majlis.kit.db import Record


class Notice(Record):
    """Something one person was told. It holds facts, not sentences: the words are made when it is read, in the
    language its reader has then."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=60)
    category = models.CharField(max_length=20, choices=Category.choices)
    facts = models.JSONField(default=dict)
    link = models.CharField(max_length=300, blank=True)
    """A path of ours."""
    key = models.CharField(max_length=160, null=True, blank=True)
    """What makes it once per person."""
    in_app = models.BooleanField(default=True)
    """False for what was only mailed."""
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="a_keyed_notice_is_told_once")]
        indexes = [
            models.Index(fields=["person", "-id"], name="notices_of_person", condition=models.Q(in_app=True)),
            models.Index(
                fields=["person"], name="notices_unread", condition=models.Q(in_app=True, read_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id}"


class Mail(Record):
    """One notice on its way to a person's mailbox. There is no address column: it goes to the address the person has
    when it is sent."""

    notice = models.OneToOneField(Notice, on_delete=models.CASCADE, related_name="mail")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=MailState.choices, default=MailState.WAITING)
    pace = models.CharField(max_length=10, choices=Pace.choices, default=Pace.NOW)
    """`daily` ones that are due together travel in one mail."""
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    """What the mail server said when it refused."""

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="mail_due", condition=models.Q(state__in=["waiting", "sending"])),
        ]

    def __str__(self) -> str:
        return f"Mail of notice {self.notice_id}, {self.state}"


class Reminder(Record):
    """A notice to be told at a later time. `key` is `"<subject>:<version>:<which>"`: asking twice for the same
    version of a thing reminds once; a new version has new keys."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)
    link = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=160)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ReminderState.choices, default=ReminderState.WAITING)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="a_reminder_is_set_once")]
        indexes = [
            models.Index(fields=["at"], name="reminders_due", condition=models.Q(state="waiting")),
            models.Index(fields=["key"], name="reminders_by_subject", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id} at {self.at:%Y-%m-%d %H:%M}Z"


class Wish(models.Model):
    """What one person wants of one category or kind, where it differs from what we would do unasked. A kind's wish
    counts more than its category's."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=60)
    """A `Category`, or `kind:<code>`."""
    in_app = models.BooleanField(default=True)
    email = models.CharField(max_length=10, choices=Pace.choices, default=Pace.NOW)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "about"], name="one_wish_per_category_or_kind")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.about}"


class Rhythm(models.Model):
    """When one person may be mailed, in their own zone. No row: any time, digest at eight."""

    person = models.OneToOneField("accounts.User", on_delete=models.PROTECT, primary_key=True, related_name="+")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    digest_hour = models.PositiveSmallIntegerField(default=8)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            ),
            models.CheckConstraint(condition=models.Q(digest_hour__lt=24), name="digest_hour_is_of_a_day"),
        ]

    def __str__(self) -> str:
        return f"Rhythm of {self.person_id}"


class StreamEvent(models.Model):
    """One live event for the open pages of some people; swept after a day. A stream that was away asks for what came
    since; what is older than the table it reloads from the pages themselves."""

    id = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField()
    """The writing transaction's id (`pg_current_xact_id`). Readers go by it, since rows become visible in the order
    of commits, which is not the order of `id`."""
    people = ArrayField(models.UUIDField())
    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["transaction"], name="stream_by_transaction"),
            GinIndex(fields=["people"], name="stream_by_person"),
            models.Index(fields=["created_at"], name="stream_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class StreamProcess(models.Model):
    """One running realtime process. It renews `beat_at`; one that died stops renewing, and its people are gone."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """Whether one realtime process holds streams of a person, and when it last did. Somebody is here while any living
    process holds a stream of theirs."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    process = models.ForeignKey(StreamProcess, on_delete=models.CASCADE, related_name="+")
    here = models.BooleanField()
    seen_at = models.DateTimeField()
    """When they came, or (no longer here) when they left."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "process"], name="one_presence_per_person_and_process")
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {'here' if self.here else 'away'}"
