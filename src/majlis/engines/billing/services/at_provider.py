"""What a member wishes of a subscription that a provider runs: asked there, and mirrored back.

The verbs have the names and answers of those for our own subscriptions, and hand over to them where our clock runs it:
faces need not know the difference. Those that reach a provider speak over the network, so none of them may run inside a
transaction.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import gateways
from majlis.engines.billing.gateways.base import GatewayUnreachable, KeysRefused
from majlis.engines.billing.gateways.subscribing import Biller, SubscriptionWish
from majlis.engines.billing.models import GatewayCustomer, PlanPrice, Subscription
from majlis.engines.billing.periods import end_of_period
from majlis.engines.billing.plan_types import ChangePreview, Proration, Subscribed, SubscriptionStatus
from majlis.engines.billing.services import changing, ending
from majlis.engines.billing.services.changing import OtherKindOfPlan, SamePlan
from majlis.engines.billing.services.customers import customer_ref, know_customer
from majlis.engines.billing.services.mirroring import mirror_subscription
from majlis.engines.billing.services.subscriptions import (
    AlreadySubscribed,
    locked_subscription,
    price_for_sale,
    subscribe,
    take_plan,
)
from majlis.engines.billing.services.trials import ProveYourself, TrialUsed, claim_trial
from majlis.engines.billing.subscription_policies import subscription_policies
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.money import Money
from majlis.kit.state import IllegalTransition, promised

S = SubscriptionStatus
BACK = "/membership/returned/"


def start_subscription(
    *, person: Any, price_id: UUID, key: str, actor: Any, trial: bool = True, now: datetime | None = None
) -> Subscribed:
    """Take a plan at one of its prices: here (`subscribe`), or where the price is sold at a provider, on the page that
    `redirect_url` names; ours is `incomplete` until the provider says otherwise.

    The same `key`, or the same wish before it is paid, leads to the same page. Refuses as `subscribe`, and
    `GatewayUnreachable`.
    """
    now = now or clock.now()
    price = price_for_sale(price_id, person)
    if not price.sold_there or not gateways.biller(price.provider).ready():
        taken = subscribe(person=person, price_id=price_id, key=key, actor=actor, trial=trial, now=now)
        return Subscribed(taken.id, "")
    db.refuse_transaction()
    way = gateways.biller(price.provider)
    url = ""
    for _time in range(2):  # a page that was left open too long ends what waited for it; then there is a new one
        with transaction.atomic():
            taken, _new = take_plan(person=person, price_id=price_id, key=key, actor=actor, now=now, billed_by=way.code)
        if taken.status != S.INCOMPLETE:
            raise AlreadySubscribed()
        url = _page(taken, price, way, trial, now)
        if url:
            break
    if not url:
        raise AlreadySubscribed()
    return Subscribed(taken.id, url)


def _page(taken: Subscription, price: PlanPrice, way: Biller, trial: bool, now: datetime) -> str:
    """Where the member goes on; empty where that page is over, which the subscription then is too."""
    if taken.provider_ref:
        page = way.read_page(taken.provider_ref) if way.is_page(taken.provider_ref) else None
        if page is None or not page.url:
            mirror_subscription(taken.id, now=now)
        return page.url if page is not None else ""
    person = taken.person
    may_try = trial and bool(price.plan.trial_days) and _trial_held(taken, now)
    wish = SubscriptionWish(
        subscription_id=taken.id,
        price_ref=price.provider_ref,
        trial_days=price.plan.trial_days if may_try else 0,
        person_id=person.id,
        name=person.name,
        email=person.email or "",
        customer_ref=customer_ref(person.id, way.code),
        language=person.language,
        return_url=BACK,
    )
    began = _asked(lambda: way.open_page(wish))
    with transaction.atomic():
        fresh = locked_subscription(taken.id)
        know_customer(person.id, way.code, began.customer_ref, now)
        if fresh.status == S.INCOMPLETE and not fresh.provider_ref:
            Subscription.objects.filter(id=fresh.id).update(provider_ref=began.ref, look_at=now + timedelta(minutes=2))
    return began.redirect_url or ""


@transaction.atomic
def _trial_held(taken: Subscription, now: datetime) -> bool:
    """Whether the page may offer the trial; then it is kept for this subscription until that begins or ends, so that
    of two accounts of one person that look at such a page one is offered it."""
    db.lock("billing.subscribe", taken.person_id)
    try:
        claim_trial(taken.person, taken.family, now, held_for=taken.id)
    except (TrialUsed, ProveYourself):
        return False
    return True


def _asked(question: Any) -> Any:
    """Keys that a provider refuses are ours to mend, and no word for a member."""
    try:
        return question()
    except KeysRefused:
        raise GatewayUnreachable() from None


def page_again(*, subscription_id: UUID, actor: Any, now: datetime | None = None) -> str:
    """The address of the provider's page on which the person's subscription is begun; empty when that is over or done.
    NotFound for another's; refuses `GatewayUnreachable`."""
    it = Subscription.objects.filter(id=subscription_id, person=actor).exclude(billed_by="").first()
    if it is None:
        raise NotFound()
    way = gateways.biller(it.billed_by)
    if it.status != S.INCOMPLETE or not way.is_page(it.provider_ref):
        return ""
    url = str(_asked(lambda: way.read_page(it.provider_ref)).url)
    if not url:
        mirror_subscription(it.id, now=now)
    return url


def return_from_provider(*, person: Any, now: datetime | None = None) -> None:
    """The member is back from a provider's page: look at what they may have done there. A provider that is away is
    asked later."""
    now = now or clock.now()
    accounts.throttle(scope="billing.return", key=str(person.id), limit=20, seconds=600)
    mine = Subscription.objects.filter(person=person).exclude(billed_by="").exclude(status=S.ENDED)
    for subscription_id in mine.values_list("id", flat=True):
        try:
            mirror_subscription(subscription_id, now=now)
        except (GatewayUnreachable, KeysRefused):
            continue


def open_member_page(*, person: Any, actor: Any, return_url: str = BACK) -> str:
    """The address of the provider's page on which the person manages what they have there: cards, invoices,
    subscriptions. Good for some minutes. NotFound for who has nothing there; refuses `NoMemberPage`,
    `GatewayUnreachable`."""
    if actor.id != person.id:
        raise NotFound()
    way, ref = _known_at(person)
    accounts.throttle(scope="billing.member_page", key=str(person.id), limit=20, seconds=600)
    return str(_asked(lambda: way.member_page(ref, return_url, person.language)))


def _known_at(person: Any) -> tuple[Biller, str]:
    names = dict(GatewayCustomer.objects.filter(person=person).values_list("provider", "ref"))
    for way in gateways.billers():
        if way.provider in names:
            return way, names[way.provider]
    raise NotFound()


def _there(subscription_id: UUID, actor: Any) -> Subscription | None:
    """The person's subscription (`actor=None`: anybody's) if a provider runs it and knows it; None if we do."""
    rows = Subscription.objects.select_related("person", "plan", "price__plan").exclude(billed_by="")
    found = rows.filter(id=subscription_id).first()
    if found is not None and actor is not None and found.person_id != actor.id:
        raise NotFound()
    if found is None or found.status in (S.INCOMPLETE, S.ENDED):
        return None
    return found


def cancel_subscription(
    *,
    subscription_id: UUID,
    actor: Any,
    at_once: bool = False,
    reason: str = "",
    shown_back: Money | None = None,
    by_staff: bool = False,
    now: datetime | None = None,
) -> Subscription:
    """Do not renew. What was paid runs until its period ends, or ends at once (always so while a payment is due, and in
    a pause), what was not used going to the wallet. Cancelling twice is cancelling once.

    `shown_back` is what the member was shown; if less would come back now, `LessComesBack`. NotFound for another's;
    refuses `IllegalTransition` for one that ended, and `GatewayUnreachable` where a provider runs it.
    """
    now = now or clock.now()
    it = _there(subscription_id, None if by_staff else actor)
    if it is not None:
        at_once = at_once or it.status not in (S.TRIALING, S.ACTIVE, S.CANCELED)
        if at_once:
            ending.what_comes_back(it, shown_back, now)  # a refusal comes before what cannot be taken back there
        way, ref = gateways.biller(it.billed_by), it.provider_ref
        _asked(lambda: way.cancel(ref, at_once=at_once))
        if not at_once:
            if by_staff:
                _record(it, actor, reason)
            mirror_subscription(it.id, now=now)
            Subscription.objects.filter(id=it.id, status=S.CANCELED).update(cancel_reason=reason[:300])
            return Subscription.objects.get(id=it.id)
    return ending.cancel_subscription(
        subscription_id=subscription_id,
        actor=actor,
        at_once=at_once,
        reason=reason,
        shown_back=shown_back,
        by_staff=by_staff,
        now=now,
    )


def _record(it: Subscription, actor: Any, reason: str) -> None:
    accounts.record_act(
        actor=actor,
        action="billing.subscription_cancelled",
        target=f"billing.subscription:{it.id}",
        facts={"at_once": False},
        reason=reason,
    )


def keep_subscription(*, subscription_id: UUID, actor: Any, now: datetime | None = None) -> Subscription:
    """Take a cancellation back before it takes effect. NotFound for another's; refuses `IllegalTransition`."""
    it = _there(subscription_id, actor)
    if it is None:
        return ending.keep_subscription(subscription_id=subscription_id, actor=actor, now=now)
    if it.status != S.CANCELED:
        raise IllegalTransition(source=str(it.status), target=S.ACTIVE)
    _asked(lambda: gateways.biller(it.billed_by).keep(it.provider_ref))
    return mirror_subscription(it.id, now=now)


def pause_subscription(
    *, subscription_id: UUID, actor: Any, until: datetime, now: datetime | None = None
) -> Subscription:
    """Stop until then: nothing is given and nothing is charged; what is left of the period and of its allowances waits.
    Where a provider runs it, what is paid runs to its end, and no payment is taken until the first one due on or after
    `until`.

    NotFound for another's; refuses `IllegalTransition`, and `Invalid` for too long a pause."""
    it = _there(subscription_id, actor)
    if it is None:
        return ending.pause_subscription(subscription_id=subscription_id, actor=actor, until=until, now=now)
    now = now or clock.now()
    days = subscription_policies().pause_days
    if not now < until <= now + timedelta(days=days):
        raise Invalid(errors={"until": _("Choose a day within the next %(days)s days.") % {"days": days}})
    if it.status != S.ACTIVE:
        raise IllegalTransition(source=str(it.status), target=S.PAUSED)
    again = next_payment_after(it, until)
    _asked(lambda: gateways.biller(it.billed_by).pause(it.provider_ref, again - timedelta(hours=1)))
    return mirror_subscription(it.id, now=now)


def next_payment_after(it: Subscription, until: datetime) -> datetime:
    """The first payment due on or after `until` that is not the next one: a pause leaves at least one out."""
    ends, cycles = promised(it.ends_at), 1
    while (due := end_of_period(ends, it.price.cycle, it.price.days, cycles, it.zone)) < until:
        cycles += 1
    return due


def resume_subscription(*, subscription_id: UUID, actor: Any, now: datetime | None = None) -> Subscription:
    """Go on before a pause is over. Where a provider runs it and what was paid is over, a new period begins and is paid
    at once. NotFound for another's; refuses `IllegalTransition`, `Declined`."""
    it = _there(subscription_id, actor)
    if it is None:
        return ending.resume_subscription(subscription_id=subscription_id, actor=actor, now=now)
    if it.status != S.PAUSED and it.resumes_at is None:
        raise IllegalTransition(source=str(it.status), target=S.ACTIVE)
    afresh = it.status == S.PAUSED
    _asked(lambda: gateways.biller(it.billed_by).resume(it.provider_ref, afresh=afresh))
    return mirror_subscription(it.id, now=now)


def preview_change(
    *, subscription: Subscription, price_id: UUID, mode: str = "", now: datetime | None = None
) -> ChangePreview:
    """What changing to a price (of another plan, or another cycle) does: the object `change_plan` acts on. Where a
    provider runs it, by the provider's arithmetic, and always at once. Refuses `SamePlan`, `OtherKindOfPlan`,
    `IllegalTransition` unless it is active (or in its trial: then for its end)."""
    now = now or clock.now()
    it = _there(subscription.id, None)
    if it is None:
        return changing.preview_change(subscription=subscription, price_id=price_id, mode=mode, now=now)
    price = _price_there(it, price_id, mode)
    seen = _asked(lambda: gateways.biller(it.billed_by).preview_change(it.provider_ref, price.provider_ref, now))
    nothing = Money(0, price.unit)
    return ChangePreview(
        mode=Proration.INVOICE,
        at=now,
        credit=seen.credit,
        charge=seen.charge,
        due_now=seen.due,
        to_wallet=nothing,
        next_invoice=nothing,
        starts_at=seen.starts_at,
        ends_at=seen.ends_at,
        renewal=price.price,
    )


def _price_there(it: Subscription, price_id: UUID, mode: str) -> PlanPrice:
    price = price_for_sale(price_id, it.person)
    if price.id == it.price_id:
        raise SamePlan()
    same = (price.plan.family, price.unit, price.provider) == (it.family, it.price.unit, it.billed_by)
    if not same or mode not in ("", Proration.INVOICE):
        raise OtherKindOfPlan()
    if it.status not in (S.ACTIVE, S.TRIALING):
        raise IllegalTransition(source=str(it.status), target=str(it.status))
    return price


def change_plan(
    *,
    subscription_id: UUID,
    price_id: UUID,
    actor: Any,
    mode: str = "",
    shown_due: Money | None = None,
    now: datetime | None = None,
) -> Subscription:
    """Change to another plan or cycle. What costs nothing now takes effect at once (or with the next period); what does
    takes effect when its order is paid (`open_order`), on the terms shown, as long as nothing was used meanwhile. Where
    a provider runs it, the difference is taken there at once; `Declined` if it cannot be, and nothing changes.

    `shown_due` is what the member was shown; if it would be more now, `ChangeTermsChanged`. Asking again replaces what
    was asked and not paid. NotFound for another's; refuses as `preview_change`.
    """
    now = now or clock.now()
    it = _there(subscription_id, actor)
    if it is None:
        return changing.change_plan(
            subscription_id=subscription_id, price_id=price_id, actor=actor, mode=mode, shown_due=shown_due, now=now
        )
    price = _price_there(it, price_id, mode)
    if shown_due is not None:
        changing.check_shown(shown_due, preview_change(subscription=it, price_id=price_id, now=now).due_now)
    _asked(lambda: gateways.biller(it.billed_by).change(it.provider_ref, price.provider_ref, now))
    return mirror_subscription(it.id, now=now)
