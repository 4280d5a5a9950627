"""The refund policy: one object that is shown before payment, stored with each lesson, and used to compute the refund.

An edition writes it in `policies.lessons`:

    refund_tiers = [[24, 100], [2, 50], [0, 0]]   # at least 24 h before: 100 %; at least 2 h: 50 %; later: nothing
    goodwill_percent = 20                         # added by the house when the teacher does not come
    technical_percent = 100                       # back to the student when the connection made the lesson impossible
    dispute_hours = 48                            # after the lesson, how long either side may contest it
    hold_minutes = 15                             # how long an unpaid time is held
    package_refund_percent = 100                  # of the unused sessions of a package, back when the student ends it
    package_expired_percent = 0                   # of those its time ran out on; the rest is the teacher's
    presence_percent = 50                         # of the lesson's length a person must be there to count as present
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext, ngettext

from majlis.kit.edition import edition
from majlis.kit.locale import number, percent
from majlis.kit.money import Money
from majlis.products.lessons.types import Presence, Side, Terms, Tier


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """The numbers above. A lesson keeps the policy under which it was booked, whatever the edition says later."""

    refund_tiers: tuple[tuple[int, int], ...] = ((24, 100), (2, 50), (0, 0))
    goodwill_percent: int = 20
    technical_percent: int = 100
    dispute_hours: int = 48
    hold_minutes: int = 15
    presence_percent: int = 50
    package_refund_percent: int = 100
    package_expired_percent: int = 0

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> "RefundPolicy":
        """The policy in a TOML table or a stored snapshot; what it does not name has the default."""
        known = {k: v for k, v in facts.items() if k in cls.__dataclass_fields__}
        if "refund_tiers" in known:
            tiers = sorted(((int(h), int(p)) for h, p in known["refund_tiers"]), reverse=True)
            known["refund_tiers"] = tuple(tiers)
        return cls(**known)

    def as_facts(self) -> dict[str, Any]:
        """The snapshot stored with a lesson."""
        return {**asdict(self), "refund_tiers": [list(t) for t in self.refund_tiers]}

    def tiers(self, starts_at: datetime, price: Money, now: datetime) -> list[Tier]:
        """What cancelling returns to the student, by when: only the rows that still lie ahead, the best first."""
        return [
            Tier(until, percent, price.share(percent * 100))
            for hours, percent in self.refund_tiers
            if (until := starts_at - timedelta(hours=hours)) > now
        ]

    def on_cancel(self, *, by: str, starts_at: datetime, price: Money, now: datetime) -> Terms:
        """The terms of a cancellation at `now`. A teacher or the house that cancels returns everything; a student
        gets the percentage of the tier they are in, and the rest is the teacher's."""
        if by != Side.STUDENT:
            return self._terms(price, 100)
        ahead = starts_at - now
        percent = next((p for hours, p in self.refund_tiers if ahead >= timedelta(hours=hours)), 0)
        return self._terms(price, percent)

    def on_verdict(self, *, teacher: str, student: str, price: Money) -> Terms:
        """The terms of a lesson whose time has passed, by who was there.

        Both present: the teacher is paid. The teacher absent: everything back, and goodwill if the student came. The
        student absent: the teacher is paid. Technical trouble on either side: `technical_percent` back."""
        if teacher == Presence.ABSENT:
            goodwill = 0 if student == Presence.ABSENT else self.goodwill_percent
            return self._terms(price, 100, goodwill)
        if student == Presence.ABSENT:
            return self._terms(price, 0)
        if Presence.TECHNICAL in (teacher, student):
            return self._terms(price, self.technical_percent)
        return self._terms(price, 0)

    def on_package(self, share: Money, *, expired: bool) -> Terms:
        """The terms of sessions of a package that were not used, worth `share`: given back by the student, or run out
        of time. What the student does not get is the teacher's."""
        return self._terms(share, self.package_expired_percent if expired else self.package_refund_percent)

    def sentences(self) -> list[str]:
        """The policy as staff reads it, whatever the lesson."""
        words = [
            ngettext(
                "The student cancels at least %(hours)s hour before: %(percent)s back.",
                "The student cancels at least %(hours)s hours before: %(percent)s back.",
                hours,
            )
            % {"hours": number(hours), "percent": percent(share / 100)}
            for hours, share in self.refund_tiers
            if hours
        ]
        later = next((share for hours, share in self.refund_tiers if not hours), 0)
        facts = {
            "later": percent(later / 100),
            "goodwill": percent(self.goodwill_percent / 100),
            "technical": percent(self.technical_percent / 100),
            "hours": number(self.dispute_hours),
        }
        words.append(gettext("The student cancels later, or does not come: %(later)s back.") % facts)
        words.append(
            gettext("The teacher does not come: everything back, and %(goodwill)s more from the house.") % facts
        )
        words.append(gettext("The connection made the lesson impossible: %(technical)s back.") % facts)
        contest = ngettext(
            "Either side may contest it until %(hours)s hour after the lesson.",
            "Either side may contest it until %(hours)s hours after the lesson.",
            self.dispute_hours,
        )
        return [*words, contest % facts]

    @staticmethod
    def _terms(price: Money, percent: int, goodwill_percent: int = 0) -> Terms:
        back = price.share(percent * 100)
        return Terms(back, price - back, price.share(goodwill_percent * 100), percent)


def current_policy() -> RefundPolicy:
    """The policy of this edition, for lessons booked now."""
    return RefundPolicy.from_facts(edition().policies.get("lessons", {}))
