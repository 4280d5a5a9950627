"""A line of a statement in words, and the page it leads to."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries as billing
from majlis.faces.web.environment import url_or_none
from majlis.kernel.ledger.types import JournalKind, StatementLine
from majlis.kit.locale import isolated

K = JournalKind
CAME_IN: dict[str, Any] = {
    K.TOP_UP: _("You added money to your wallet."),
    K.PAYMENT: _("Your payment arrived."),
    K.WALLET_PAYMENT: _("Somebody paid you from their wallet."),
    K.ESCROW_RELEASE: _("You earned this. It was kept safe until now; the commission is already taken off."),
    K.REFUND: _("You got this back."),
    K.WITHDRAWAL_RETURNED: _("A withdrawal did not go through; the money is back in your wallet."),
    K.GIFT: _("A gift for you."),
    K.ADJUSTMENT: _("Our staff put something right in your favour."),
    K.GRANT: _("This was added to what you may use."),
    K.GOODWILL: _("A present from us."),
}
WENT_OUT: dict[str, Any] = {
    K.WALLET_PAYMENT: _("You paid from your wallet."),
    K.REFUND: _("Sent back to where it was paid from."),
    K.WITHDRAWAL_REQUEST: _("You asked for this to be paid out; it has left your wallet."),
    K.WITHDRAWAL_PAID: _("This was paid out to you."),
    K.GIFT: _("You gave this away."),
    K.ADJUSTMENT: _("Our staff put something right."),
    K.USE: _("You used this."),
    K.EXPIRY: _("This was not used in time."),
    K.CLAWBACK: _("Earnings were taken back, because the buyer got their money back."),
    K.DEBT: _("This settled what you owed from earnings that were taken back."),
}
ABOUT: dict[tuple[str, str, bool], Any] = {
    (K.PAYMENT, "billing.payment", True): _("Your payment for order %(what)s arrived."),
    (K.WALLET_PAYMENT, "billing.order", False): _("You paid order %(what)s."),
    (K.ESCROW_RELEASE, "billing.line", True): _(
        "You earned this with “%(what)s”. It was kept safe until now; the commission is already taken off."
    ),
    (K.REFUND, "billing.line", True): _("You got this back for “%(what)s”."),
    (K.REFUND, "billing.payment", True): _("This could not be sent back to where it was paid from: %(what)s"),
    (K.GOODWILL, "billing.line", True): _("From us, for “%(what)s”."),
}
"""By kind, what it was about and whether it came in: a sentence that names it."""
ICONS: dict[str, str] = {
    K.TOP_UP: "plus",
    K.PAYMENT: "credit-card",
    K.WALLET_PAYMENT: "credit-card",
    K.ESCROW_RELEASE: "hand-coins",
    K.REFUND: "undo-2",
    K.WITHDRAWAL_REQUEST: "landmark",
    K.WITHDRAWAL_PAID: "landmark",
    K.WITHDRAWAL_RETURNED: "undo-2",
    K.GIFT: "gift",
    K.GOODWILL: "gift",
    K.ADJUSTMENT: "scale",
    K.CLAWBACK: "undo-2",
    K.DEBT: "scale",
}


class Wording:
    """What each line of a statement says to its owner. Made once for a page: what was bought is looked up together."""

    def __init__(self, lines: Iterable[StatementLine]) -> None:
        ids = [_id(line.subject) for line in lines if line.subject.startswith("billing.line:")]
        self.bought = billing.lines_named([id for id in ids if id])

    def sentence(self, line: StatementLine) -> Any:
        """Why this came in or went out, as a sentence; what is named in it stands in its own direction."""
        kind, came = JournalKind(line.kind), line.amount.amount > 0
        thing = line.subject.partition(":")[0]
        id = _id(line.subject)
        bought = self.bought.get(id) if id and thing == "billing.line" else None
        if bought and came and kind is K.ESCROW_RELEASE and bought.seller_id != line.account.person_id:
            kind = K.REFUND
        what = bought.name if bought else line.memo
        about = ABOUT.get((kind, thing, came))
        if about and what:
            return about % {"what": isolated(what)}
        told = (CAME_IN if came else WENT_OUT).get(kind) or line.kind_name
        return f"{told} {isolated(what)}" if what else told


def _id(subject: str) -> UUID | None:
    try:
        return UUID(subject.partition(":")[2])
    except ValueError:
        return None


def icon_of(line: StatementLine) -> str:
    """The name of a picture for its kind."""
    return ICONS.get(line.kind, "coins")


def _page_of_line(id: UUID, reader: Any) -> str | None:
    """The buyer's order. It is not the seller's to see: they are led to the lesson, or back to their wallet."""
    line = billing.line(id)
    if line.seller_id != reader.pk:
        return url_or_none("checkout", order_id=line.order_id)
    return url_or_none("lesson", lesson_id=line.subject_id) if line.kind == "lesson" else url_or_none("wallet")


PAGES: dict[str, tuple[Any, Callable[[UUID, Any], str | None]]] = {
    "billing.order": (_("Open the order"), lambda id, _reader: url_or_none("checkout", order_id=id)),
    "billing.line": (_("See what it was"), _page_of_line),
    "billing.payment": (_("Open the payment"), lambda id, _reader: url_or_none("payment", payment_id=id)),
    "billing.withdrawal": (_("Open your withdrawals"), lambda _id, _reader: url_or_none("withdrawals")),
    "lessons.lesson": (_("Open the lesson"), lambda id, _reader: url_or_none("lesson", lesson_id=id)),
}


def link_text(subject: str) -> Any:
    """What the link to a subject's page says; None when there is no such page."""
    kind, _colon, _id = subject.partition(":")
    return PAGES[kind][0] if kind in PAGES else None


def page_of(subject: str, reader: Any) -> str | None:
    """The address of the page about a subject for who reads about it; None when there is none. The page itself asks who
    may see it."""
    kind, _colon, given = subject.partition(":")
    try:
        return PAGES[kind][1](UUID(given), reader) if kind in PAGES else None
    except ValueError:
        return None
