"""What the accountant gets."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models.orders import Order
from majlis.engines.billing.types import InvoiceKind, TaxCheck
from majlis.kit.db import Record
from majlis.kit.money import MoneyOf


class InvoiceSeries(models.Model):
    """The last number given in one series: one seller, one kind of document, one year. Locked while a number is taken,
    so that numbers have no gaps."""

    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    """None is the house."""
    kind = models.CharField(max_length=12, choices=InvoiceKind.choices)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "year"], name="one_series_per_seller_kind_and_year", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class InvoiceRows(models.QuerySet["Invoice"]):
    """Filters on invoices."""

    def visible_to(self, person: Any) -> "InvoiceRows":
        """Those the person pays or earns by."""
        return self.filter(Q(buyer=person) | Q(seller=person))


class Invoice(Record):
    """An invoice, or the credit note that takes back a part of one. A trigger refuses any change: a mistake is mended
    by a credit note. Amounts of a credit note are positive and say how much is taken back."""

    kind = models.CharField(max_length=12, choices=InvoiceKind.choices)
    number = models.CharField(max_length=32)
    """As printed: `2026-000042`, `CN-2026-000003`, with the seller's code before it unless the house sells."""
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="credit_notes")
    key = models.CharField(max_length=100, unique=True)
    """What it was issued for, so that it is issued once."""
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seller_facts = models.JSONField()
    """Name, address, tax number as they were."""
    buyer_facts = models.JSONField()
    unit = models.CharField(max_length=5)
    lines = models.JSONField()
    """`[{"title", "net", "tax", "fee", "total", "tax_basis_points"}]`, amounts in minor units."""
    net_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField()
    total_amount = models.BigIntegerField()
    reverse_charge = models.BooleanField(default=False)
    """The buyer, a business abroad, accounts for the VAT."""
    issued_at = models.DateTimeField()
    zone = models.CharField(max_length=64)
    """The zone whose calendar the year and the printed date follow."""

    objects = InvoiceRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("invoice"), _("invoices")
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "year", "sequence"],
                name="invoice_number_is_given_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(total_amount=F("net_amount") + F("tax_amount")) & Q(net_amount__gte=0, tax_amount__gte=0),
                name="invoice_total_is_net_and_tax",
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", corrects__isnull=True) | Q(kind="credit_note", corrects__isnull=False),
                name="credit_note_corrects_an_invoice",
            ),
        ]
        indexes = [models.Index(fields=["buyer", "-id"], name="invoices_of_a_buyer")]

    def __str__(self) -> str:
        return self.number

    net = MoneyOf("net_amount")
    tax = MoneyOf("tax_amount")
    total = MoneyOf("total_amount")


class InvoiceLink(models.Model):
    """The public link of an invoice, once it was given anew or taken back. Without a row the first link holds."""

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, primary_key=True, related_name="link")
    generation = models.PositiveIntegerField(default=0)
    """Links of an older generation are dead."""
    revoked_at = models.DateTimeField(null=True)
    """Since then there is none, until it is given anew."""

    def __str__(self) -> str:
        return f"{self.invoice_id}:{self.generation}"


class BillingDetails(Record):
    """Whom a person's invoices are made out to, where that is not simply the person."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    business = models.BooleanField(default=False)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=2)
    tax_number = models.CharField(max_length=32, blank=True)
    """The VAT number of a business."""
    tax_check = models.CharField(max_length=9, choices=TaxCheck.choices, blank=True, default="")
    """What is known of it; empty: given before numbers were looked at, or none."""
    tax_checked_at = models.DateTimeField(null=True)
    tax_check_source = models.CharField(max_length=20, blank=True, default="")
    """Which register said so; empty: nobody was asked."""
    tax_check_name = models.CharField(max_length=200, blank=True, default="")
    """Whose it is, where the register tells."""
    tax_check_ref = models.CharField(max_length=60, blank=True, default="")
    """The register's proof that it was asked."""
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("billing details"), _("billing details")
        constraints = [
            models.CheckConstraint(
                condition=Q(business=True) | Q(tax_number=""), name="only_a_business_has_a_tax_number"
            )
        ]

    def __str__(self) -> str:
        return self.name
