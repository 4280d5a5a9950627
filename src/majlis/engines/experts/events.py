"""What experts announces."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class ExpertSubmitted:
    """A profile was handed in for review."""

    person_id: UUID


@dataclass(frozen=True)
class ExpertVerified:
    """Staff verified a profile: it is on the shelf now."""

    person_id: UUID


@dataclass(frozen=True)
class ExpertRejected:
    """Staff sent a profile back."""

    person_id: UUID
    reasons: str


@dataclass(frozen=True)
class ExpertStatusChanged:
    """A profile moved from one state to another (also announced for the moves that have an event of their own)."""

    person_id: UUID
    source: str
    target: str


@dataclass(frozen=True)
class ExpertChanged:
    """Something public of a profile changed: caches and search rows about it are stale."""

    person_id: UUID
