"""From an order to its money."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import LIVE_PAYMENTS, OrderStatus, PaymentStatus, TransferStatus
from majlis.faces.web.views.handing_over import hand_over
from majlis.kernel.files import services as files
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.services import InsufficientFunds
from majlis.kit import clock
from majlis.kit.errors import TooMany
from majlis.kit.money import Money

WALLET = "wallet"


class PayForm(forms.Form):
    """How the buyer wants to pay."""

    gateway = forms.ChoiceField(label=gettext_lazy("Pay with"), widget=forms.RadioSelect)
    use_wallet = forms.BooleanField(required=False)
    keep = forms.BooleanField(label=gettext_lazy("Keep this way to pay for renewals"), required=False, initial=True)

    def __init__(self, *args: Any, ways: list[tuple[str, Any]], wallet: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["gateway"].choices = ways  # type: ignore[attr-defined]
        self.fields["use_wallet"].label = wallet


class ReceiptForm(forms.Form):
    """The proof of a bank transfer."""

    receipt = forms.FileField(
        label=gettext_lazy("Your receipt"), help_text=gettext_lazy("A picture or PDF, up to 8 MB")
    )
    note = forms.CharField(
        label=gettext_lazy("Anything we should know"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("For example the name on the bank account, if it is not yours."),
    )


@login_required
@never_cache
@require_GET
def show(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """What is bought, when, what it costs and why, the refund policy in words, and the ways to pay."""
    order = queries.order(order_id, request.user)
    if order.status == OrderStatus.PAID:
        return HttpResponseRedirect(queries.landing(order))
    return render(request, "billing/checkout.html", _checkout(request, order))


def _checkout(request: HttpRequest, order: Any, form: PayForm | None = None) -> dict[str, Any]:
    missing = queries.remaining(order)
    wallet = ledger.available(order.buyer_id, order.unit) + order.wallet_part
    missing_without = missing + order.wallet_part
    ways = _ways(order, wallet, missing_without)
    part = wallet if wallet < missing_without else missing_without
    payments = queries.payments_of(order)
    ended = order.status != OrderStatus.OPEN or (order.expires_at and order.expires_at <= clock.now())
    initial = {"gateway": ways[0][0] if ways else "", "use_wallet": bool(order.wallet_part), "keep": True}
    return {
        "order": order,
        "lines": queries.described(order),
        "vat": queries.vat_lines(order),
        "coupons": queries.coupons_on(order),
        "policies": [
            (line, [("scale", sentence) for sentence in line.policy["words"]])
            for line in order.lines
            if line.policy.get("words")
        ],
        "form": form or PayForm(ways=ways, wallet=_wallet_words(part), initial=initial),
        "notes": {code: str(note) for code, _name, note in _explained(order, missing_without)},
        "renews": any(line.policy.get("renews") for line in order.lines),
        "offers_wallet_part": wallet.amount > 0 and wallet < missing_without,
        "wallet": wallet,
        "part": part,
        "missing": missing_without,
        "arrived": order.total - missing_without,
        "ended": ended,
        "failed": payments[0] if payments and payments[0].status == PaymentStatus.FAILED else None,
        "waiting": next((each for each in payments if each.status in LIVE_PAYMENTS and each.provider_ref), None),
        "under_review": any(
            transfer.status == TransferStatus.SUBMITTED for each in payments for transfer in each.transfers.all()
        ),
    }


def _explained(order: Any, missing: Money) -> list[tuple[str, Any, Any]]:
    offered = queries.gateways_for(missing, order.buyer)
    return [(gateway.code, gateway.name, gateway.summary) for gateway in offered]


def _ways(order: Any, wallet: Money, missing: Money) -> list[tuple[str, Any]]:
    """The wallet first, if it can pay everything, then the gateways."""
    ways = [(code, name) for code, name, _note in _explained(order, missing)]
    if wallet >= missing:
        ways.insert(0, (WALLET, _("Your wallet (%(money)s available)") % {"money": wallet.display()}))
    return ways


def _wallet_words(part: Money) -> str:
    return _("Use %(money)s from your wallet first") % {"money": part.display()}


@login_required
@never_cache
@require_POST
def coupon(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Price the order anew with a coupon (an empty code: without one); a refused one is said at its field."""
    code = request.POST.get("code", "").strip()
    try:
        order = services.set_coupons(order_id=order_id, codes=[code] if code else [], actor=request.user)
    except (services.CouponRefused, services.MoneyHasArrived, TooMany) as refusal:
        order = queries.order(order_id, request.user)
        context = {**_checkout(request, order), "code": code, "coupon_refusal": refusal}
        return render(request, "billing/checkout.html", context, status=refusal.status)
    return _onwards(request, order) if order.status == OrderStatus.PAID else redirect("checkout", order_id=order_id)


@login_required
@never_cache
@require_POST
def pay(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Start paying: pressing twice starts once. On to the gateway's page, the instructions, or what was bought."""
    order = queries.order(order_id, request.user)
    if order.status == OrderStatus.PAID:
        return _onwards(request, order)
    missing = queries.remaining(order) + order.wallet_part
    wallet = ledger.available(order.buyer_id, order.unit) + order.wallet_part
    form = PayForm(request.POST, ways=_ways(order, wallet, missing), wallet=_wallet_words(wallet))
    if not form.is_valid():
        return render(request, "billing/checkout.html", _checkout(request, order, form), status=422)
    try:
        if form.cleaned_data["gateway"] == WALLET:
            return _onwards(request, services.pay_from_wallet(order_id=order_id, actor=request.user))
        started = services.start_payment(
            order_id=order_id,
            gateway=form.cleaned_data["gateway"],
            actor=request.user,
            return_url=reverse("checkout_return", kwargs={"order_id": order_id}),
            from_wallet=wallet if form.cleaned_data["use_wallet"] else Money(0, order.unit),
            keep=form.cleaned_data["keep"] and any(line.policy.get("renews") for line in order.lines),
        )
    except services.AlreadyPaid:
        return _onwards(request, queries.order(order_id, request.user))
    except (services.GatewayUnreachable, services.GatewayNotOffered, InsufficientFunds) as refusal:
        form.add_error(None, str(refusal))
        fresh = queries.order(order_id, request.user)
        return render(request, "billing/checkout.html", _checkout(request, fresh, form), status=refusal.status)
    return hand_over(started)


def _onwards(request: HttpRequest, order: Any) -> HttpResponse:
    messages.success(request, _("Paid. Thank you!"))
    return _go(request, queries.landing(order))


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """On to another page, also from a page that is only looking again by itself."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


@login_required
@never_cache
@require_GET
def come_back(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Where a gateway sends the buyer back to: asks the gateway how it went, and says it."""
    order = queries.order(order_id, request.user)
    attempt = _attempt(request)
    if attempt is not None and attempt.order_id == order.id:
        attempt = _look(attempt)
        order = queries.order(order_id, request.user)
    if order.status == OrderStatus.PAID:
        return _onwards(request, order)
    if attempt is not None and attempt.status in LIVE_PAYMENTS and order.status == OrderStatus.OPEN:
        return render(request, "billing/pending.html", {"order": order, "payment": attempt})
    return _go(request, reverse("checkout", kwargs={"order_id": order_id}))


def _attempt(request: HttpRequest) -> Any:
    """The payment named in the address, if it is the reader's."""
    named = request.GET.get("payment", "")
    return queries.payment(named, request.user) if named else None


def _look(attempt: Any) -> Any:
    """Ask the gateway; if it does not answer, what we knew still holds."""
    try:
        return services.refresh_payment(attempt.id)
    except (services.GatewayUnreachable, services.KeysRefused):
        return attempt


@login_required
@require_POST
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Give the order up."""
    services.cancel_order(order_id=order_id, actor=request.user)
    messages.info(request, _("The order is cancelled. Nothing was taken."))
    return redirect("orders")


@login_required
@never_cache
@require_GET
def payment(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """One attempt to pay: what to do (bank details, an address for coins), or how it stands."""
    attempt = queries.payment(payment_id, request.user)
    coins = queries.coin_request(attempt)
    if coins is None:
        if attempt.gateway != "manual" and attempt.order is not None and attempt.order.status == OrderStatus.PAID:
            return _onwards(request, attempt.order)
        return render(request, "billing/payment.html", _payment(request, payment_id, ReceiptForm()))
    if attempt.order is not None and attempt.order.status == OrderStatus.PAID:
        return _onwards(request, attempt.order)
    return render(request, "billing/coins.html", {"payment": attempt, "order": attempt.order, "coins": coins})


@login_required
@require_POST
def new_rate(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """The rate of a payment in coins is over: lock the present one for what is missing."""
    try:
        services.lock_rate_again(payment_id=payment_id, actor=request.user)
    except services.NoCoinRate as refusal:
        messages.error(request, str(refusal))
    return redirect("payment", payment_id=payment_id)


def _payment(request: HttpRequest, payment_id: UUID, form: ReceiptForm) -> dict[str, Any]:
    attempt = queries.payment(payment_id, request.user)
    transfers = list(attempt.transfers.order_by("-id"))
    return {
        "payment": attempt,
        "order": attempt.order,
        "form": form,
        "transfers": transfers,
        "way": queries.way_of(attempt),
        "waits": any(transfer.status == TransferStatus.SUBMITTED for transfer in transfers),
    }


@login_required
@require_POST
def receipt(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """Take the receipt of a bank transfer."""
    form = ReceiptForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "billing/payment.html", _payment(request, payment_id, form), status=422)
    queries.payment(payment_id, request.user)
    upload = form.cleaned_data["receipt"]
    stored = files.store_file(actor=request.user, content=upload, name=upload.name, purpose="receipt")
    services.send_receipt(payment_id=payment_id, file_id=stored.id, note=form.cleaned_data["note"], actor=request.user)
    messages.success(request, _("Thank you. We check it and tell you as soon as the money is found."))
    return redirect("payment", payment_id=payment_id)
