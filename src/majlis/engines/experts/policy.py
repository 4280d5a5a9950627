"""Admission: what an edition asks of those who want to teach. `[policies.experts]` of the edition file."""

from dataclasses import dataclass, field

from majlis.kit.edition import edition
from majlis.kit.money import Money


@dataclass(frozen=True, slots=True)
class Admission:
    """Numbers and lists with the values that hold when an edition says nothing."""

    require_picture: bool = True
    require_video: bool = False
    """An intro video is always welcome; `true` makes it a condition."""
    require_documents: tuple[str, ...] = ("identity",)
    """Kinds of documents that must be handed in."""
    require_verified_email: bool = True
    about_min: int = 120
    """Characters of the long text."""
    subjects_max: int = 20
    """Rows of subject × level."""
    documents_max: int = 10
    trial_minutes_max: int = 60
    hourly_min: dict[str, int] = field(default_factory=dict)
    hourly_max: dict[str, int] = field(default_factory=dict)
    """Minor units by currency; a currency that is not named has no limit."""

    def rate_limits(self, currency: str) -> tuple[Money | None, Money | None]:
        """The lowest and the highest hourly rate in `currency`, where there is one."""
        low, high = self.hourly_min.get(currency), self.hourly_max.get(currency)
        return (Money(low, currency) if low else None, Money(high, currency) if high else None)


def admission() -> Admission:
    """What this edition asks."""
    told = dict(edition().policies.get("experts", {}))
    if "require_documents" in told:
        told["require_documents"] = tuple(told["require_documents"])
    return Admission(**told)
