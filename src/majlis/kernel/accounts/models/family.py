"""Those who say yes for others: guardians, and staff who invite."""

from django.db import models
from django.db.models.functions import Lower

from majlis.kernel.accounts.models.person import User
from majlis.kernel.accounts.types import ConsentState, Role
from majlis.kit.db import Record


class Guardianship(Record):
    """A member under age named a guardian; the guardian's answer.

    The guardian needs no account to answer: the link in the e-mail is proof of the address. `guardian` is filled when
    a member with that verified address is known, so that they can see the ward's lessons.
    """

    ward = models.ForeignKey(User, on_delete=models.PROTECT, related_name="guardianships")
    guardian = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="wardships")
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150, blank=True)
    """As the guardian wrote it when consenting."""
    state = models.CharField(max_length=10, choices=ConsentState.choices, default=ConsentState.ASKED)
    token_hash = models.CharField(max_length=64, unique=True)
    """Of the secret in the e-mail's link."""
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_from = models.GenericIPAddressField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ward", "email"], name="a_guardian_is_named_once"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="guardian_email_is_lower_case"),
            models.CheckConstraint(
                condition=models.Q(guardian__isnull=True) | ~models.Q(guardian=models.F("ward")),
                name="nobody_is_their_own_guardian",
            ),
            models.CheckConstraint(
                condition=models.Q(state="asked") | models.Q(answered_at__isnull=False),
                name="an_answer_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["email"], name="guardians_by_email")]

    def __str__(self) -> str:
        return f"{self.email} · {self.get_state_display()}"


class Invitation(Record):
    """A role offered by e-mail. The link's secret proves the address; only its hash is kept."""

    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=12, choices=Role.choices)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True, max_length=500)
    """A sentence of the one who invites, shown in the e-mail."""
    language = models.CharField(max_length=8, default="en")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email", "role"],
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_open_invitation_per_role",
            ),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="invited_email_is_lower_case"),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="who_accepted_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.get_role_display()}"
