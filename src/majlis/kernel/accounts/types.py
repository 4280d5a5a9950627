"""The words of accounts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.state import Transitions


class Gender(models.TextChoices):
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")


class UserStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    # For a time, by staff; can sign in again afterwards.
    SUSPENDED = "suspended", _("Suspended")
    # For good, by staff.
    BLOCKED = "blocked", _("Blocked")
    # Deleted by its owner: nothing personal is left, the books are.
    ANONYMISED = "anonymised", _("Deleted")


STATUS_MOVES = Transitions(
    {
        UserStatus.ACTIVE: [UserStatus.SUSPENDED, UserStatus.BLOCKED, UserStatus.ANONYMISED],
        UserStatus.SUSPENDED: [UserStatus.ACTIVE, UserStatus.BLOCKED, UserStatus.ANONYMISED],
        UserStatus.BLOCKED: [UserStatus.ACTIVE, UserStatus.ANONYMISED],
        UserStatus.ANONYMISED: [],
    }
)


class Role(models.TextChoices):
    """What a person may be. Every active person is a member without a row saying so; the others are granted."""

    # Anybody who signed up: learns, buys, writes.
    MEMBER = "member", _("Member")
    # Says yes for a member under age, and sees their lessons.
    GUARDIAN = "guardian", _("Guardian")
    # Offers lessons; granted by the experts module when a profile is verified.
    EXPERT = "expert", _("Expert")
    # Runs admissions: interviews, demonstration lessons, who teaches whom.
    COORDINATOR = "coordinator", _("Coordinator")
    # Records and edits introduction videos and pictures.
    STUDIO = "studio", _("Studio")
    # Helps members; sees their bookings, moves nothing of value.
    SUPPORT = "support", _("Support")
    # Judges reports and reviews.
    MODERATOR = "moderator", _("Moderator")
    # Withdrawals, refunds, invoices, the books.
    FINANCE = "finance", _("Finance")
    # Everything in the office but granting or taking the roles of admins and owners.
    ADMIN = "admin", _("Administrator")
    # Everything.
    OWNER = "owner", _("Owner")


STAFF_ROLES = frozenset(
    {Role.COORDINATOR, Role.STUDIO, Role.SUPPORT, Role.MODERATOR, Role.FINANCE, Role.ADMIN, Role.OWNER}
)
"""Roles whose holders work in the back office."""


class ActivityKind(models.TextChoices):
    """What a member's own log of their account can say."""

    SIGNED_UP = "signed_up", _("You joined")
    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("Somebody tried to sign in with a wrong password")
    SIGNED_OUT = "signed_out", _("Signed out")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_RESET = "password_reset", _("Password set anew with a code")
    EMAIL_CHANGED = "email_changed", _("E-mail address changed")
    PHONE_CHANGED = "phone_changed", _("Phone number changed")
    TWO_STEP_CHANGED = "two_step_changed", _("Two-step sign-in changed")
    SESSION_ENDED = "session_ended", _("A session was ended")
    KEY_MADE = "key_made", _("Access key made")
    KEY_REVOKED = "key_revoked", _("Access key revoked")
    APP_SIGNED_IN = "app_signed_in", _("An app signed in")
    TOKEN_REUSED = "token_reused", _("An old sign-in token was used again, so that app was signed out")
    SETTINGS_CHANGED = "settings_changed", _("Settings changed")
    DATA_EXPORTED = "data_exported", _("Data downloaded")


class Scope(models.TextChoices):
    """What an access key may do. A session or a signed-in app may do all that the person may."""

    PROFILE_READ = "profile:read", _("Read your profile and settings")
    PROFILE_WRITE = "profile:write", _("Change your profile and settings")
    LESSONS_READ = "lessons:read", _("Read your lessons and calendar")
    LESSONS_WRITE = "lessons:write", _("Book, move and cancel lessons, open hours")
    MESSAGES_READ = "messages:read", _("Read your messages and notices")
    MESSAGES_WRITE = "messages:write", _("Write messages")
    MONEY_READ = "money:read", _("Read your wallet, orders and invoices")
    MONEY_WRITE = "money:write", _("Pay, top up and withdraw")
    TEACHING_READ = "teaching:read", _("Read your teaching profile")
    TEACHING_WRITE = "teaching:write", _("Change your teaching profile")


class ConsentState(models.TextChoices):
    # The guardian has been written to.
    ASKED = "asked", _("Waiting for an answer")
    CONSENTED = "consented", _("Agreed")
    DECLINED = "declined", _("Declined")
    # Taken back by the guardian, or ended by the ward before an answer.
    WITHDRAWN = "withdrawn", _("Withdrawn")


CONSENT_MOVES = Transitions(
    {
        ConsentState.ASKED: [ConsentState.CONSENTED, ConsentState.DECLINED, ConsentState.WITHDRAWN],
        ConsentState.CONSENTED: [ConsentState.WITHDRAWN],
        ConsentState.DECLINED: [ConsentState.ASKED],
        ConsentState.WITHDRAWN: [ConsentState.ASKED],
    }
)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a program gets when it signs in or refreshes. Both are shown once; only the refresh token's hash is kept."""

    access: str
    """A JWT, good for `expires_in` seconds, sent as `Authorization: Bearer …`."""
    refresh: str
    """Good for one rotation."""
    expires_in: int
    person_id: UUID


@dataclass(frozen=True, slots=True)
class NewKey:
    """An access key just made. `secret` is shown this once."""

    id: UUID
    secret: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who sent a token, and what it lets them do. `scopes` None means everything the person may."""

    person_id: UUID
    scopes: frozenset[str] | None
