"""Gifts: money, or a package, as a code."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from majlis.engines.billing import queries, services
from majlis.kernel.accounts import services as accounts
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import parse_amount


class GiftForm(forms.Form):
    """What is given, to whom, with which words."""

    amount = forms.CharField(label=gettext_lazy("Amount"), max_length=20)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    to_name = forms.CharField(label=gettext_lazy("Whom is it for?"), max_length=100)
    to_email = forms.EmailField(
        label=gettext_lazy("Their e-mail"),
        required=False,
        help_text=gettext_lazy("We send the code as soon as it is paid. Leave it empty to hand it over yourself."),
    )
    from_name = forms.CharField(label=gettext_lazy("From"), max_length=100, required=False)
    message = forms.CharField(
        label=gettext_lazy("A few words"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [(unit, unit) for unit in edition().currencies]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "amount" in said and "currency" in said:
            try:
                said["minor"] = parse_amount(said["amount"], said["currency"]).amount
            except ValueError:
                self.add_error("amount", _("Write an amount, such as 12.50."))
        return said


class CodeForm(forms.Form):
    """A code to redeem."""

    code = forms.CharField(label=gettext_lazy("The code of your gift"), max_length=40)


@login_required
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Choose a gift; it goes into the cart. With `?package=` it is that package."""
    member: Any = request.user
    package = request.POST.get("package") or request.GET.get("package", "")
    initial = {"currency": member.currency or edition().currency, "from_name": member.name}
    form = GiftForm(request.POST or None, initial=initial)
    meant = None
    if package:
        for name in ("amount", "currency"):
            del form.fields[name]
        meant = queries.offered_now("package", {"package": package}, member)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        choice = {name: said[name] for name in ("to_name", "to_email", "from_name", "message")}
        if package:
            choice |= {"for_kind": "package", "for_choice": {"package": package}}
        else:
            choice |= {"amount": said["minor"], "currency": said["currency"]}
        try:
            services.add_to_cart(person=member, kind="gift_code", choice=choice)
        except Invalid as refusal:
            for name, sentence in refusal.errors.items():
                form.add_error(name if name in form.fields else None, str(sentence))
        else:
            return redirect("cart")
    context = {"form": form, "meant": meant, "package": package, "given": queries.gifts_of(member)}
    return render(request, "billing/gift_new.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_GET
def show(request: HttpRequest, gift_id: UUID) -> HttpResponse:
    """A gift: its buyer sees the code, who redeemed it sees what it was."""
    gift = queries.gift(gift_id, request.user)
    mine = gift.buyer_id == request.user.pk
    code = queries.code_of(gift) if mine and gift.status == "active" else ""
    return render(request, "billing/gift.html", {"gift": gift, "code": code, "mine": mine})


@login_required
@never_cache
@require_GET
def card(request: HttpRequest, gift_id: UUID) -> HttpResponse:
    """The card to print."""
    gift = queries.gift(gift_id, request.user)
    if gift.buyer_id != request.user.pk or gift.status != "active":
        raise NotFound
    answer = HttpResponse(queries.gift_pdf(gift, get_language() or "en"), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="gift.pdf"'
    return answer


@login_required
@never_cache
def redeem(request: HttpRequest) -> HttpResponse:
    """Put a gift into the wallet."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        accounts.throttle(scope="billing.gift_ip", key=request.META.get("REMOTE_ADDR", ""), limit=60, seconds=3600)
        try:
            gift = services.redeem_gift(code=form.cleaned_data["code"], person=request.user)
        except Refusal as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(request, _("%(amount)s is yours. Enjoy it!") % {"amount": gift.money.display()})
            return redirect("gift", gift_id=gift.id)
    return render(request, "billing/gift_redeem.html", {"form": form}, status=422 if form.errors else 200)
