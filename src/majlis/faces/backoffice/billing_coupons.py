"""Coupons and gifts, as staff sees them."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Coupon, CouponUse, GiftCode
from majlis.engines.billing.types import Bearer, Cycle
from majlis.faces.backoffice.billing import LOOKERS, MONEY, read_amount
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReadOnlyRows, ReasonForm, link_to, office, service_action
from majlis.faces.backoffice.telling import told
from majlis.kernel.accounts import queries as people
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid

CYCLES = ("month", "quarter", "half_year", "year")


class CouponForm(ReasonForm):
    """A new coupon: a percentage, one per cycle where they differ, or a fixed amount."""

    code = forms.CharField(label=_("Code"), max_length=32)
    percent = forms.DecimalField(label=_("Percent off"), min_value=0, max_value=100, decimal_places=2, required=False)
    month = forms.DecimalField(label=_("Percent off by the month"), min_value=0, max_value=100, required=False)
    quarter = forms.DecimalField(label=_("Percent off by the quarter"), min_value=0, max_value=100, required=False)
    half_year = forms.DecimalField(label=_("Percent off by the half-year"), min_value=0, max_value=100, required=False)
    year = forms.DecimalField(label=_("Percent off by the year"), min_value=0, max_value=100, required=False)
    amount = forms.CharField(label=_("Or an amount off"), max_length=20, required=False)
    unit = forms.ChoiceField(label=_("Its currency"), required=False)
    borne_by = forms.ChoiceField(label=_("Who bears it"), choices=Bearer.choices)
    kinds = forms.MultipleChoiceField(label=_("Only for"), required=False)
    families = forms.CharField(label=_("Only these plans or products"), required=False, help_text=_("One per line."))
    seller = forms.EmailField(label=_("Of one seller (e-mail)"), required=False)
    total_uses = forms.IntegerField(label=_("How often in all"), min_value=1, required=False)
    once_per_person = forms.BooleanField(label=_("Once per person"), required=False, initial=True)
    minimum = forms.CharField(label=_("From a purchase of"), max_length=20, required=False)
    first_purchase = forms.BooleanField(label=_("First purchase only"), required=False)
    stacks = forms.BooleanField(label=_("Together with others"), required=False)
    ends_on = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "–"), *((unit, unit) for unit in edition().currencies)]  # type: ignore
        self.fields["kinds"].choices = [(kind, kind) for kind in queries.kinds()]  # type: ignore[attr-defined]
        self.order_fields([name for name in self.fields if name != "reason"])

    def discounts(self) -> list[tuple[str, Any]]:
        """As the service takes them."""
        said = self.cleaned_data
        found: list[tuple[str, Any]] = []
        for cycle, name in zip(("", *CYCLES), ("percent", "month", "quarter", "half_year", "year"), strict=True):
            if said[name]:
                found.append((cycle, int(said[name] * 100)))
        if said["amount"]:
            found.append(("", read_amount(said["amount"], said["unit"])))
        return found


class ChangeForm(ReasonForm):
    """What may change about a coupon."""

    total_uses = forms.IntegerField(label=_("How often in all"), min_value=1, required=False)
    ends_on = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    field_order = ("total_uses", "ends_on", "reason")


def end_of(day: date | None) -> datetime | None:
    """The end of `day` on the house's wall."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(edition().zone))


class Uses(ReadOnlyRows):
    """Who took it."""

    model = CouponUse
    fk_name = "coupon"
    fields = ("person", "order", "off", "created_at", "returned_at")
    readonly_fields = fields
    ordering = ("-id",)

    @admin.display(description=_("Took off"))
    def off(self, use: CouponUse) -> str:
        return use.money.display()


@admin.register(Coupon, site=office)
class CouponPage(ReadOnlyAdmin):
    """Codes that take something off."""

    view_roles = MONEY
    list_display = ("code", "takes_off", "used", "expires_at", "borne_by", "enabled", "note")
    list_filter = ("enabled", "borne_by")
    search_fields = ("code", "note", "=id")
    ordering = ("-id",)
    inlines = (Uses,)
    fields = (
        "code",
        "takes_off",
        "used",
        "borne_by",
        "kinds",
        "families",
        "seller_link",
        "starts_at",
        "expires_at",
        "once_per_person",
        "first_purchase",
        "stacks",
        "least",
        "enabled",
        "note",
        "created_by",
        "updated_by",
    )
    readonly_fields = ("takes_off", "used", "seller_link", "least")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("discounts").select_related("seller")

    @admin.display(description=_("Takes off"))
    def takes_off(self, coupon: Coupon) -> str:
        cycles = dict(Cycle.choices)
        return " · ".join(f"{cycles.get(each.cycle, '')} {each}".strip() for each in coupon.discounts.all())

    @admin.display(description=_("Used"), ordering="uses")
    def used(self, coupon: Coupon) -> str:
        return f"{coupon.uses} / {coupon.total_uses}" if coupon.total_uses else str(coupon.uses)

    @admin.display(description=_("Seller"))
    def seller_link(self, coupon: Coupon) -> Any:
        return link_to(coupon.seller) if coupon.seller else _("Everybody")

    @admin.display(description=_("From a purchase of"))
    def least(self, coupon: Coupon) -> str:
        return coupon.minimum.display() if coupon.minimum else "–"

    @service_action(_("Add a coupon"), roles=MONEY, form=CouponForm, on_list=True)
    def add_coupon(self, request: HttpRequest, row: None, data: dict[str, Any]) -> None:
        seller = people.person_by_email(data["seller"]) if data["seller"] else None
        if data["seller"] and seller is None:
            raise Invalid(errors={"seller": _("Nobody has this address.")})
        if (data["amount"] or data["minimum"]) and not data["unit"]:
            raise Invalid(errors={"unit": _("Say in which currency.")})
        form = CouponForm()
        form.cleaned_data = data
        services.add_coupon(
            actor=request.user,
            code=data["code"],
            discounts=form.discounts(),
            note=data["reason"][:200],
            kinds=data["kinds"],
            families=data["families"].split(),
            seller=seller,
            borne_by=data["borne_by"],
            expires_at=end_of(data["ends_on"]),
            total_uses=data["total_uses"],
            once_per_person=data["once_per_person"],
            minimum=read_amount(data["minimum"], data["unit"]) if data["minimum"] else None,
            first_purchase=data["first_purchase"],
            stacks=data["stacks"],
        )

    @service_action(_("Change its end or its number"), roles=MONEY, form=ChangeForm)
    def change(self, request: HttpRequest, coupon: Coupon, data: dict[str, Any]) -> None:
        services.change_coupon(
            actor=request.user,
            coupon_id=coupon.id,
            reason=data["reason"],
            total_uses=data["total_uses"],
            expires_at=end_of(data["ends_on"]),
        )

    @service_action(
        _("Switch off"),
        roles=MONEY,
        form=ReasonForm,
        danger=True,
        shown=lambda coupon: coupon.enabled,
        consequence=lambda coupon: _("Nobody can use it any more. Orders that took it keep it."),
    )
    def switch_off(self, request: HttpRequest, coupon: Coupon, data: dict[str, Any]) -> None:
        services.change_coupon(actor=request.user, coupon_id=coupon.id, reason=data["reason"], enabled=False)

    @service_action(_("Switch on"), roles=MONEY, form=ReasonForm, shown=lambda coupon: not coupon.enabled)
    def switch_on(self, request: HttpRequest, coupon: Coupon, data: dict[str, Any]) -> None:
        services.change_coupon(actor=request.user, coupon_id=coupon.id, reason=data["reason"], enabled=True)


@admin.register(GiftCode, site=office)
class GiftPage(ReadOnlyAdmin):
    """Gifts, without their codes: those are their buyers'."""

    view_roles = LOOKERS
    list_display = ("created_at", "buyer_link", "to_name", "worth", "status", "expires_at", "redeemed_by")
    list_filter = ("status", "unit")
    search_fields = ("buyer__email", "to_email", "to_name", "=id")
    ordering = ("-id",)
    list_select_related = ("buyer", "redeemed_by")
    fields = ("buyer_link", "to_name", "to_email", "worth", "for_title", "status", "expires_at", "redeemed_by", "steps")
    readonly_fields = ("buyer_link", "worth", "steps")

    @admin.display(description=_("Buyer"))
    def buyer_link(self, gift: GiftCode) -> Any:
        return link_to(gift.buyer)

    @admin.display(description=_("Worth"), ordering="amount")
    def worth(self, gift: GiftCode) -> str:
        return gift.money.display()

    @admin.display(description=_("History"))
    def steps(self, gift: GiftCode) -> str:
        return told(gift)
