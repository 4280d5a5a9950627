"""The books and a person who leaves."""

import pytest

from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.models import User
from majlis.kernel.ledger import services
from majlis.kernel.ledger.personal import MoneyLeft, entries
from majlis.kernel.ledger.types import JournalKind, Line, Purpose, of_house, of_person
from majlis.kit.money import Money
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


def top_up(who, amount, key):
    lines = [
        Line(of_person(who.id, Purpose.WALLET, "USD"), Money(amount, "USD")),
        Line(of_house(Purpose.CLEARING, "USD", "sandbox"), Money(-amount, "USD")),
    ]
    services.post(key=key, kind=JournalKind.TOP_UP, lines=lines)


class TestLeaving:
    def test_nobody_leaves_money_behind(self):
        salma = person()
        top_up(salma, 2500, "in")
        with pytest.raises(MoneyLeft) as refusal:
            accounts.anonymise_person(actor=salma, person=salma)
        assert "25" in str(refusal.value)
        assert User.objects.get(id=salma.id).email

    def test_the_books_stay_when_the_person_goes(self):
        salma = person()
        top_up(salma, 2500, "in")
        top_up(salma, -2500, "out")
        accounts.anonymise_person(actor=salma, person=salma)
        assert [row["amount"] for row in entries(salma.id)] == [2500, -2500]
