"""Gift codes: money somebody gives to somebody else.

A gift is a line of an order whose money waits in escrow until its code is redeemed; then it goes, whole and without
commission, to the wallet of whoever has the code. Nobody redeems it in time: it goes back to whoever bought it.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import registry
from majlis.engines.billing.models import GiftCode, OrderLine
from majlis.engines.billing.policies import policies
from majlis.engines.billing.registry import Fulfiller
from majlis.engines.billing.services.orders import ALPHABET
from majlis.engines.billing.services.payments import top_up_range
from majlis.engines.billing.services.settlement import settle_line
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.types import GIFT_MOVES, GiftStatus, LineDraft, LineStatus, Offered
from majlis.kernel.accounts import services as accounts
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.ids import new_id
from majlis.kit.locale import isolated
from majlis.kit.money import Money

KIND = "gift_code"


class GiftUnknown(Refusal):
    """No gift has this code."""

    code = "gift_unknown"
    sentence = _("We know no gift with this code. Please look at it again.")
    status = 422


class GiftRedeemed(Refusal):
    """Somebody redeemed it."""

    code = "gift_redeemed"
    sentence = _("This gift has been redeemed already.")


class GiftOver(Refusal):
    """It expired, or was never paid."""

    code = "gift_over"
    sentence = _("This gift is not valid any more.")


def code_of(gift: GiftCode) -> str:
    """The code of a gift: `7KQ2-9FXD-M4TA-W3HP`, for its buyer's eyes. Made anew each time, never stored."""
    made = hmac.new(settings.SECRET_KEY.encode(), f"billing.gift:{gift.id}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(made, "big")
    letters = []
    for _each in range(16):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    text = "".join(letters)
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def digest_of(code: str) -> str:
    """What finds the gift of a code, however it was typed."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())[:32]
    return hashlib.sha256(plain.encode()).hexdigest()


def _title(of: str) -> str:
    """What a gift is called in the active language."""
    return _now("Gift: %(title)s") % {"title": of} if of else _now("Gift")


class GiftFulfiller(Fulfiller):
    """How billing sells its own gifts. `choice`: `amount` (minor units) and `currency`, or `for_kind` with that kind's
    choice in `for_choice`; `from_name`, `to_name`, `to_email`, `message`."""

    voucher = True

    def offer(self, choice: dict[str, Any], buyer: Any, now: datetime) -> Offered:
        """Checks the words too, so that a cart never holds a gift that cannot be given."""
        amount, meant = _worth(choice, buyer, now)
        errors: dict[str, Any] = {}
        if not str(choice.get("to_name", "")).strip():
            errors["to_name"] = _("Whom is it for?")
        if choice.get("to_email"):
            try:
                validate_email(choice["to_email"])
            except ValidationError:
                errors["to_email"] = _("This is no e-mail address.")
        if errors:
            raise Invalid(errors=errors)
        name = {"name": isolated(str(choice["to_name"])[:100])}
        return Offered(
            title=_title(meant.title if meant else ""),
            words=_now("For %(name)s") % name,
            amount=amount,
            link="/gifts/new/",
        )

    def take(self, choice: dict[str, Any], buyer: Any, key: str, until: datetime, now: datetime) -> LineDraft:
        """Writes the gift; it has no code to give before it is paid."""
        offered = self.offer(choice, buyer, now)
        meant = _worth(choice, buyer, now)[1]
        gift = GiftCode(
            id=new_id(),
            buyer=buyer,
            unit=offered.amount.unit,
            amount=offered.amount.amount,
            for_kind=str(choice.get("for_kind", ""))[:32],
            for_choice=choice.get("for_choice"),
            for_title=meant.title if meant else "",
            from_name=(str(choice.get("from_name", "")).strip() or buyer.name)[:100],
            to_name=str(choice["to_name"]).strip()[:100],
            to_email=str(choice.get("to_email", ""))[:254],
            message=str(choice.get("message", "")).strip()[:500],
            language=buyer.language,
            created_at=now,
        )
        gift.digest = digest_of(code_of(gift))
        GiftCode.objects.bulk_create([gift])
        remember(gift, "", GiftStatus.ORDERED, actor=buyer)
        return LineDraft(KIND, gift.id, offered.title, offered.amount)

    def titles(self, lines: list[OrderLine]) -> dict[UUID, str]:
        """A gift, and of what."""
        of = dict(GiftCode.objects.filter(line__in=[line.id for line in lines]).values_list("line_id", "for_title"))
        return {line_id: _title(title) for line_id, title in of.items()}

    def placed(self, line: OrderLine, now: datetime) -> None:
        """The gift knows the line whose money it is."""
        GiftCode.objects.filter(id=line.subject_id).update(line=line)

    def fulfil(self, line: OrderLine, now: datetime) -> None:
        """Paid: the code can be given, and is mailed where the buyer said so."""
        gift = _locked(line.subject_id)
        move(gift, GiftStatus.ACTIVE, GIFT_MOVES, expires_at=now + timedelta(days=policies().gift_days))
        if gift.to_email:
            _mail(gift, now)

    def lapse(self, line: OrderLine, now: datetime) -> None:
        """Never paid."""
        move(_locked(line.subject_id), GiftStatus.VOID, GIFT_MOVES)

    def describe(self, line: OrderLine) -> str:
        """For whom."""
        name = GiftCode.objects.values_list("to_name", flat=True).get(id=line.subject_id)
        return _now("For %(name)s") % {"name": isolated(name)}

    def landing(self, line: OrderLine) -> str:
        """The page with the code."""
        return f"/gifts/{line.subject_id}/"


def _worth(choice: dict[str, Any], buyer: Any, now: datetime) -> tuple[Money, Offered | None]:
    """What the gift costs, and what it is meant for, if anything."""
    kind, inner = choice.get("for_kind"), choice.get("for_choice")
    if kind:
        if kind in registry.vouchers() or not isinstance(inner, dict):
            raise NotFound()
        meant = registry.fulfiller(str(kind)).offer(inner, buyer, now)
        return meant.amount, meant
    try:
        amount = Money(int(str(choice.get("amount"))), str(choice.get("currency", ""))[:5])
    except ValueError:
        raise Invalid(errors={"amount": _("Write an amount, such as 12.50.")}) from None
    least, most = top_up_range(amount.unit)
    if not least <= amount <= most:
        raise Invalid(
            errors={
                "amount": _("Choose an amount between %(least)s and %(most)s.")
                % {"least": least.display(), "most": most.display()}
            }
        )
    return amount, None


def _locked(gift_id: UUID) -> GiftCode:
    gift = GiftCode.objects.select_for_update(of=("self",)).select_related("buyer", "line").filter(id=gift_id).first()
    if gift is None:
        raise NotFound()
    return gift


def _mail(gift: GiftCode, now: datetime) -> None:
    with translation.override(gift.language):
        title = _now("%(name)s has a gift for you") % {"name": gift.from_name}
        worth = gift.for_title or gift.money.display()
        body = "\n\n".join(
            part
            for part in (
                gift.message,
                worth,
                _now("Your code: %(code)s") % {"code": code_of(gift)},
            )
            if part
        )
        action = _now("Redeem the gift")
    notices.write_letter(
        address=gift.to_email,
        name=gift.to_name,
        language=gift.language,
        title=title,
        body=body,
        path="/gifts/redeem/",
        action=action,
    )
    GiftCode.objects.filter(id=gift.id).update(sent_at=now)


def redeem_gift(*, code: str, person: Any, now: datetime | None = None) -> GiftCode:
    """Put the gift of this code into the person's wallet, once. Where it was meant for something, that is ordered and
    paid with it if it can still be had; else the money is theirs all the same.

    Throttled against guessing (`TooMany`). Refuses `GiftUnknown`, `GiftRedeemed`, `GiftOver`.
    """
    # Counted outside the transaction: a wrong code must count although everything else is undone.
    accounts.throttle(scope="billing.gift", key=str(person.id), limit=10, seconds=3600)
    now = now or clock.now()
    gift = _redeem(code, person, now)
    if gift.for_kind:
        _buy_what_was_meant(gift, person, now)
    return GiftCode.objects.get(id=gift.id)


@transaction.atomic
def _redeem(code: str, person: Any, now: datetime) -> GiftCode:
    found = GiftCode.objects.filter(digest=digest_of(code)).values_list("id", flat=True).first()
    if found is None:
        raise GiftUnknown()
    gift = _locked(found)
    if gift.status == GiftStatus.REDEEMED:
        raise GiftRedeemed()
    expired = gift.expires_at is not None and gift.expires_at <= now
    line = gift.line
    if gift.status != GiftStatus.ACTIVE or expired or line is None or line.status != LineStatus.HELD:
        raise GiftOver()
    move(gift, GiftStatus.REDEEMED, GIFT_MOVES, actor=person, redeemed_by=person, redeemed_at=now)
    # Who redeems a gift is who earns its line.
    OrderLine.objects.filter(id=line.id, status=LineStatus.HELD).update(seller=person)
    settle_line(
        line_id=line.id,
        buyer=Money(0, gift.unit),
        seller=gift.money,
        key=f"gift:{gift.id}",
        reason=_("Gift redeemed."),
        actor=person,
        now=now,
    )
    notices.notify(
        person_id=gift.buyer_id,
        kind="gift_redeemed",
        facts={"name": gift.to_name, "amount": gift.money},
        link=f"/gifts/{gift.id}/",
        key=f"gift:{gift.id}:redeemed",
    )
    return gift


def _buy_what_was_meant(gift: GiftCode, person: Any, now: datetime) -> None:
    """In a transaction of its own: what cannot be had (any more) leaves the money in the wallet."""
    from majlis.engines.billing.services.orders import place_order
    from majlis.engines.billing.services.payments import pay_from_wallet

    key = f"gift:{gift.id}"
    until = now + timedelta(minutes=policies().order_minutes)
    try:
        with transaction.atomic():
            choice: dict[str, Any] = gift.for_choice or {}
            line = registry.fulfiller(gift.for_kind).take(choice, person, key, until, now)
            order = place_order(buyer=person, lines=[line], key=key, expires_at=until, actor=person, now=now)
            pay_from_wallet(order_id=order.id, actor=person, now=now)
    except Refusal:
        return


def expire_gifts(*, now: datetime | None = None, limit: int = 200) -> int:
    """Give back to their buyers what nobody redeemed in time; how many."""
    now = now or clock.now()
    due = GiftCode.objects.filter(status=GiftStatus.ACTIVE, expires_at__lte=now).order_by("expires_at")
    ids = list(due.values_list("id", flat=True)[:limit])
    for gift_id in ids:
        with transaction.atomic():
            gift = _locked(gift_id)
            if gift.status != GiftStatus.ACTIVE or gift.line is None:
                continue
            move(gift, GiftStatus.EXPIRED, GIFT_MOVES)
            if gift.line.status == LineStatus.HELD:
                settle_line(
                    line_id=gift.line.id,
                    buyer=gift.money,
                    seller=Money(0, gift.unit),
                    key=f"gift:{gift.id}:expired",
                    reason=_("Nobody redeemed the gift in time."),
                    now=now,
                )
    return len(ids)


def gift(id: UUID | str, seen_by: Any) -> GiftCode:
    """A gift of its buyer or of who redeemed it. NotFound to anybody else."""
    try:
        found = GiftCode.objects.visible_to(seen_by).filter(id=UUID(str(id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found


def gifts_of(person: Any) -> list[GiftCode]:
    """The gifts a person bought and paid, newest first."""
    return list(GiftCode.objects.filter(buyer=person).exclude(status__in=["ordered", "void"]).order_by("-id")[:100])
