"""What the edition says about subscriptions: `[policies.subscriptions]` of its TOML file.

checkout_minutes = 60               # how long a first payment or a change of plan waits at the checkout
remind_days = 3                     # how long before a renewal the member reads about it
trial_remind_days = 2               # and before a trial ends
pause_days = 60                     # the longest pause
refund_on_cancel = true             # whether cancelling at once returns what was not used
proration = ""                      # how a change of plan is paid; empty: `consumption` where the plan gives an
                                    # allowance, else `invoice`
return_days = 30                    # how long who left may come back at a discount
return_percent = 20                 # off the first period
carry_days = 14                     # how long after its end what may roll over waits for a late renewal
[policies.subscriptions.dunning]    # days after a renewal that was not paid; a plan may have its own
retry = [2, 5, 9, 14]
warn = [0, 5, 12, 25]
reduce = 7                          # 0: never
suspend = 14
end = 28
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from majlis.engines.billing.plan_types import DunningStep
from majlis.kit.edition import edition


@dataclass(frozen=True, slots=True)
class DunningPolicy:
    """What is done, so many days after a renewal was not paid. Day 0 is the renewal itself."""

    retry: tuple[int, ...] = (2, 5, 9, 14)
    warn: tuple[int, ...] = (0, 5, 12, 25)
    reduce: int = 7
    suspend: int = 14
    end: int = 28

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> "DunningPolicy":
        """The policy in a TOML table or a plan's row; what it does not name has the default."""
        known = {name: value for name, value in facts.items() if name in cls.__dataclass_fields__}
        days: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else int(value) for name, value in known.items()
        }
        return cls(**days)

    def steps(self) -> list[tuple[int, DunningStep]]:
        """Every step with its day, in the order in which they are carried out: money is tried before anything is
        taken away, and nothing comes after the end."""
        found = [(day, DunningStep.RETRY) for day in self.retry]
        found += [(day, DunningStep.WARN) for day in self.warn]
        found += [(self.reduce, DunningStep.REDUCE)] if self.reduce else []
        found += [(self.suspend, DunningStep.SUSPEND)] if self.suspend else []
        order = [DunningStep.RETRY, DunningStep.REDUCE, DunningStep.SUSPEND, DunningStep.WARN, DunningStep.END]
        found = [step for step in found if step[0] < self.end] + [(self.end, DunningStep.END)]
        return sorted(found, key=lambda step: (step[0], order.index(step[1])))


@dataclass(frozen=True)
class SubscriptionPolicies:
    """The edition's numbers, with what holds where it says nothing."""

    checkout_minutes: int = 60
    remind_days: int = 3
    trial_remind_days: int = 2
    pause_days: int = 60
    refund_on_cancel: bool = True
    proration: str = ""
    return_days: int = 30
    return_percent: int = 20
    carry_days: int = 14
    dunning: DunningPolicy = field(default_factory=DunningPolicy)


@lru_cache
def _read(code: str) -> SubscriptionPolicies:
    said = dict(edition().policies.get("subscriptions", {}))
    said["dunning"] = DunningPolicy.from_facts(said.get("dunning", {}))
    return SubscriptionPolicies(**said)


def subscription_policies() -> SubscriptionPolicies:
    """The subscription policies of the edition this process runs."""
    return _read(edition().code)
