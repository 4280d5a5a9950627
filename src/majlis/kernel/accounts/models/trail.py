"""What was done: by staff for the house's record, and around an account for its owner's eyes."""

from django.db import models

from majlis.kernel.accounts.models.person import User
from majlis.kernel.accounts.types import ActivityKind
from majlis.kit.db import Record


class AuditEntry(Record):
    """One act of staff or of the house. Append-only: a trigger refuses UPDATE and DELETE.

    Facts name things by id and carry no personal data, so that an entry can outlive the person it is about.
    """

    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    """None: the house itself."""
    action = models.CharField(max_length=80)
    """`role.granted`, `withdrawal.approved`."""
    target = models.CharField(max_length=120, blank=True)
    """`lessons.lesson:<uuid>`."""
    facts = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    request = models.CharField(max_length=64, blank=True)
    """The id of the web request or job: the same as in the logs."""

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["target", "-id"], name="audit_by_target"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


class Activity(Record):
    """Something that happened around a person's own account, shown to that person and deleted with their data."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="activities")
    kind = models.CharField(max_length=20, choices=ActivityKind.choices)
    ip = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=200, blank=True)
    """The browser's or app's own name for itself."""
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "activities"
        indexes = [models.Index(fields=["person", "-id"], name="activity_of_person")]

    def __str__(self) -> str:
        return self.get_kind_display()
