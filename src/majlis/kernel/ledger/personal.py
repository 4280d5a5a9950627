"""What the ledger keeps about a person, and why an account with money in it cannot be deleted."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts import services as accounts
from majlis.kernel.ledger import queries
from majlis.kernel.ledger.models import Entry
from majlis.kit.errors import Refusal


class MoneyLeft(Refusal):
    """Their wallet is not empty."""

    code = "money_left"
    sentence = _("There is still money in the wallet (%(money)s). Withdraw or spend it first.")


def entries(person_id: UUID) -> list[dict[str, Any]]:
    """Every movement on the person's accounts, in the order they were booked; amounts in minor units."""
    rows = Entry.objects.filter(account__person_id=person_id).order_by("id")
    return [
        dict(row)
        for row in rows.values(
            "at",
            "amount",
            "balance_after",
            "account__purpose",
            "account__unit",
            "journal__kind",
            "journal__memo",
            "journal__subject",
        )
    ]


def refuse_while_money_is_left(person_id: UUID) -> None:
    """The books stay; only an empty wallet lets its owner go. Refuses `MoneyLeft`."""
    left = [money for money in queries.balances(person_id) if money]
    if left:
        raise MoneyLeft(money=", ".join(money.display() for money in left))


accounts.register_export("ledger", entries)
accounts.register_eraser("ledger", refuse_while_money_is_left)
