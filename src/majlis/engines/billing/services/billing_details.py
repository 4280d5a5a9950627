"""Whom invoices are made out to, and what is known of the VAT number of a business.

A number is looked at when it is given: its form and its check figures. Where the installation names a register
(`MAJLIS_VAT_REGISTER`) that knows the country, a job asks it, and reverse charge waits for its answer.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.gateways import vat
from majlis.engines.billing.models import BillingDetails
from majlis.engines.billing.types import TaxCheck
from majlis.engines.billing.vat_numbers import is_plausible, normal
from majlis.kernel.accounts import services as accounts
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.notices import services as notices
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound, Refusal

ASKED_AGAIN = timedelta(hours=1)
"""How soon a register that was away is asked again."""


class NothingToCheck(Refusal):
    """There is no number, or nobody to ask about it."""

    code = "nothing_to_check"
    sentence = _("There is no VAT number here that a register could be asked about.")


@transaction.atomic
def save_billing_details(
    *,
    person: Any,
    name: str,
    country: str,
    address: str = "",
    business: bool = False,
    tax_number: str = "",
    now: datetime | None = None,
) -> BillingDetails:
    """Whom the person's invoices are made out to from now on; issued ones stay as they are. A business names its VAT
    number, which a register is asked about where there is one. Refuses `Invalid`."""
    now = now or clock.now()
    number = normal(country, tax_number) if business else ""
    errors: dict[str, Any] = {}
    if not name.strip():
        errors["name"] = _("This is needed.")
    if country not in {each.code for each in catalogue.countries()}:
        errors["country"] = _("Choose one of the list.")
    if business and not is_plausible(country, number):
        errors["tax_number"] = _("This is no VAT number of that country.")
    if errors:
        raise Invalid(errors=errors)
    known = BillingDetails.objects.select_for_update().filter(person=person, country=country, tax_number=number).first()
    details, _made = BillingDetails.objects.update_or_create(
        person=person,
        defaults={
            "name": name.strip()[:200],
            "country": country,
            "address": address.strip()[:300],
            "business": business,
            "tax_number": number,
            "updated_at": now,
        },
    )
    if known is None or not known.tax_check:
        _begin(details, now)
    return details


def _begin(details: BillingDetails, now: datetime) -> None:
    """The number is new: what can be known of it here, and the question to the register."""
    register = vat.register()
    asked = bool(details.tax_number) and register is not None and register.covers(details.country)
    found = TaxCheck.ASKED if asked else TaxCheck.PLAUSIBLE if details.tax_number else ""
    _write(details, found, now, source="", name="", ref="")
    if asked:
        _ask_soon(details)


def _ask_soon(details: BillingDetails) -> None:
    from majlis.engines.billing.tasks import check_tax_number as job

    job.defer(details_id=str(details.id), number=details.tax_number)


def _write(details: BillingDetails, found: str, now: datetime, *, source: str, name: str, ref: str) -> None:
    columns = {"tax_check": found, "tax_checked_at": now if found else None}
    columns |= {"tax_check_source": source, "tax_check_name": name, "tax_check_ref": ref[:60]}
    BillingDetails.objects.filter(id=details.id).update(**columns)
    for column, value in columns.items():
        setattr(details, column, value)


def check_tax_number(details_id: UUID, number: str, *, now: datetime | None = None) -> str:
    """Ask the register about a number and write down what it says, with the date; the `TaxCheck` then. A person whose
    number it does not know is told. Does nothing when the number was changed meanwhile.

    Raises `RegisterAway`, to be tried again. Speaks over the network: must not run inside a transaction.
    """
    db.refuse_transaction()
    now = now or clock.now()
    details = BillingDetails.objects.filter(id=details_id, tax_number=number).first()
    register = vat.register()
    if details is None or register is None or not register.covers(details.country):
        return ""
    answer = register.look_up(details.country, number)
    found = TaxCheck.CONFIRMED if answer.known else TaxCheck.UNKNOWN
    with transaction.atomic():
        fresh = BillingDetails.objects.select_for_update().filter(id=details_id, tax_number=number).first()
        if fresh is None:
            return ""
        _write(fresh, found, now, source=register.code, name=answer.name, ref=answer.ref)
        if not answer.known:
            notices.notify(
                person_id=fresh.person_id,
                kind="tax_number_unknown",
                facts={"number": number},
                link="/invoices/details/",
                key=f"tax-number:{fresh.id}:{number}:{now:%Y%m%d}",
            )
    return found


def ask_waiting_registers(*, now: datetime | None = None, limit: int = 100) -> int:
    """Have numbers asked about again whose register was away too long for the first job; how many."""
    now = now or clock.now()
    waiting = BillingDetails.objects.filter(tax_check=TaxCheck.ASKED, tax_checked_at__lte=now - ASKED_AGAIN)
    due = list(waiting.order_by("tax_checked_at")[:limit])
    for details in due:
        _ask_soon(details)
    BillingDetails.objects.filter(id__in=[each.id for each in due]).update(tax_checked_at=now)
    return len(due)


@transaction.atomic
def check_tax_number_again(*, details_id: UUID, actor: Any, now: datetime | None = None) -> BillingDetails:
    """Staff has the register asked anew (audited). Refuses NotFound, `NothingToCheck`."""
    details = BillingDetails.objects.select_for_update().filter(id=details_id).first()
    if details is None:
        raise NotFound
    register = vat.register()
    if not details.tax_number or register is None or not register.covers(details.country):
        raise NothingToCheck
    _begin(details, now or clock.now())
    accounts.record_act(
        actor=actor, action="billing.tax_number_asked", target=f"billing.billingdetails:{details.id}", facts={}
    )
    return details
