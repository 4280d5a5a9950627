"""What accounts announces."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class PersonJoined:
    """Somebody signed up, or was enrolled."""

    person_id: UUID


@dataclass(frozen=True)
class AddressProved:
    """An e-mail address, telephone number or account elsewhere (Telegram, Google) is proved to be this person's."""

    person_id: UUID


@dataclass(frozen=True)
class PersonAnonymised:
    """An account was deleted: what is personal must go, what is evidence stays without a name."""

    person_id: UUID


@dataclass(frozen=True)
class PersonStatusChanged:
    """Suspended, blocked or restored. `status` is a word of `types.UserStatus`."""

    person_id: UUID
    status: str


@dataclass(frozen=True)
class RoleChanged:
    """A role was granted (`held`) or taken."""

    person_id: UUID
    role: str
    held: bool


@dataclass(frozen=True)
class GuardianConsented:
    """A guardian said yes: the ward may buy."""

    ward_id: UUID
    guardianship_id: UUID
