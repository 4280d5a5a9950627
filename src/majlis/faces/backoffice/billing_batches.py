"""Withdrawals given to a bank in one file."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import PayoutBatch, Withdrawal
from majlis.engines.billing.types import BatchStatus
from majlis.faces.backoffice.billing import MONEY
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReadOnlyRows, ReasonForm, office, service_action
from majlis.faces.backoffice.telling import told
from majlis.kernel.accounts import services as accounts
from majlis.kernel.files import queries as files
from majlis.kernel.files import services as file_services
from majlis.kit.errors import NotFound
from majlis.kit.translated import in_language


class BankForm(forms.Form):
    """What the bank said."""

    transfer_ref = forms.CharField(label=_("The bank's reference"), max_length=100)
    receipt = forms.FileField(label=_("Receipt"), required=False, help_text=_("A picture or PDF, up to 8 MB."))


class Rows(ReadOnlyRows):
    """Who is in it."""

    model = Withdrawal
    fk_name = "batch"
    fields = ("number", "person", "status", "payout_printed")
    readonly_fields = fields
    show_change_link = True
    ordering = ("id",)

    @admin.display(description=_("To transfer"))
    def payout_printed(self, withdrawal: Withdrawal) -> str:
        return withdrawal.payout.display()


@admin.register(PayoutBatch, site=office)
class BatchPage(ReadOnlyAdmin):
    """Files for the bank. A new one is made on the page of a withdrawal method."""

    view_roles = MONEY
    list_display = ("number", "created_at", "method_name", "count", "total", "status")
    list_filter = ("status", "unit", "method__code")
    search_fields = ("number", "transfer_ref", "checksum", "=id")
    ordering = ("-id",)
    list_select_related = ("method",)
    inlines = (Rows,)
    fields = (
        "number",
        "method_name",
        "status",
        "count",
        "total",
        "file",
        "checksum",
        "transfer_ref",
        "receipt",
        "steps",
    )
    readonly_fields = ("method_name", "total", "file", "receipt", "steps")

    @admin.display(description=_("Method"))
    def method_name(self, batch: PayoutBatch) -> str:
        return f"{in_language(batch.method.name)} · {batch.unit}"

    @admin.display(description=_("Total"), ordering="amount")
    def total(self, batch: PayoutBatch) -> str:
        return batch.money.display()

    @admin.display(description=_("File"))
    def file(self, batch: PayoutBatch) -> Any:
        address = reverse(f"{office.name}:billing_payoutbatch_file", args=[batch.pk])
        return format_html('<a href="{}" download>{}</a>', address, _now("Download the CSV"))

    @admin.display(description=_("Receipt"))
    def receipt(self, batch: PayoutBatch) -> Any:
        if batch.receipt_id is None:
            return "–"
        return format_html('<a href="{}">{}</a>', files.file_url(batch.receipt_id), _now("See the receipt"))

    @admin.display(description=_("History"))
    def steps(self, batch: PayoutBatch) -> str:
        return told(batch)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        return [path("<path:object_id>/file/", view, name="billing_payoutbatch_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The file as it was exported. Who took it stands in the audit trail: it holds people's bank accounts."""
        if not self.has_view_permission(request):
            raise NotFound
        batch = queries.batch(object_id)
        person: Any = request.user
        accounts.record_act(actor=person, action="billing.batch_downloaded", target=f"billing.payoutbatch:{batch.id}")
        answer = HttpResponse(batch.content, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="payouts-{batch.number}.csv"'
        answer["Cache-Control"] = "no-store"
        return answer

    @service_action(
        _("The bank transferred it"),
        roles=MONEY,
        form=BankForm,
        shown=lambda batch: batch.status == BatchStatus.EXPORTED,
        consequence=lambda batch: (
            ngettext_lazy(
                "%(count)s withdrawal, %(amount)s, is marked as paid and its person told. It cannot be taken back.",
                "%(count)s withdrawals, %(amount)s, are marked as paid and their people told. It cannot be taken back.",
                batch.withdrawals.count(),
            )
            % {"count": batch.withdrawals.count(), "amount": batch.money.display()}
        ),
    )
    def paid(self, request: HttpRequest, batch: PayoutBatch, data: dict[str, Any]) -> None:
        receipt_id = None
        if data["receipt"]:
            receipt_id = file_services.store_file(
                actor=request.user, content=data["receipt"], name=data["receipt"].name, purpose="receipt"
            ).id
        services.mark_batch_paid(
            batch_id=batch.id, actor=request.user, transfer_ref=data["transfer_ref"], receipt_id=receipt_id
        )

    @service_action(
        _("Never sent: cancel it"),
        roles=MONEY,
        form=ReasonForm,
        danger=True,
        shown=lambda batch: batch.status == BatchStatus.EXPORTED,
        consequence=lambda batch: _("Its withdrawals wait for another file. Only if the bank never got this one."),
    )
    def cancel(self, request: HttpRequest, batch: PayoutBatch, data: dict[str, Any]) -> None:
        services.cancel_batch(batch_id=batch.id, reason=data["reason"], actor=request.user)
