"""The database keeps the laws whatever writes to it: here somebody with SQL tries to break each of them."""

from importlib import import_module
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from majlis.kernel.ledger import audits, queries, services
from majlis.kernel.ledger.models import Account, Hold
from majlis.kernel.ledger.tests.factories import escrow, give, move, wallet
from majlis.kernel.ledger.types import Line
from majlis.kit import audit, testing
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db

BOTH = """WITH j AS (INSERT INTO ledger_journal (id, created_at, key, kind, subject, memo, at, lines)
          VALUES (gen_random_uuid(), now(), gen_random_uuid()::text, 'adjustment', '', '', now(), %(lines)s)
          RETURNING id, at)
          INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
          SELECT j.id, l.account, l.line, l.amount, l.mark, j.at FROM j,
          unnest(%(accounts)s::uuid[], %(amounts)s::bigint[], %(marks)s::bigint[])
          WITH ORDINALITY l (account, amount, mark, line)"""


def sql(text, given=None):
    with connection.cursor() as cursor:
        cursor.execute(text, given)


def assert_refused(law, text, given=None):
    def try_it():
        with transaction.atomic():
            sql(text, given)
            sql("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError) as caught:
        try_it()
    assert caught.value.__cause__.diag.constraint_name == law


def book_by_hand(*lines, count=None):
    """A journal by raw SQL: (account, amount, mark) each; mark 0 says it is a person's."""
    accounts, amounts, marks = zip(*lines, strict=True)
    return BOTH, {
        "lines": len(lines) if count is None else count,
        "accounts": list(accounts),
        "amounts": list(amounts),
        "marks": list(marks),
    }


@pytest.fixture
def salma():
    person = testing.person()
    give(person, 1000)
    move(wallet(person), escrow(), 100)
    return person


@pytest.fixture(autouse=True)
def _audit_stays_clean():
    yield
    assert [found for outcome in audit.run("ledger:") for found in outcome.findings] == []


class TestJournals:
    def test_by_hand_is_as_good_as_by_service(self, salma):
        sql(*book_by_hand((wallet(salma).id, -50, 0), (escrow().id, 50, None)))
        assert queries.balance(salma.id, "EGP") == Money(850, "EGP")
        assert queries.statement(salma.id, "EGP").items[0].balance_after == Money(850, "EGP")

    def test_that_does_not_sum_to_zero_is_refused(self, salma):
        assert_refused("journal_sums_to_zero", *book_by_hand((wallet(salma).id, -50, 0), (escrow().id, 49, None)))

    def test_that_sums_to_zero_only_across_units_is_refused(self, salma):
        give(salma, 100, unit="USD")
        assert_refused(
            "journal_sums_to_zero", *book_by_hand((wallet(salma).id, -50, 0), (wallet(salma, "USD").id, 50, 0))
        )

    def test_cannot_have_an_entry_added_later(self, salma):
        journal = give(salma, 10)
        for lines in (1, 2):
            assert_refused(
                "journal_comes_whole",
                f"""INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
                    SELECT j.id, a.id, 2 + n, (-1) ^ n, NULL, j.at FROM ledger_journal j, ledger_account a,
                    generate_series(1, {lines}) n WHERE j.id = %s AND a.id = %s""",
                [journal.id, escrow().id],
            )

    def test_cannot_be_booked_twice_over(self, salma):
        journal = give(salma, 10)
        assert_refused(
            f"ledger_entry_{journal.at:%Y_%m}_journal_id_line_at_key",
            """INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
               SELECT journal_id, account_id, line, amount, 0 * sequence, at FROM ledger_entry WHERE journal_id = %s""",
            [journal.id],
        )

    def test_that_came_before_this_transaction_cannot_be_filled(self, salma):
        sql(
            """INSERT INTO ledger_journal (id, created_at, key, kind, subject, memo, at, lines, xid)
               VALUES (%s, now(), 'hollow', 'adjustment', '', '', now(), 2, '3')""",
            [uuid4()],
        )
        add = """INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
                 SELECT j.id, a.id, n, (-1) ^ n, NULL, j.at FROM ledger_journal j, ledger_account a,
                 generate_series(1, 2) n WHERE j.key = 'hollow' AND a.id = %s"""
        assert_refused("journal_comes_whole", add, [escrow().id])
        assert len(list(audits.journals_are_whole())) == 1
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("ALTER TABLE ledger_journal DISABLE TRIGGER journal_never_changes")
        sql("DELETE FROM ledger_journal WHERE key = 'hollow'")

    def test_must_have_as_many_entries_as_it_says(self, salma):
        assert_refused("journal_comes_whole", *book_by_hand((wallet(salma).id, -5, 0), (escrow().id, 5, None), count=3))

    def test_must_not_have_an_entry_of_nothing(self, salma):
        lines = (wallet(salma).id, -5, 0), (escrow().id, 5, None), (escrow().id, 0, None)
        assert_refused("journal_comes_whole", *book_by_hand(*lines))

    def test_must_have_its_lines_numbered_without_a_gap(self, salma):
        text, given = book_by_hand((wallet(salma).id, -5, 0), (escrow().id, 5, None))
        assert_refused("journal_comes_whole", text.replace("l.line, l.amount", "2 * l.line - 1, l.amount"), given)
        assert_refused("journal_comes_whole", text.replace("l.line, l.amount", "l.line - 1, l.amount"), given)

    def test_must_have_its_entries_at_its_own_time(self, salma):
        text, given = book_by_hand((wallet(salma).id, -5, 0), (escrow().id, 5, None))
        assert_refused("journal_comes_whole", text.replace("j.at FROM j", "j.at + interval '1 second' FROM j"), given)

    @pytest.mark.parametrize(
        ("amounts", "law"),
        [([-5, 5, -7, 6], "journal_sums_to_zero"), ([-5, 6, -7, 6], "journal_sums_to_zero"), ([-5, 5, -7, 7], None)],
    )
    def test_is_looked_at_by_itself_where_one_insert_brings_two(self, salma, amounts, law):
        text = """WITH j AS (INSERT INTO ledger_journal (id, created_at, key, kind, subject, memo, at, lines)
                  SELECT gen_random_uuid(), now(), 'both ' || n, 'adjustment', '', '', now(), 2
                  FROM generate_series(0, 1) n RETURNING id, key, at)
                  INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
                  SELECT j.id, l.account, l.line, (%(amounts)s::bigint[])[l.line + 2 * right(j.key, 1)::int],
                         l.mark, j.at
                  FROM j, unnest(%(accounts)s::uuid[], '{0,NULL}'::bigint[]) WITH ORDINALITY l (account, mark, line)
                  ORDER BY j.key, l.line"""
        given = {"amounts": amounts, "accounts": [wallet(salma).id, escrow().id]}
        if law:
            assert_refused(law, text, given)
        else:
            sql(text, given)
            assert queries.balance(salma.id, "EGP") == Money(888, "EGP")

    def test_must_name_accounts_that_exist(self, salma):
        assert_refused("entry_names_an_account", *book_by_hand((uuid4(), -5, None), (escrow().id, 5, None)))

    def test_cannot_pass_a_persons_account_off_as_the_houses(self, salma):
        assert_refused("entry_names_an_account", *book_by_hand((wallet(salma).id, 5, None), (escrow().id, -5, None)))

    @pytest.mark.parametrize("people", ["{f,f}", "{t,t}", "{NULL,f}"])
    def test_is_not_misled_by_who_posts_and_says_whose_accounts_they_are(self, salma, people):
        post = """SELECT ledger_post(gen_random_uuid(), 'said', 'adjustment', '', '', NULL, now(), %s::uuid[],
                  '{5,-5}', 2, %s::boolean[])"""
        given = [[wallet(salma).id, escrow().id], people]
        if people == "{t,t}":  # the database finds no person behind the second, and counts it as the house's
            sql(post, given)
            assert queries.house_balance("escrow", "EGP") == Money(95, "EGP")
        else:
            assert_refused("entry_names_an_account", post, given)
        assert_refused("entry_names_an_account", post.replace("'said'", "'other'"), [[uuid4(), escrow().id], "{t,f}"])

    def test_is_not_misled_by_the_houses_account_passed_off_as_a_persons(self, salma):
        sql(*book_by_hand((wallet(salma).id, 5, 0), (escrow().id, -5, 0)))
        assert queries.house_balance("escrow", "EGP") == Money(95, "EGP")

    def test_cannot_be_slipped_into_a_partition_by_its_name(self, salma):
        text, given = book_by_hand((wallet(salma).id, -50, 0), (escrow().id, 49, None))
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'ledger_entry_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")
            month = cursor.fetchone()[0]
        assert_refused("journal_sums_to_zero", text.replace("INTO ledger_entry ", f"INTO {month} "), given)

    def test_cannot_move_an_account_and_then_skip_the_entry(self, salma):
        journal = give(salma, 10)
        with pytest.raises(Exception, match="deferrable"), transaction.atomic():
            sql(
                """INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
                   SELECT journal_id, account_id, line, amount, 0 * sequence, at FROM ledger_entry
                   WHERE journal_id = %s ON CONFLICT DO NOTHING""",
                [journal.id],
            )

    @pytest.mark.parametrize("table", ["ledger_journal", "ledger_entry", "ledger_account", "ledger_hold"])
    def test_is_never_deleted_or_emptied(self, salma, table):
        services.hold(account=wallet(salma), amount=Money(5, "EGP"), key="h")
        assert_refused("books_are_never_changed", f"DELETE FROM {table}")
        truncation = import_module("majlis.kernel.ledger.migrations.0002_laws").NEVER
        start = truncation.index("CREATE FUNCTION ledger_refuse_truncate")
        real = truncation[start : truncation.index("END $$;", start) + 7].replace("CREATE", "CREATE OR REPLACE", 1)
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        with transaction.atomic():
            sql(real)
            assert_refused("books_are_never_changed", f"TRUNCATE {table} CASCADE")
            transaction.set_rollback(True)

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE ledger_journal SET memo = 'other'",
            "UPDATE ledger_journal SET at = at - interval '1 day'",
            "UPDATE ledger_entry SET amount = amount * 2",
            "UPDATE ledger_entry SET balance_after = 0",
        ],
    )
    def test_is_never_changed(self, salma, change):
        assert_refused("books_are_never_changed", change)


class TestAccounts:
    def test_cannot_go_below_the_floor_by_hand(self, salma):
        assert_refused(
            "account_stays_above_its_floor", *book_by_hand((wallet(salma).id, -901, 0), (escrow().id, 901, None))
        )

    @pytest.mark.parametrize(
        "change",
        ["balance = balance + 1", "held = 1", "sequence = 9", "unit = 'USD'", "person_id = NULL", "floor = NULL"],
    )
    def test_figures_move_with_entries_only(self, salma, change):
        assert_refused(
            "books_are_never_changed", f"UPDATE ledger_account SET {change} WHERE id = %s", [wallet(salma).id]
        )

    def test_floor_may_be_lowered_but_not_above_the_balance(self, salma):
        Account.objects.filter(id=wallet(salma).id).update(floor=-500)
        move(wallet(salma), escrow(), 1400)
        with pytest.raises(services.InsufficientFunds), transaction.atomic():
            move(wallet(salma), escrow(), 1)
        assert_refused(
            "account_stays_above_its_floor", "UPDATE ledger_account SET floor = 0 WHERE id = %s", [wallet(salma).id]
        )

    def test_is_born_empty_under_its_own_name(self, salma):
        insert = """INSERT INTO ledger_account (id, person_id, purpose, unit, name, balance, held, sequence, floor)
                    VALUES (%s, %s, 'wallet', 'SAR', '', %s, 0, 0, %s)"""
        assert_refused("account_begins_empty", insert, [wallet(salma, "SAR").id, salma.id, 5, 0])
        assert_refused("account_id_is_its_name", insert, [uuid4(), salma.id, 0, 0])
        people = "people_have_a_floor_and_the_house_has_none"
        assert_refused(people, insert, [wallet(salma, "SAR").id, salma.id, 0, None])


class TestHolds:
    def test_resolve_once_even_by_hand(self, salma):
        held = services.hold(account=wallet(salma), amount=Money(100, "EGP"), key="h")
        services.release(hold_id=held.id, key="r")
        again = "UPDATE ledger_hold SET state = %s, resolved_at = now() WHERE id = %s"
        assert_refused("hold_resolves_once", again, ["expired", held.id])
        assert_refused("hold_resolves_once", "UPDATE ledger_hold SET state = 'open', resolved_at = NULL")

    def test_cannot_grow(self, salma):
        services.hold(account=wallet(salma), amount=Money(100, "EGP"), key="h")
        assert_refused("hold_resolves_once", "UPDATE ledger_hold SET amount = 50")

    def test_cannot_claim_a_capture_no_journal_made(self, salma):
        held = services.hold(account=wallet(salma), amount=Money(100, "EGP"), key="h")
        other = give(salma, 7)
        assert_refused(
            "capture_is_booked",
            "UPDATE ledger_hold SET state = 'captured', captured = 60, journal_id = %s, resolved_at = now()",
            [other.id],
        )
        assert_refused(
            "no_more_captured_than_held",
            "UPDATE ledger_hold SET state = 'captured', captured = 101, journal_id = %s, resolved_at = now()",
            [other.id],
        )
        assert Hold.objects.get(id=held.id).state == "open"

    def test_a_true_capture_passes(self, salma):
        held = services.hold(account=wallet(salma), amount=Money(100, "EGP"), key="h")
        lines = [Line(wallet(salma), Money(-60, "EGP")), Line(escrow(), Money(60, "EGP"))]
        services.capture(hold_id=held.id, lines=lines, key="c")
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        assert queries.available(salma.id, "EGP") == Money(840, "EGP")
