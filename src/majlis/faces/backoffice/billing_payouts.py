"""Money going out, and what the house keeps: withdrawals, their methods, commission rules."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import CommissionRule, Withdrawal, WithdrawalMethod
from majlis.engines.billing.types import OPEN_WITHDRAWALS, BatchStatus, WithdrawalStatus
from majlis.faces.backoffice.billing import MONEY, read_amount
from majlis.faces.backoffice.billing_methods import destination_words
from majlis.faces.backoffice.figures import Figure
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReasonForm, link_to, office, service_action
from majlis.faces.backoffice.telling import told
from majlis.kernel.accounts import queries as people
from majlis.kernel.files import queries as files
from majlis.kernel.files import services as file_services
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid
from majlis.kit.money import Money
from majlis.kit.translated import in_language

S = WithdrawalStatus


class NoteForm(forms.Form):
    """What the person is told with it."""

    note = forms.CharField(label=_("Note to the person"), required=False, max_length=300)


class PaidForm(NoteForm):
    """The proof of a transfer."""

    transfer_ref = forms.CharField(label=_("Reference of the transfer"), max_length=100)
    receipt = forms.FileField(label=_("Receipt"), required=False, help_text=_("A picture or PDF, up to 8 MB."))
    field_order = ("transfer_ref", "receipt", "note")


class AnswerForm(NoteForm):
    """Yes or no to what the person asked."""

    agree = forms.TypedChoiceField(
        label=_("Answer"), coerce=lambda value: value == "yes", choices=[("yes", _("Agree")), ("no", _("Refuse"))]
    )
    field_order = ("agree", "note")


@admin.register(Withdrawal, site=office)
class WithdrawalPage(ReadOnlyAdmin):
    """What people want out, and what is to do about it."""

    view_roles = MONEY
    list_display = ("number", "created_at", "person_link", "method_name", "asked", "payout_printed", "status")
    list_filter = ("status", "unit", "method__code")
    search_fields = ("number", "person__email", "person__name", "transfer_ref", "=id")
    ordering = ("-id",)
    list_select_related = ("person", "method", "batch")
    fields = (
        "number",
        "person_link",
        "status",
        "asked",
        "payout_printed",
        "method_name",
        "where_to",
        "asked_instead",
        "note",
        "batch_link",
        "transfer_ref",
        "receipt",
        "steps",
    )
    readonly_fields = (
        "person_link",
        "asked",
        "payout_printed",
        "method_name",
        "where_to",
        "asked_instead",
        "batch_link",
        "receipt",
        "steps",
    )

    @admin.display(description=_("Person"))
    def person_link(self, withdrawal: Withdrawal) -> Any:
        return link_to(withdrawal.person)

    @admin.display(description=_("Method"))
    def method_name(self, withdrawal: Withdrawal) -> str:
        return in_language(withdrawal.method.name)

    @admin.display(description=_("Out of the wallet"), ordering="amount")
    def asked(self, withdrawal: Withdrawal) -> str:
        return withdrawal.money.display()

    @admin.display(description=_("To transfer"))
    def payout_printed(self, withdrawal: Withdrawal) -> str:
        return withdrawal.payout.display()

    @admin.display(description=_("Where to"))
    def where_to(self, withdrawal: Withdrawal) -> str:
        return destination_words(withdrawal.method, withdrawal.destination)

    @admin.display(description=_("Change asked for"))
    def asked_instead(self, withdrawal: Withdrawal) -> str:
        if withdrawal.change is None:
            return "–"
        method = WithdrawalMethod.objects.get(id=withdrawal.change["method_id"])
        return f"{in_language(method.name)}\n{destination_words(method, withdrawal.change['destination'])}"

    @admin.display(description=_("Batch"))
    def batch_link(self, withdrawal: Withdrawal) -> Any:
        return link_to(withdrawal.batch)

    @admin.display(description=_("Receipt"))
    def receipt(self, withdrawal: Withdrawal) -> Any:
        if withdrawal.receipt_id is None:
            return "–"
        return format_html('<a href="{}">{}</a>', files.file_url(withdrawal.receipt_id), _now("See the receipt"))

    @admin.display(description=_("History"))
    def steps(self, withdrawal: Withdrawal) -> str:
        return told(withdrawal)

    @service_action(
        _("Approve"),
        roles=MONEY,
        form=NoteForm,
        shown=lambda withdrawal: withdrawal.status == S.PENDING,
        consequence=lambda withdrawal: (
            _("The person is told that %(amount)s will be transferred.") % {"amount": withdrawal.payout.display()}
        ),
    )
    def approve(self, request: HttpRequest, withdrawal: Withdrawal, data: dict[str, Any]) -> None:
        services.approve_withdrawal(withdrawal_id=withdrawal.id, actor=request.user, note=data["note"])

    @service_action(
        _("Transferred"),
        roles=MONEY,
        form=PaidForm,
        shown=lambda withdrawal: withdrawal.status in (S.APPROVED, S.CHANGE_REQUESTED, S.CANCEL_REQUESTED),
        consequence=lambda withdrawal: (
            _("Only once %(amount)s has really been sent: this cannot be taken back.")
            % {"amount": withdrawal.payout.display()}
        ),
    )
    def paid(self, request: HttpRequest, withdrawal: Withdrawal, data: dict[str, Any]) -> None:
        receipt_id = None
        if data["receipt"]:
            stored = file_services.store_file(
                actor=request.user, content=data["receipt"], name=data["receipt"].name, purpose="receipt"
            )
            receipt_id = stored.id
        services.mark_withdrawal_paid(
            withdrawal_id=withdrawal.id,
            actor=request.user,
            transfer_ref=data["transfer_ref"],
            receipt_id=receipt_id,
            note=data["note"],
        )

    @service_action(
        _("Reject"),
        roles=MONEY,
        form=ReasonForm,
        danger=True,
        shown=lambda withdrawal: withdrawal.status in (S.PENDING, S.APPROVED),
        consequence=lambda withdrawal: (
            _("%(amount)s goes back into the wallet.") % {"amount": withdrawal.money.display()}
        ),
    )
    def reject(self, request: HttpRequest, withdrawal: Withdrawal, data: dict[str, Any]) -> None:
        services.reject_withdrawal(withdrawal_id=withdrawal.id, reason=data["reason"], actor=request.user)

    @service_action(
        _("Take out of the batch"),
        roles=MONEY,
        form=ReasonForm,
        shown=lambda withdrawal: withdrawal.batch is not None and withdrawal.batch.status == BatchStatus.EXPORTED,
        consequence=lambda withdrawal: _("Only if the bank does not transfer it: it waits for another file."),
    )
    def take_out(self, request: HttpRequest, withdrawal: Withdrawal, data: dict[str, Any]) -> None:
        services.take_out_of_batch(withdrawal_id=withdrawal.id, reason=data["reason"], actor=request.user)

    @service_action(
        _("Answer the request"),
        roles=MONEY,
        form=AnswerForm,
        shown=lambda withdrawal: withdrawal.status in (S.CHANGE_REQUESTED, S.CANCEL_REQUESTED),
        consequence=lambda withdrawal: (
            _("Agreed, the money goes back into the wallet.")
            if withdrawal.status == S.CANCEL_REQUESTED
            else _("Agreed, it waits for approval again, with the new details.")
        ),
    )
    def answer(self, request: HttpRequest, withdrawal: Withdrawal, data: dict[str, Any]) -> None:
        services.answer_withdrawal_request(
            withdrawal_id=withdrawal.id, agree=data["agree"], actor=request.user, note=data["note"]
        )


class RuleForm(ReasonForm):
    """A commission."""

    percent = forms.DecimalField(label=_("Percent"), min_value=0, max_value=100, decimal_places=2)
    fixed = forms.CharField(label=_("And a fixed amount"), required=False, max_length=20)
    unit = forms.ChoiceField(label=_("Its currency"), required=False)
    kind = forms.ChoiceField(label=_("For"), required=False)
    seller = forms.EmailField(label=_("Of one seller (e-mail)"), required=False)
    trial = forms.BooleanField(label=_("Trial lessons only"), required=False)
    turnover = forms.CharField(
        label=_("Only from sales of (per month)"), required=False, max_length=20, help_text=_("Net, in its currency.")
    )
    ends_on = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    field_order = ("percent", "fixed", "unit", "kind", "seller", "trial", "turnover", "ends_on", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = [(unit, unit) for unit in edition().currencies]
        kinds = [(kind, kind) for kind in queries.kinds()]
        self.fields["unit"].choices = [("", "–"), *units]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("Everything")), *kinds]  # type: ignore[attr-defined]


@admin.register(CommissionRule, site=office)
class RulePage(ReadOnlyAdmin):
    """What the house keeps of a sale. The most particular rule in force wins; orders keep theirs."""

    view_roles = MONEY
    list_display = ("percent", "fixed_printed", "for_what", "seller_link", "starts_at", "ends_at", "note")
    ordering = ("-id",)
    list_select_related = ("seller",)
    fields = ("percent", "fixed_printed", "for_what", "seller_link", "starts_at", "ends_at", "note")
    readonly_fields = ("percent", "fixed_printed", "for_what", "seller_link")

    @admin.display(description=_("Percent"), ordering="basis_points")
    def percent(self, rule: CommissionRule) -> str:
        return str(rule)

    @admin.display(description=_("Fixed"))
    def fixed_printed(self, rule: CommissionRule) -> str:
        return Money(rule.fixed, rule.unit).display() if rule.fixed else "–"

    @admin.display(description=_("For"))
    def for_what(self, rule: CommissionRule) -> Any:
        words = [rule.kind or str(_("Everything")), rule.variant]
        if rule.turnover_amount:
            words.append(f"≥ {Money(rule.turnover_amount, rule.unit).display()}")
        return " · ".join(word for word in words if word)

    @admin.display(description=_("Seller"))
    def seller_link(self, rule: CommissionRule) -> Any:
        return link_to(rule.seller) if rule.seller else _("Everybody")

    @service_action(
        _("Add a rule"),
        form=RuleForm,
        on_list=True,
        consequence=lambda row: _("It holds for orders placed from now on. Orders placed before keep theirs."),
    )
    def add_rule(self, request: HttpRequest, row: None, data: dict[str, Any]) -> None:
        seller = people.person_by_email(data["seller"]) if data["seller"] else None
        if data["seller"] and seller is None:
            raise Invalid(errors={"seller": _("Nobody has this address.")})
        if (data["fixed"] or data["turnover"]) and not data["unit"]:
            raise Invalid(errors={"unit": _("Say in which currency.")})
        services.add_commission_rule(
            actor=request.user,
            basis_points=int(data["percent"] * 100),
            fixed=read_amount(data["fixed"], data["unit"]) if data["fixed"] else None,
            kind=data["kind"],
            seller=seller,
            variant="trial" if data["trial"] else "",
            turnover_from=read_amount(data["turnover"], data["unit"]) if data["turnover"] else None,
            ends_at=_midnight(data["ends_on"]),
            note=data["reason"],
        )

    @service_action(
        _("End it now"),
        danger=True,
        shown=lambda rule: rule.ends_at is None or rule.ends_at > clock.now(),
        consequence=lambda rule: _("Orders made under it keep it."),
    )
    def end_rule(self, request: HttpRequest, rule: CommissionRule, data: dict[str, Any]) -> None:
        services.end_commission_rule(actor=request.user, rule_id=rule.id)


def _midnight(day: date | None) -> datetime | None:
    """The end of a rule that holds up to and with `day`, on the house's wall."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(edition().zone))


@office.panel(order=21, roles=MONEY)
def withdrawals_waiting(request: HttpRequest) -> list[Figure]:
    """Withdrawals that want an answer or a transfer."""
    asked = Withdrawal.objects.filter(status__in=OPEN_WITHDRAWALS)
    to_decide = asked.exclude(status=S.APPROVED).count()
    page = reverse(f"{office.name}:billing_withdrawal_changelist")
    return [
        Figure(_("Withdrawals to decide"), to_decide, f"{page}?status__exact=pending", alarm=to_decide > 0),
        Figure(_("Withdrawals to transfer"), asked.filter(status=S.APPROVED).count(), f"{page}?status__exact=approved"),
    ]
