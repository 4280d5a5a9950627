"""How a product fulfils what was ordered: it registers a fulfiller per kind of line in its `apps.ready()`.

registry.register("lesson", LessonFulfiller())
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import translation

from majlis.engines.billing.models import OrderLine
from majlis.engines.billing.types import LineDraft, Offered
from majlis.kit.edition import edition
from majlis.kit.errors import NotFound


class Fulfiller:
    """What billing asks of a product, each call inside the transaction that settles, voids or extends the order. A
    product subclasses it; only `fulfil` and `describe` must be answered."""

    def fulfil(self, line: OrderLine, now: datetime) -> None:
        """Called once, when the order is covered. Makes what was bought real. May raise a `Refusal` (the seat was given
        away meanwhile): then what it wrote is undone, the line's money goes to the buyer's wallet, and the buyer is
        told the refusal's sentence. Must not call a gateway, nor settle the line."""
        raise NotImplementedError

    def lapse(self, line: OrderLine, now: datetime) -> None:
        """Called once, when the order ended unpaid. Gives back what was kept for it. Must not refuse."""

    def keep(self, line: OrderLine, until: datetime, now: datetime) -> datetime:
        """Called when the buyer chose a slow way to pay. Keeps what was ordered until `until` if it can; returns until
        when it is kept. By default not longer than it is."""
        return line.order.expires_at or until

    def titles(self, lines: list[OrderLine]) -> dict[UUID, str]:
        """Called wherever lines are shown: what each is called in the active language, by its id. A line left out is
        called what it was called when it was bought, as its invoice says."""
        return {}

    def describe(self, line: OrderLine) -> str:
        """Called for the checkout and order pages: what is bought and when, in the active language."""
        raise NotImplementedError

    voucher = False
    """Whether it is money for later (a gift): it carries no VAT and no fee, and no coupon holds for it."""

    def offer(self, choice: dict[str, Any], buyer: Any, now: datetime) -> Offered:
        """Called for each page that shows a cart with such a thing. What it is and costs at this moment; holds nothing.
        Refuses when it cannot be had (any more) or not by this buyer, and `Invalid` for a choice that makes no sense.
        """
        raise NotFound()

    def take(self, choice: dict[str, Any], buyer: Any, key: str, until: datetime, now: datetime) -> LineDraft:
        """Called when a cart is ordered, in the transaction that places the order. Keeps the thing for the buyer until
        `until` and returns its line; `key` is the order's. Refuses as `offer`."""
        raise NotFound()

    def terms(self, line: OrderLine) -> list[str]:
        """Called for staff: the line's policy in sentences, in the active language. By default as it was shown to the
        buyer, in theirs."""
        return list(line.policy.get("words", []))

    def placed(self, line: OrderLine, now: datetime) -> None:
        """Called once, in the transaction that placed the order: the line has its id now."""

    def landing(self, line: OrderLine) -> str:
        """Called after payment: the path of the page where the buyer goes on. `""`: the order's own page."""
        return ""


_fulfillers: dict[str, Fulfiller] = {}


def register(kind: str, fulfiller: Fulfiller) -> None:
    """From now on lines of this kind are fulfilled by `fulfiller`."""
    _fulfillers[kind] = fulfiller


def fulfiller(kind: str) -> Fulfiller:
    """Who fulfils lines of this kind. NotFound if nobody does."""
    if kind not in _fulfillers:
        raise NotFound()
    return _fulfillers[kind]


def kinds() -> list[str]:
    """Every kind somebody fulfils."""
    return sorted(_fulfillers)


_scopes: dict[str, Any] = {}


def register_scope(name: str, label: Any) -> None:
    """Allowances may be given for `name` only from now on (a product uses them with that scope); `label` says what it
    is, translatable."""
    _scopes[name] = label


def scopes() -> dict[str, Any]:
    """What allowances may be for, each with its label."""
    return dict(_scopes)


def entitle(lines: Iterable[OrderLine]) -> list[OrderLine]:
    """The lines, each called by its product in the active language from now on (`line.name`)."""
    found = list(lines)
    for kind in {line.kind for line in found} & set(_fulfillers):
        mine = [line for line in found if line.kind == kind]
        said = _fulfillers[kind].titles(mine)
        for line in mine:
            line.called = said.get(line.id, "")
    return found


def name_everywhere(line: OrderLine) -> dict[str, str]:
    """What a line is called in each language of the edition: for a notice, which is read later by somebody else."""
    names = {}
    for language in edition().languages:
        with translation.override(language):
            names[language] = entitle([line])[0].name
    return names


def vouchers() -> list[str]:
    """The kinds that are money for later."""
    return sorted(kind for kind, each in _fulfillers.items() if each.voucher)
