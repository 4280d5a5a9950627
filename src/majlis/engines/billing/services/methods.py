"""The ways to be paid out: what each asks for, its limits and its fee."""

import json
import re
import unicodedata
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import WithdrawalMethod
from majlis.kernel.accounts import services as accounts
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.money import Money

METHODS = Path(__file__).parent.parent / "data" / "withdrawal_methods.json"


@transaction.atomic
def load_withdrawal_methods() -> int:
    """Add the ways to be paid out that an installation starts with; how many were new. Existing ones, which staff may
    have changed, stay as they are."""
    rows = [
        WithdrawalMethod(
            code=row["code"],
            unit=row["unit"],
            name=row["name"],
            help=row["help"],
            countries=row["countries"],
            min_amount=row["min"],
            max_amount=row["max"],
            fee_fixed=row["fee"],
            fee_basis_points=row["fee_basis_points"],
            fields=row["fields"],
            position=position,
        )
        for position, row in enumerate(json.loads(METHODS.read_text(encoding="utf-8")))
    ]
    before = WithdrawalMethod.objects.count()
    WithdrawalMethod.objects.bulk_create(rows, ignore_conflicts=True)
    return WithdrawalMethod.objects.count() - before


@transaction.atomic
def set_withdrawal_method(
    *,
    method_id: UUID,
    actor: Any,
    reason: str,
    enabled: bool | None = None,
    minimum: Money | None = None,
    maximum: Money | None = None,
    fee: Money | None = None,
) -> WithdrawalMethod:
    """Staff switches a method on or off, or sets its limits and fixed fee, for withdrawals asked for from now on.
    Refuses `Invalid` for numbers that make no sense together."""
    method = WithdrawalMethod.objects.select_for_update().filter(id=method_id).first()
    if method is None:
        raise NotFound()
    given = {
        "enabled": enabled,
        "min_amount": minimum.amount if minimum else None,
        "max_amount": maximum.amount if maximum else None,
        "fee_fixed": fee.amount if fee is not None else None,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    for name, value in changes.items():
        setattr(method, name, value)
    if not 0 <= method.fee_fixed < method.min_amount <= method.max_amount:
        raise Invalid(errors={"minimum": _("The least must be above the fee and not above the most.")})
    WithdrawalMethod.objects.filter(id=method_id).update(**changes)
    accounts.record_act(
        actor=actor,
        action="billing.withdrawal_method_set",
        target=f"billing.withdrawalmethod:{method_id}",
        facts=changes,
        reason=reason,
    )
    return method


def read_destination(method: WithdrawalMethod, given: dict[str, str]) -> dict[str, str]:
    """The method's fields out of what was given, trimmed. `Invalid` names each field that is missing or malformed."""
    errors: dict[str, Any] = {}
    values: dict[str, str] = {}
    for field in method.fields:
        name, value = field["name"], _plain(given.get(field["name"], ""))
        if field.get("choices") and value not in field["choices"]:
            errors[name] = _("Choose one of the list.")
        elif not value:
            errors[name] = _("This is needed.")
        elif field.get("pattern") and not re.fullmatch(field["pattern"], value, re.ASCII):
            errors[name] = _("This does not look right. Please check it.")
        elif field.get("check") == "base58" and not _base58_holds(value):
            errors[name] = _("This address has a typing mistake. Please paste it.")
        values[name] = value
    if errors:
        raise Invalid(errors=errors)
    return values


BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _base58_holds(address: str) -> bool:
    """Whether an address of 25 bytes in base 58 ends with the checksum of the rest."""
    number = 0
    for sign in address:
        number = number * 58 + BASE58.index(sign)
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    return sha256(sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def _plain(value: Any) -> str:
    """Trimmed, short, without control signs, and with Latin figures, whichever keyboard they were typed on."""
    text = "".join(sign for sign in str(value) if sign.isprintable()).strip()[:100]
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
