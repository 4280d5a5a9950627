"""What billing keeps about a person. Orders and invoices stay when an account is deleted: the law asks for them."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from majlis.engines.billing.models import (
    AllowanceGrant,
    BillingDetails,
    CartItem,
    ClawBack,
    CouponUse,
    GatewayCustomer,
    GiftCode,
    Invoice,
    Order,
    OrderLine,
    Payment,
    Refund,
    SavedMethod,
    Subscription,
    SubscriptionPeriod,
    Withdrawal,
)
from majlis.engines.billing.services.ending import end_all_of
from majlis.engines.billing.services.trials import keep_trials_known
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock


def orders(person_id: UUID) -> list[dict[str, Any]]:
    """The person's orders with their lines; amounts in minor units."""
    mine = Order.objects.filter(buyer_id=person_id).order_by("id")
    lines: dict[UUID, list[dict[str, Any]]] = {}
    for line in OrderLine.objects.filter(order__in=mine).order_by("id").values():
        lines.setdefault(line["order_id"], []).append(dict(line))
    columns = ("id", "number", "status", "unit", "net_amount", "tax_amount", "fee_amount", "total_amount", "created_at")
    return [{**row, "lines": lines.get(row["id"], [])} for row in mine.values(*columns)]


def payments(person_id: UUID) -> dict[str, Any]:
    """What the person paid, by which way, and what went back; the ways to pay that are kept, as they are shown: with
    the last figures only."""
    paid = Payment.objects.filter(payer_id=person_id).order_by("id")
    columns = ("id", "order_id", "gateway", "status", "unit", "amount", "received_amount", "refunded_amount")
    back = Refund.objects.filter(Q(payment__payer_id=person_id) | Q(line__order__buyer_id=person_id)).order_by("id")
    kept = SavedMethod.objects.filter(person_id=person_id).order_by("id")
    names = GatewayCustomer.objects.filter(person_id=person_id).order_by("id")
    return {
        "payments": list(paid.values(*columns, "problem", "created_at")),
        "refunds": list(back.values("id", "payment_id", "line_id", "status", "unit", "amount", "reason", "created_at")),
        "saved_methods": list(kept.values("id", "gateway", "label", "created_at", "removed_at")),
        "known_to_providers_as": list(names.values("provider", "ref", "created_at")),
    }


def invoices(person_id: UUID) -> dict[str, Any]:
    """Whom the person's invoices are made out to, and the invoices and credit notes they paid or earned by."""
    mine = Invoice.objects.filter(Q(buyer_id=person_id) | Q(seller_id=person_id)).order_by("id")
    columns = ("id", "kind", "number", "order_id", "corrects_id", "buyer_facts", "seller_facts", "unit", "lines")
    sums = ("net_amount", "tax_amount", "total_amount", "reverse_charge", "issued_at")
    checks = ("tax_check", "tax_checked_at", "tax_check_source", "tax_check_name")
    details = BillingDetails.objects.filter(person_id=person_id)
    return {
        "billing_details": details.values(
            "name", "address", "country", "business", "tax_number", *checks, "updated_at"
        ).first(),
        "invoices": list(mine.values(*columns, *sums)),
    }


def subscriptions(person_id: UUID) -> dict[str, Any]:
    """The person's subscriptions, the periods they paid, and what they were granted to use."""
    columns = ("id", "plan__slug", "status", "starts_at", "ends_at", "canceled_at", "cancel_reason", "created_at")
    elsewhere = ("billed_by", "provider_ref")
    periods = SubscriptionPeriod.objects.filter(subscription__person_id=person_id).order_by("subscription", "number")
    paid = ("subscription_id", "number", "status", "plan__slug", "unit", "amount", "starts_at", "ends_at", "order_id")
    given = ("unit", "amount", "used", "expired", "carried", "withdrawn", "memo", "valid_from", "valid_until")
    return {
        "subscriptions": list(
            Subscription.objects.filter(person_id=person_id).order_by("id").values(*columns, *elsewhere)
        ),
        "periods": list(periods.values(*paid)),
        "allowances": list(AllowanceGrant.objects.filter(person_id=person_id).order_by("id").values(*given)),
    }


def withdrawals(person_id: UUID) -> dict[str, Any]:
    """What the person had paid out, where to, and what was taken back of what they earned."""
    mine = Withdrawal.objects.filter(person_id=person_id).order_by("id")
    columns = ("id", "number", "status", "method__code", "destination", "unit", "amount", "fee_amount", "note")
    ends = ("transfer_ref", "created_at", "ended_at")
    taken = ClawBack.objects.filter(line__seller_id=person_id).order_by("id")
    destinations = {(row.method.code, *sorted(row.destination.items())) for row in mine.select_related("method")}
    return {
        "withdrawals": list(mine.values(*columns, *ends)),
        "payout_methods": [{"method": code, "destination": dict(where)} for code, *where in sorted(destinations)],
        "taken_back": list(taken.values("line_id", "unit", "taken_amount", "owed_amount", "reason", "created_at")),
    }


def gifts(person_id: UUID) -> dict[str, Any]:
    """The gifts the person bought and those they redeemed (of these without what concerns the giver alone), the coupons
    they used, and what lies in their cart."""
    bought = GiftCode.objects.filter(buyer_id=person_id).order_by("id")
    words = ("id", "status", "unit", "amount", "for_title", "from_name", "to_name", "message")
    used = CouponUse.objects.filter(person_id=person_id).order_by("id")
    cart = CartItem.objects.filter(cart__person_id=person_id).order_by("id")
    got = GiftCode.objects.filter(redeemed_by_id=person_id).order_by("id")
    return {
        "gifts_bought": list(bought.values(*words, "to_email", "expires_at", "redeemed_at", "created_at")),
        "gifts_redeemed": list(got.values(*words, "redeemed_at")),
        "coupons": list(used.values("coupon__code", "order_id", "unit", "amount", "returned_at", "created_at")),
        "cart": list(cart.values("kind", "title", "choice")),
    }


def end_subscriptions(person_id: UUID) -> None:
    """Nothing renews for somebody who is gone, and no card of theirs is kept. That they had their trial stays known:
    its digests name nobody."""
    keep_trials_known(people.person(person_id))  # while it is known what their addresses were
    end_all_of(person_id)
    SavedMethod.objects.filter(person_id=person_id).update(removed_at=clock.now(), label="")
    Subscription.objects.filter(person_id=person_id).update(cancel_reason="")
    BillingDetails.objects.filter(person_id=person_id).delete()  # what was issued keeps whom it was made out to
    CartItem.objects.filter(cart__person_id=person_id).delete()


accounts.register_export("orders", orders)
accounts.register_export("payments", payments)
accounts.register_export("invoices", invoices)
accounts.register_export("subscriptions", subscriptions)
accounts.register_export("withdrawals", withdrawals)
accounts.register_export("gifts", gifts)
accounts.register_eraser("billing", end_subscriptions)
