"""Places people gave."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.models import Address, User
from majlis.kit import clock
from majlis.kit.db import lock
from majlis.kit.errors import Invalid, NotFound

LENGTHS = {"label": 50, "country": 2, "province": 100, "city": 100, "district": 100, "detail": 500}
MOST = 20


@transaction.atomic
def save_address(*, actor: User, address_id: UUID | None = None, is_primary: bool = False, **fields: Any) -> Address:
    """Add a place of the actor's (or change one): `label country province city district detail lat lng`. The first is
    the primary one; making another primary takes it from the old. Refuses `Invalid`, and `NotFound` for a place of
    somebody else."""
    lock("addresses", actor.id)
    mine = Address.objects.filter(person=actor)
    address = mine.filter(id=address_id).first() if address_id else Address(person=actor)
    if address is None:
        raise NotFound
    errors = _write(address, fields)
    for field in ("label", "city"):
        if not getattr(address, field):
            errors[field] = _("This is needed.")
    if (address.lat is None) != (address.lng is None):
        errors["lng"] = _("Give both coordinates or none.")
    if not address_id and mine.count() >= MOST:
        errors["__all__"] = _("You have many places already. Remove one first.")
    if errors:
        raise Invalid(errors=errors)
    others = mine.exclude(id=address.id)
    address.is_primary = is_primary or not others.filter(is_primary=True).exists()
    if address.is_primary:
        others.filter(is_primary=True).update(is_primary=False)
    address.changed_at = clock.now()
    address.save()
    return address


@transaction.atomic
def remove_address(*, actor: User, address_id: UUID) -> None:
    """Take away one of the actor's places; another becomes the primary one. Refuses `NotFound`."""
    lock("addresses", actor.id)
    address = Address.objects.filter(person=actor, id=address_id).first()
    if address is None:
        raise NotFound
    address.delete()
    if address.is_primary:
        heir = Address.objects.filter(person=actor).order_by("id").first()
        if heir:
            heir.is_primary = True
            heir.save(update_fields=["is_primary"])


def _write(address: Address, fields: dict[str, Any]) -> dict[str, Any]:
    """Set the fields; a sentence for each that is wrong."""
    errors: dict[str, Any] = {}
    for field, value in fields.items():
        if field in {"lat", "lng"}:
            try:
                setattr(address, field, _degrees(value, 90 if field == "lat" else 180))
            except (InvalidOperation, ValueError):
                errors[field] = _("This is not a coordinate.")
        elif field in LENGTHS:
            text = str(value or "").strip()
            if len(text) > LENGTHS[field]:
                errors[field] = _("This is too long.")
            setattr(address, field, text)
        else:
            errors[field] = _("This cannot be set here.")
    return errors


def _degrees(value: Any, most: int) -> Decimal | None:
    if value in (None, ""):
        return None
    degrees = Decimal(str(value)).quantize(Decimal("0.000001"))
    if not -most <= degrees <= most:
        raise ValueError
    return degrees
