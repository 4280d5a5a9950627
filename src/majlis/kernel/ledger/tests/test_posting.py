"""What callers of the ledger rely on."""

from datetime import timedelta

import pytest
from django.db import transaction

from majlis.kernel.ledger import queries, services
from majlis.kernel.ledger.models import Journal
from majlis.kernel.ledger.tests.factories import escrow, give, move, wallet
from majlis.kernel.ledger.types import JournalKind, Line, Posting, Purpose, of_house, of_person
from majlis.kit import clock, testing
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db


class TestPost:
    def test_moves_money_and_tells_both_balances(self):
        salma = testing.person()
        give(salma, 1000)
        assert queries.balance(salma.id, "EGP") == Money(1000, "EGP")
        assert queries.house_balance(Purpose.CLEARING, "EGP", "sandbox") == Money(-1000, "EGP")

    def test_opens_accounts_it_has_not_seen(self):
        salma = testing.person()
        assert queries.balances(salma.id) == []
        give(salma, 1000)
        give(salma, 70, unit="IDR")
        assert queries.balances(salma.id) == [Money(1000, "EGP"), Money(70, "IDR")]

    def test_returns_the_first_journal_for_the_same_key(self):
        salma = testing.person()
        first, second = give(salma, 1000, key="once"), give(salma, 1000, key="once")
        assert first.id == second.id
        assert queries.balance(salma.id, "EGP") == Money(1000, "EGP")

    def test_refuses_another_amount_under_the_same_key(self):
        salma = testing.person()
        give(salma, 1000, key="once")
        with pytest.raises(services.KeyReused):
            give(salma, 1001, key="once")

    def test_refuses_another_kind_under_the_same_key(self):
        salma = testing.person()
        give(salma, 1000, key="once")
        lines = [
            Line(wallet(salma), Money(1000, "EGP")),
            Line(of_house(Purpose.CLEARING, "EGP", "sandbox"), Money(-1000, "EGP")),
        ]
        with pytest.raises(services.KeyReused):
            services.post(key="once", kind=JournalKind.GOODWILL, lines=lines)

    def test_refuses_to_go_below_the_floor_and_moves_nothing(self):
        salma = testing.person()
        give(salma, 1000)
        with pytest.raises(services.InsufficientFunds), transaction.atomic():
            move(wallet(salma), escrow(), 1001)
        assert queries.balance(salma.id, "EGP") == Money(1000, "EGP")
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(0, "EGP")

    @pytest.mark.parametrize("amounts", [(100, -99), (100,), (), (0, 0), (100, -100, 0)])
    def test_refuses_lines_that_do_not_add_up(self, amounts):
        lines = [Line(of_house(Purpose.ESCROW, "EGP", str(i)), Money(a, "EGP")) for i, a in enumerate(amounts)]
        with pytest.raises(services.Unbalanced):
            services.post(key="odd", kind=JournalKind.ADJUSTMENT, lines=lines)

    def test_balances_each_unit_by_itself(self):
        lines = [
            Line(of_house(Purpose.ESCROW, "EGP"), Money(100, "EGP")),
            Line(of_house(Purpose.ESCROW, "USD"), Money(-100, "USD")),
        ]
        with pytest.raises(services.Unbalanced):
            services.post(key="odd", kind=JournalKind.ADJUSTMENT, lines=lines)

    def test_refuses_an_amount_in_another_unit_than_the_account(self):
        with pytest.raises(ValueError, match="EGP"):
            Line(of_house(Purpose.ESCROW, "EGP"), Money(100, "USD"))

    def test_keeps_two_lines_on_one_account_apart(self):
        salma = testing.person()
        give(salma, 1000)
        lines = [
            Line(wallet(salma), Money(-300, "EGP")),
            Line(wallet(salma), Money(-200, "EGP")),
            Line(escrow(), Money(500, "EGP")),
        ]
        services.post(key="two lines", kind=JournalKind.WALLET_PAYMENT, lines=lines)
        items = queries.statement(salma.id, "EGP").items
        assert [i.balance_after.amount for i in items] == [500, 700, 1000] or [
            i.balance_after.amount for i in items
        ] == [500, 800, 1000]
        assert sorted(i.amount.amount for i in items) == [-300, -200, 1000]

    def test_books_into_months_long_past_and_far_ahead(self):
        salma = testing.person()
        for years in (-3, 3):
            at = clock.now() + timedelta(days=365 * years)
            with clock.travel(at):
                give(salma, 100, key=f"{years}")
        assert [i.sequence for i in queries.statement(salma.id, "EGP").items] == [2, 1]


def payment(person, amount, key, unit="EGP"):
    lines = [Line(wallet(person, unit), Money(-amount, unit)), Line(escrow(unit), Money(amount, unit))]
    return Posting(key, JournalKind.WALLET_PAYMENT, lines, f"test.order:{key}", "A lesson")


class TestPostAll:
    def test_books_each_as_if_it_came_alone(self):
        people = [testing.person() for _each in range(5)]
        for each in people:
            give(each, 1000)
        services.post_all([payment(each, 100 + n, f"k{n}") for n, each in enumerate(people)], actor=people[0])
        assert [queries.balance(each.id, "EGP").amount for each in people] == [900, 899, 898, 897, 896]
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(510, "EGP")
        (line,) = [line for line in queries.statement(people[1].id, "EGP").items if line.amount.amount < 0]
        assert (line.kind, line.subject, line.memo, line.sequence) == (
            "wallet_payment",
            "test.order:k1",
            "A lesson",
            2,
        )
        assert line.balance_after == Money(899, "EGP")

    def test_takes_several_from_one_account_and_opens_those_it_has_not_seen(self):
        salma, omar = testing.person(), testing.person()
        give(salma, 1000)
        send = [
            Posting(f"s{n}", "gift", [Line(wallet(salma), Money(-100, "EGP")), Line(wallet(omar), Money(100, "EGP"))])
            for n in range(10)
        ]
        services.post_all(send)
        assert [queries.balance(each.id, "EGP").amount for each in (salma, omar)] == [0, 1000]
        assert [line.sequence for line in queries.statement(omar.id, "EGP").items] == list(range(10, 0, -1))

    def test_moves_nothing_when_one_has_not_enough(self):
        rich, poor = testing.person(), testing.person()
        give(rich, 1000), give(poor, 99)
        with pytest.raises(services.InsufficientFunds), transaction.atomic():
            services.post_all([payment(rich, 100, "rich"), payment(poor, 100, "poor")])
        assert [queries.balance(each.id, "EGP").amount for each in (rich, poor)] == [1000, 99]

    def test_refuses_a_key_that_was_used_and_moves_nothing(self):
        salma, omar = testing.person(), testing.person()
        give(salma, 1000), give(omar, 1000)
        services.post_all([payment(salma, 100, "once")])
        with pytest.raises(services.KeyReused), transaction.atomic():
            services.post_all([payment(omar, 100, "fresh"), payment(salma, 100, "once")])
        assert [queries.balance(each.id, "EGP").amount for each in (salma, omar)] == [900, 1000]

    def test_refuses_one_that_does_not_add_up(self):
        odd = Posting("odd", "adjustment", [Line(escrow(), Money(1, "EGP")), Line(escrow(), Money(-2, "EGP"))])
        with pytest.raises(services.Unbalanced):
            services.post_all([odd])

    def test_books_nothing_at_all_without_complaint(self):
        services.post_all([])
        assert not Journal.objects.exists()

    def test_books_into_a_month_that_nobody_made(self):
        salma = testing.person()
        give(salma, 1000)
        services.post_all([payment(salma, 100, "later")], now=clock.now() + timedelta(days=365 * 4))
        assert queries.balance(salma.id, "EGP") == Money(900, "EGP")


class TestStatement:
    def test_pages_from_the_latest_and_explains_each_line(self):
        salma = testing.person()
        for number in range(1, 8):
            give(salma, number * 10)
        first = queries.statement(salma.id, "EGP", limit=4)
        rest = queries.statement(salma.id, "EGP", first.next, limit=4)
        assert [i.amount.amount for i in first.items] == [70, 60, 50, 40]
        assert [i.amount.amount for i in rest.items] == [30, 20, 10]
        assert [i.balance_after.amount for i in rest.items] == [60, 30, 10]
        assert rest.next is None
        assert {i.kind_name for i in first.items} == {"Top-up"}

    def test_filters_by_kind_and_time(self):
        salma = testing.person()
        give(salma, 500)
        move(wallet(salma), escrow(), 200)
        with clock.travel(by=timedelta(days=2)) as later:
            give(salma, 30)
        of_payments = queries.statement(salma.id, "EGP", kinds=[JournalKind.WALLET_PAYMENT])
        assert [i.amount.amount for i in of_payments.items] == [-200]
        assert [i.amount.amount for i in queries.statement(salma.id, "EGP", since=later).items] == [30]
        assert [i.amount.amount for i in queries.statement(salma.id, "EGP", until=later).items] == [-200, 500]

    def test_tells_everything_about_a_subject(self):
        salma = testing.person()
        give(salma, 500)
        move(wallet(salma), escrow(), 200, subject="billing.order:1")
        assert [(i.account.purpose, i.amount.amount) for i in queries.entries_about("billing.order:1")] in (
            [("wallet", -200), ("escrow", 200)],
            [("escrow", 200), ("wallet", -200)],
        )


class TestHold:
    def hold(self, person, amount=600, key="hold", **more):
        return services.hold(account=wallet(person), amount=Money(amount, "EGP"), key=key, subject="trip:1", **more)

    def test_is_still_owned_but_not_available(self):
        salma = testing.person()
        give(salma, 1000)
        self.hold(salma)
        assert queries.balance(salma.id, "EGP") == Money(1000, "EGP")
        assert queries.available(salma.id, "EGP") == Money(400, "EGP")
        assert [h.money for h in queries.open_holds(salma.id)] == [Money(600, "EGP")]

    def test_keeps_what_is_held_from_being_spent_or_held_again(self):
        salma = testing.person()
        give(salma, 1000)
        self.hold(salma)
        with pytest.raises(services.InsufficientFunds), transaction.atomic():
            move(wallet(salma), escrow(), 401)
        with pytest.raises(services.InsufficientFunds), transaction.atomic():
            self.hold(salma, 401, key="another")
        move(wallet(salma), escrow(), 400)

    def test_is_opened_once_per_key(self):
        salma = testing.person()
        give(salma, 1000)
        assert self.hold(salma).id == self.hold(salma).id
        with pytest.raises(services.KeyReused):
            self.hold(salma, 700)

    def test_captures_a_part_and_frees_the_rest(self):
        salma = testing.person()
        give(salma, 1000)
        held = self.hold(salma)
        lines = [Line(wallet(salma), Money(-450, "EGP")), Line(escrow(), Money(450, "EGP"))]
        journal = services.capture(hold_id=held.id, lines=lines, key="taken")
        assert queries.available(salma.id, "EGP") == queries.balance(salma.id, "EGP") == Money(550, "EGP")
        assert journal.subject == "trip:1"
        assert services.capture(hold_id=held.id, lines=lines, key="taken").id == journal.id
        with pytest.raises(services.HoldResolved):
            services.capture(hold_id=held.id, lines=lines, key="taken again")
        with pytest.raises(services.HoldResolved):
            services.release(hold_id=held.id, key="back")

    def test_never_captures_more_than_was_held(self):
        salma = testing.person()
        give(salma, 1000)
        held = self.hold(salma)
        lines = [Line(wallet(salma), Money(-601, "EGP")), Line(escrow(), Money(601, "EGP"))]
        with pytest.raises(services.CaptureTooLarge):
            services.capture(hold_id=held.id, lines=lines, key="too much")

    def test_is_released_once(self):
        salma = testing.person()
        give(salma, 1000)
        held = self.hold(salma)
        services.release(hold_id=held.id, key="back")
        services.release(hold_id=held.id, key="back")
        assert queries.available(salma.id, "EGP") == Money(1000, "EGP")
        with pytest.raises(services.HoldResolved):
            services.release(hold_id=held.id, key="back by somebody else")

    def test_expires_by_itself(self):
        salma = testing.person()
        give(salma, 1000)
        held = self.hold(salma, expires_at=clock.now() + timedelta(hours=1))
        assert services.expire_holds() == 0
        with clock.travel(by=timedelta(hours=1)):
            lines = [Line(wallet(salma), Money(-1, "EGP")), Line(escrow(), Money(1, "EGP"))]
            with pytest.raises(services.HoldResolved):
                services.capture(hold_id=held.id, lines=lines, key="late")
            assert services.expire_holds() == 1
        assert queries.available(salma.id, "EGP") == Money(1000, "EGP")

    def test_is_for_people_and_positive_amounts_only(self):
        with pytest.raises(services.Unbalanced):
            services.hold(account=escrow(), amount=Money(1, "EGP"), key="house")
        with pytest.raises(services.Unbalanced):
            services.hold(account=of_person(testing.person().id, "wallet", "EGP"), amount=Money(0, "EGP"), key="none")
