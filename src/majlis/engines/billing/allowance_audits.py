"""What `./majlis audit` proves of allowances."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import F, Sum

from majlis.engines.billing.models import AllowanceGrant
from majlis.engines.billing.services.allowances import LEFT
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit


@audit.check("billing: what is left of every allowance is what the ledger says")
def allowances_are_booked() -> Iterator[str]:
    booked: dict[tuple[UUID, str, UUID | None], int] = {}
    for subject, unit, person, total in ledger.totals_about("", Purpose.ALLOWANCE):
        if person is None:
            continue
        if subject.startswith("billing.allowance:"):
            booked[UUID(subject.partition(":")[2]), unit, person] = total
        elif total:
            yield f"The books know {total} {unit} of {person} about {subject or 'nothing'}, which is no allowance."
    rows = AllowanceGrant.objects.values_list("batch", "unit", "person_id").annotate(sum=Sum(LEFT))
    for batch, unit, person, left in rows.iterator():
        found = booked.pop((batch, unit, person), 0)
        if found != left:
            yield f"The allowances of batch {batch} have {left} {unit} left and the books say {found}."
    for stray, total in booked.items():
        if total:
            yield f"The books know {total} of an allowance {stray} that does not exist."


@audit.check("billing: what was used of every allowance is what it was used for")
def allowances_were_used_for_something() -> Iterator[str]:
    rows = AllowanceGrant.objects.annotate(uses_sum=Sum(F("uses__amount") - F("uses__returned")))
    for grant_id, used, uses in rows.values_list("id", "used", "uses_sum").iterator():
        if used != (uses or 0):
            yield f"Allowance {grant_id} says {used} was used, and its uses make {uses or 0}."
