"""What `./majlis audit` proves of the books. Every claim is asked of the rows themselves, not of the triggers."""

from collections.abc import Iterator

from django.db import connection

from majlis.kit import audit

ENOUGH = 101
"""Findings of one check that anybody reads."""


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {ENOUGH}")
        return cursor.fetchall()


@audit.check("ledger: every journal sums to zero in each unit")
def journals_sum_to_zero() -> Iterator[str]:
    for journal, unit, total in _rows(
        """SELECT e.journal_id, a.unit, sum(e.amount) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
           GROUP BY e.journal_id, a.unit HAVING sum(e.amount) <> 0"""
    ):
        yield f"Journal {journal} is off by {total} {unit} in minor units."


@audit.check("ledger: every journal has all its entries, at its own time, and every entry its journal and account")
def journals_are_whole() -> Iterator[str]:
    for journal, lines, found in _rows(
        """SELECT j.id, j.lines, count(e.id) FROM ledger_journal j
           LEFT JOIN ledger_entry e ON e.journal_id = j.id AND e.at = j.at
           GROUP BY j.id HAVING count(e.id) <> j.lines"""
    ):
        yield f"Journal {journal} says it has {lines} entries and has {found}."
    for entry, journal, account in _rows(
        """SELECT e.id, e.journal_id, e.account_id FROM ledger_entry e
           LEFT JOIN ledger_journal j ON j.id = e.journal_id AND j.at = e.at
           LEFT JOIN ledger_account a ON a.id = e.account_id WHERE j.id IS NULL OR a.id IS NULL"""
    ):
        yield f"Entry {entry} names journal {journal} and account {account}, and one of them is not there."


@audit.check("ledger: every person's balance is the sum of its entries, and every number was given once")
def balances_are_sums() -> Iterator[str]:
    for account, balance, total, sequence, entries, last in _rows(
        """SELECT a.id, a.balance, coalesce(e.total, 0), a.sequence, coalesce(e.entries, 0), coalesce(e.last, 0)
           FROM ledger_account a LEFT JOIN (
               SELECT account_id, sum(amount) AS total, count(*) AS entries, max(sequence) AS last,
                      count(DISTINCT sequence) AS numbers
               FROM ledger_entry GROUP BY account_id) e ON e.account_id = a.id
           WHERE a.person_id IS NOT NULL AND (a.balance, a.sequence, a.sequence, a.sequence)
                 <> (coalesce(e.total, 0), coalesce(e.entries, 0), coalesce(e.last, 0), coalesce(e.numbers, 0))"""
    ):
        yield (
            f"Account {account} says {balance} after {sequence} entries; its {entries} entries, the last "
            f"of them number {last}, make {total}."
        )


@audit.check("ledger: every entry of a person continues the balance of the one before")
def balances_continue() -> Iterator[str]:
    for entry, account, sequence in _rows(
        """SELECT id, account_id, sequence FROM (
               SELECT id, account_id, sequence, amount, balance_after,
                      lag(balance_after, 1, 0::bigint) OVER (PARTITION BY account_id ORDER BY sequence) AS before
               FROM ledger_entry WHERE sequence IS NOT NULL) chain
           WHERE balance_after <> before + amount"""
    ):
        yield f"Entry {entry} (number {sequence} of account {account}) does not continue the balance before it."


@audit.check("ledger: no account is below its floor, counting what is held")
def floors_hold() -> Iterator[str]:
    for account, balance, held, floor in _rows(
        "SELECT id, balance, held, floor FROM ledger_account WHERE balance - held < floor"
    ):
        yield f"Account {account} has {balance} with {held} held, below its floor of {floor}."


@audit.check("ledger: what is held on an account is the sum of its open holds")
def holds_add_up() -> Iterator[str]:
    for account, held, total in _rows(
        """SELECT a.id, a.held, coalesce(h.total, 0) FROM ledger_account a LEFT JOIN (
               SELECT account_id, sum(amount) AS total FROM ledger_hold WHERE state = 'open' GROUP BY account_id) h
               ON h.account_id = a.id
           WHERE a.held <> coalesce(h.total, 0)"""
    ):
        yield f"Account {account} says {held} is held; its open holds make {total}."


@audit.check("ledger: what was captured left the account by the journal that says so")
def captures_are_booked() -> Iterator[str]:
    for hold, captured, taken in _rows(
        """SELECT h.id, h.captured, coalesce(e.taken, 0) FROM ledger_hold h LEFT JOIN (
               SELECT journal_id, account_id, -sum(amount) AS taken FROM ledger_entry GROUP BY journal_id, account_id) e
               ON e.journal_id = h.journal_id AND e.account_id = h.account_id
           WHERE h.state = 'captured' AND h.captured <> coalesce(e.taken, 0)"""
    ):
        yield f"Hold {hold} says {captured} was captured; its journal took {taken}."


@audit.check("ledger: every roll-up is the sum of the entries it has folded in")
def roll_ups_are_sums() -> Iterator[str]:
    for account, balance, total in _rows(
        """SELECT r.account_id, r.balance, coalesce(e.total, 0) FROM ledger_rollup r CROSS JOIN LATERAL (
               SELECT sum(amount) AS total, count(*) AS entries FROM ledger_entry e
               WHERE e.account_id = r.account_id AND e.sequence IS NULL AND e.xid < r.upto) e
           WHERE r.cluster = ledger_cluster()
                 AND (r.balance, r.entries) <> (coalesce(e.total, 0), e.entries)"""
    ):
        yield f"The roll-up of house account {account} says {balance}; its entries make {total}."


@audit.check("ledger: nobody's money comes from nowhere: all balances of a unit sum to zero")
def the_house_balances() -> Iterator[str]:
    for unit, total in _rows(
        """SELECT unit, sum(balance) FROM (
               SELECT unit, balance FROM ledger_account WHERE person_id IS NOT NULL
               UNION ALL
               SELECT unit, ledger_house_balance(id) FROM ledger_account WHERE person_id IS NULL) every
           GROUP BY unit HAVING sum(balance) <> 0"""
    ):
        yield f"All balances in {unit} sum to {total} minor units, not to zero."
