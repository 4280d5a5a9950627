"""Prices that a provider knows too, and subscriptions brought over from there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import gateways
from majlis.engines.billing.gateways.subscribing import PriceWish, SubscriptionSeen, UnknownThere
from majlis.engines.billing.models import GatewayCustomer, PlanPrice, Subscription
from majlis.engines.billing.plan_types import SubscriptionStatus
from majlis.engines.billing.plan_words import cycle_words
from majlis.engines.billing.services.customers import know_customer
from majlis.engines.billing.services.mirroring import mirror_subscription
from majlis.engines.billing.services.subscriptions import AlreadySubscribed
from majlis.engines.billing.steps import remember
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock, db
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.ids import new_id
from majlis.kit.money import Money

S = SubscriptionStatus


class PriceDiffers(Refusal):
    """The provider's price is another amount, currency or cycle than ours."""

    code = "price_differs"
    sentence = _("There it is %(there)s, here %(here)s. Both must be the same, in amount, currency and cycle.")
    status = 422


class NameTaken(Refusal):
    """What is to be linked is linked to something else."""

    code = "name_taken_at_provider"
    sentence = _("This is linked to something else here already.")


class MemberUnknown(Refusal):
    """Nobody here is known by that name there."""

    code = "member_unknown"
    sentence = _("Nobody here is known as that customer. Say whose it is.")
    status = 422


class OverThere(Refusal):
    """There is nothing left to run."""

    code = "over_at_provider"
    sentence = _("It has ended there, or was never paid. There is nothing to bring over.")


class BroughtInPart(Refusal):
    """Of a customer's subscriptions some came over and one did not."""

    code = "brought_in_part"
    sentence = _("%(count)s brought over, but not %(ref)s: %(why)s")


def sell_at_provider(
    *,
    actor: Any,
    price_id: UUID,
    provider: str,
    provider_ref: str = "",
    sold_there: bool = True,
) -> PlanPrice:
    """Link a price of a plan to the provider's: to the one named `provider_ref`, else to one that is made there now.
    With `sold_there` who subscribes from now on does so at the provider, whose clock then runs it; without, only those
    brought over do. Asked again, it changes that.

    Speaks over the network: must not run inside a transaction. Refuses `PriceDiffers`, `NameTaken`, `UnknownThere`,
    `GatewayUnreachable`, `Invalid`; NotFound for a price or provider we do not have.
    """
    db.refuse_transaction()
    way = gateways.biller(provider)
    price = PlanPrice.objects.select_related("plan").filter(id=price_id).first()
    if price is None:
        raise NotFound()
    ref = provider_ref.strip() or price.provider_ref
    if not price.price:
        raise Invalid(errors={"price": _("What costs nothing needs nobody to charge it.")})
    if price.provider_ref and ref != price.provider_ref:
        raise NameTaken()
    if not ref:
        name = price.plan.title
        ref = way.make_price(PriceWish(price.id, price.plan.slug, name, price.price, price.cycle, price.days))
    seen = way.find_price(ref)
    if (seen.money, seen.cycle, seen.days) != (price.price, price.cycle, price.days):
        raise PriceDiffers(
            there=_in_words(seen.money, seen.cycle, seen.days), here=_in_words(price.price, price.cycle, price.days)
        )
    try:
        with transaction.atomic():
            PlanPrice.objects.filter(id=price.id).update(provider=provider, provider_ref=ref, sold_there=sold_there)
    except IntegrityError:
        raise NameTaken() from None
    accounts.record_act(
        actor=actor,
        action="billing.plan_price_linked",
        target=f"billing.plan:{price.plan_id}",
        facts={"provider": provider, "ref": ref, "sold_there": sold_there},
    )
    price.refresh_from_db()
    return price


def _in_words(money: Money | None, cycle: str, days: int | None) -> str:
    rhythm = cycle_words(PlanPrice(cycle=cycle, days=days)) if cycle else "?"
    return f"{money.display() if money is not None else '?'} · {rhythm}"


def bring_over(
    *, provider: str, ref: str, actor: Any, person: Any = None, now: datetime | None = None
) -> list[Subscription]:
    """Mirror what runs at a provider already: the subscription named `ref`, or all of the customer of that name, for
    `person`, or whoever is known here as that customer. What they paid for the period that runs is taken into our books
    with it; what was before stays the provider's. One that is mirrored already is read again.

    Speaks over the network: must not run inside a transaction. Refuses `MemberUnknown`, `NameTaken` (the customer is
    somebody else here), `AlreadySubscribed`, `OverThere`, `UnknownThere` (also a price that no plan has),
    `GatewayUnreachable`; of several each is tried, and when only some came over `BroughtInPart` names one that did not.
    """
    db.refuse_transaction()
    now = now or clock.now()
    way = gateways.biller(provider)
    refs = [ref] if way.names_subscription(ref) else way.subscriptions_of(ref)
    if not refs:
        raise OverThere()
    brought, refused = [], []
    for each in refs:
        try:
            brought.append(_bring(way, each, person, actor, now))
        except Refusal as refusal:
            refused.append((each, refusal))
    if not refused:
        return brought
    name, why = refused[0]
    raise BroughtInPart(count=len(brought), ref=name, why=str(why)) if brought else why


def _bring(way: gateways.Biller, ref: str, person: Any, actor: Any, now: datetime) -> Subscription:
    seen = way.read_subscription(ref)
    known = Subscription.objects.filter(billed_by=way.code, provider_ref=ref).first()
    if known is not None:
        return mirror_subscription(known.id, now=now)
    if seen.status in (S.ENDED, S.INCOMPLETE):
        raise OverThere()
    price = PlanPrice.objects.filter(provider=way.code, provider_ref=seen.price_ref).select_related("plan").first()
    if price is None:
        raise UnknownThere(_("No plan here has the price %(ref)s. Link it first."), ref=seen.price_ref)
    owner = person or _owner(way, seen)
    paid = [each for each in way.read_invoices(ref) if each.state == "paid"]
    since = max((each.starts_at for each in paid), default=now)
    subscription = _adopt(way, seen, price, owner, actor, now)
    return mirror_subscription(subscription.id, since=since, now=now)


def _owner(way: gateways.Biller, seen: SubscriptionSeen) -> Any:
    rows = GatewayCustomer.objects.filter(provider=way.provider, ref=seen.customer_ref)
    known = rows.values_list("person_id", flat=True).first()
    if known is None:
        raise MemberUnknown()
    return people.person(known)


@transaction.atomic
def _adopt(
    way: gateways.Biller, seen: SubscriptionSeen, price: PlanPrice, owner: Any, actor: Any, now: datetime
) -> Subscription:
    db.lock("billing.subscribe", owner.id)
    know_customer(owner.id, way.code, seen.customer_ref, now)
    if not GatewayCustomer.objects.filter(person=owner, provider=way.provider, ref=seen.customer_ref).exists():
        raise NameTaken()
    if Subscription.objects.filter(person=owner, family=price.plan.family).exclude(status=S.ENDED).exists():
        raise AlreadySubscribed()
    subscription = Subscription.objects.create(
        person=owner,
        plan=price.plan,
        price=price,
        family=price.plan.family,
        key=f"brought:{new_id()}",
        zone=edition().zone,
        billed_by=way.code,
        provider_ref=seen.ref,
        look_at=now,
        created_at=now,
    )
    remember(subscription, "", S.INCOMPLETE, actor=actor, reason=_("Brought over."))
    accounts.record_act(
        actor=actor,
        action="billing.subscription_brought_over",
        target=f"billing.subscription:{subscription.id}",
        facts={"provider": way.code, "ref": seen.ref},
    )
    return subscription
