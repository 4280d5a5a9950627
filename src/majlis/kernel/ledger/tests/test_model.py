"""A machine does anything at all to the books, and to a model of them in a dictionary; they must always agree."""

from collections import defaultdict
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from majlis.kernel.ledger import queries, services
from majlis.kernel.ledger.types import Line, Posting, Purpose, of_house, of_person
from majlis.kit import audit, testing
from majlis.kit.money import Money

UNITS = ["EGP", "USD", "minute"]
amounts = st.integers(1, 500)


class Books(RuleBasedStateMachine):
    """Three people, the house, three units."""

    held = Bundle("held")
    keys = Bundle("keys")

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.people = [testing.person() for _ in range(3)]
        self.balance = defaultdict(int)
        self.reserved = defaultdict(int)
        self.open = {}
        self.booked = {}

    def teardown(self):
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    def wallet(self, who, unit):
        return of_person(self.people[who].id, Purpose.WALLET, unit)

    def attempt(self, act):
        """What it returned, or the refusal, with the transaction usable either way."""
        try:
            with transaction.atomic():
                return act()
        except (services.InsufficientFunds, services.HoldResolved, services.CaptureTooLarge, services.KeyReused) as no:
            return no

    def book(self, key, lines):
        """Post in both worlds."""
        free = defaultdict(int)
        for line in lines:
            free[line.account] += line.amount.amount
        possible = all(
            account.person_id is None or self.balance[account] - self.reserved[account] + change >= 0
            for account, change in free.items()
        )
        answer = self.attempt(lambda: services.post(key=key, kind="adjustment", lines=lines))
        assert isinstance(answer, services.InsufficientFunds) == (not possible)
        if possible:
            self.booked[key] = (answer.id, lines)
            for account, change in free.items():
                self.balance[account] += change

    @rule(target=keys, who=st.integers(0, 2), unit=st.sampled_from(UNITS), amount=amounts)
    def top_up(self, who, unit, amount):
        key = str(uuid4())
        house = of_house(Purpose.CLEARING, unit, "sandbox")
        self.book(key, [Line(self.wallet(who, unit), Money(amount, unit)), Line(house, Money(-amount, unit))])
        return key

    @rule(
        unit=st.sampled_from(UNITS),
        parts=st.lists(st.tuples(st.integers(0, 2), st.integers(-500, 500).filter(bool)), max_size=6),
    )
    def pay_many_at_once(self, unit, parts):
        """Several journals between people and the house, all or none."""
        house = of_house(Purpose.ESCROW, unit)
        postings = [
            Posting(
                str(uuid4()),
                "adjustment",
                [Line(self.wallet(who, unit), Money(amount, unit)), Line(house, Money(-amount, unit))],
            )
            for who, amount in parts
        ]
        answer = self.attempt(lambda: services.post_all(postings))
        if isinstance(answer, services.InsufficientFunds):
            # Somebody goes below nothing at some moment; in which order theirs came is the ledger's affair.
            taken = [
                sum(amount for each, amount in parts if each == who and amount < 0) for who in range(len(self.people))
            ]
            free = [
                self.balance[self.wallet(who, unit)] - self.reserved[self.wallet(who, unit)]
                for who in range(len(self.people))
            ]
            assert any(free[who] + taken[who] < 0 for who in range(len(self.people)))
            return
        for posting in postings:
            for line in posting.lines:
                self.balance[line.account] += line.amount.amount

    @rule(who=st.integers(0, 2), to=st.integers(0, 2), unit=st.sampled_from(UNITS), amount=amounts)
    def send(self, who, to, unit, amount):
        lines = [Line(self.wallet(who, unit), Money(-amount, unit)), Line(self.wallet(to, unit), Money(amount, unit))]
        if who != to:
            self.book(str(uuid4()), lines)

    @rule(who=st.integers(0, 2), unit=st.sampled_from(UNITS), parts=st.lists(amounts, min_size=1, max_size=4))
    def pay_into_several(self, who, unit, parts):
        lines = [Line(self.wallet(who, unit), Money(-sum(parts), unit))]
        lines += [Line(of_house(Purpose.ESCROW, unit, f"part {n}"), Money(p, unit)) for n, p in enumerate(parts)]
        self.book(str(uuid4()), lines)

    @rule(key=keys, more=st.integers(0, 1))
    def ask_again(self, key, more):
        if key not in self.booked:
            return
        journal, lines = self.booked[key]
        unit = lines[0].account.unit
        asked = [Line(lines[0].account, lines[0].amount + Money(more, unit))]
        asked.append(Line(lines[1].account, lines[1].amount - Money(more, unit)))
        answer = self.attempt(lambda: services.post(key=key, kind="adjustment", lines=asked))
        assert isinstance(answer, services.KeyReused) if more else answer.id == journal

    @rule(target=held, who=st.integers(0, 2), unit=st.sampled_from(UNITS), amount=amounts)
    def hold(self, who, unit, amount):
        account = self.wallet(who, unit)
        key = str(uuid4())
        answer = self.attempt(lambda: services.hold(account=account, amount=Money(amount, unit), key=key))
        possible = self.balance[account] - self.reserved[account] >= amount
        assert isinstance(answer, services.InsufficientFunds) == (not possible)
        if possible:
            self.reserved[account] += amount
            self.open[answer.id] = (account, amount)
            return answer.id
        return None

    @rule(hold=held, part=st.integers(1, 600))
    def capture(self, hold, part):
        if hold is None:
            return
        account, amount = self.open.get(hold, (self.wallet(0, "EGP"), 0))
        house = of_house(Purpose.ESCROW, account.unit)
        lines = [Line(account, Money(-part, account.unit)), Line(house, Money(part, account.unit))]
        answer = self.attempt(lambda: services.capture(hold_id=hold, lines=lines, key=str(uuid4())))
        if hold not in self.open:
            assert isinstance(answer, services.HoldResolved)
        elif part > amount:
            assert isinstance(answer, services.CaptureTooLarge)
        else:
            assert answer.lines == 2
            del self.open[hold]
            self.reserved[account] -= amount
            self.balance[account] -= part
            self.balance[house] += part

    @rule(hold=held)
    def release(self, hold):
        if hold is None:
            return
        answer = self.attempt(lambda: services.release(hold_id=hold, key=str(uuid4())))
        if hold not in self.open:
            assert isinstance(answer, services.HoldResolved)
        else:
            account, amount = self.open.pop(hold)
            self.reserved[account] -= amount

    @rule()
    def roll_up(self):
        services.roll_up()

    @invariant()
    def the_books_agree_with_the_model(self):
        for account, amount in self.balance.items():
            if account.person_id is None:
                found = queries.house_balance(account.purpose, account.unit, account.name)
            else:
                found = queries.balance(account.person_id, account.unit)
                free = queries.available(account.person_id, account.unit)
                assert free.amount == amount - self.reserved[account]
            assert found.amount == amount, account

    def check_at_the_end(self):
        assert [f for outcome in audit.run("ledger:") for f in outcome.findings] == []


class Audited(Books):
    """The same, and at its end the audit must find nothing."""

    def teardown(self):
        try:
            self.check_at_the_end()
        finally:
            super().teardown()


@pytest.mark.django_db
def test_the_books_agree_with_a_model_of_them():
    run_state_machine_as_test(
        Audited,
        settings=settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
