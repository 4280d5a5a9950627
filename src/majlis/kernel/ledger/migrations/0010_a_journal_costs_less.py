"""The same laws for less again. Nearly every statement brings one journal of one unit: that this one is sound is told by
one pass without grouping, sorting or joining. Who posts may say whose the accounts are, having posted to them before:
posting then looks nothing up first (whether it is true is asked of every entry anyway); and it sorts only where two
people's accounts would be locked. An account has one index that begins with its person, not two."""

from importlib import import_module

from django.conf import settings
from django.db import migrations, models

laws = import_module("majlis.kernel.ledger.migrations.0009_laws_that_cost_less")
posting = import_module("majlis.kernel.ledger.migrations.0008_posting_asks_once")

MANY = laws.WHOLE.partition("DECLARE wrong record;\nBEGIN\n")[2]
WHOLE = f"""
CREATE OR REPLACE FUNCTION ledger_journals_are_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
    expected smallint;
    amounts bigint[];
    units text[];
    part bigint;
    total bigint := 0;
BEGIN
    -- The journal of the first line 1, if it is of this transaction; the amounts of all entries, none for one that is
    -- not a proper line of it; their accounts' units. Whatever is missing anywhere leaves a null, and no null passes.
    SELECT one.lines,
           ARRAY(SELECT CASE WHEN f.journal_id = one.journal_id AND f.at = one.at AND f.xid = pg_current_xact_id()
                              AND f.line BETWEEN 1 AND one.lines AND f.amount <> 0 THEN f.amount END FROM fresh f),
           ARRAY(SELECT (SELECT a.unit FROM ledger_account a WHERE a.id = f.account_id
                         AND (a.person_id IS NULL) = (f.sequence IS NULL)
                         AND (f.sequence IS NULL) = (f.balance_after IS NULL)) FROM fresh f LIMIT one.lines)
        INTO expected, amounts, units
        FROM (SELECT f.journal_id, f.at, (SELECT CASE WHEN j.at = f.at AND j.xid = pg_current_xact_id() THEN j.lines END
                                          FROM ledger_journal j WHERE j.id = f.journal_id) AS lines
              FROM fresh f WHERE f.line = 1 OFFSET 0) one;
    IF cardinality(amounts) = expected AND units[1] = ALL (units) THEN
        FOREACH part IN ARRAY amounts LOOP
            total := total + part;
        END LOOP;
        IF total = 0 THEN
            RETURN NULL;
        END IF;
    END IF;
{MANY}"""
WHOLE_BACK = laws.WHOLE

POST = """
-- In place of the one with ten arguments: processes that still give ten call this. Nothing asks any more how many of the
-- accounts are different.
DROP FUNCTION ledger_post(uuid, text, text, text, text, uuid, timestamptz, uuid[], bigint[], integer);
CREATE FUNCTION ledger_post(
    given uuid, once text, why text, about text, note text, who uuid, moment timestamptz,
    accounts uuid[], amounts bigint[], different integer, people boolean[] DEFAULT NULL,
    OUT journal uuid, OUT outcome text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    -- Who posted to these accounts in this month before says of each whether it is a person's. For everyone else the
    -- month is made if need be (a job makes them ahead; this is for the past, and for a clock that was moved), and the
    -- accounts are looked up.
    IF people IS NULL THEN
        IF to_regclass('ledger_entry_' || to_char(moment AT TIME ZONE 'UTC', 'YYYY_MM')) IS NULL THEN
            PERFORM ledger_make_month(moment);
        END IF;
        people := ARRAY(SELECT (SELECT a.person_id IS NOT NULL FROM ledger_account a WHERE a.id = named)
                        FROM unnest(accounts) named);
        IF array_position(people, NULL) IS NOT NULL THEN
            outcome := 'unopened';
            RETURN;
        END IF;
    END IF;
    INSERT INTO ledger_journal (id, created_at, key, kind, subject, memo, actor_id, at, lines)
        VALUES (given, now(), once, why, about, note, who, moment, cardinality(accounts))
        ON CONFLICT (key) DO NOTHING;
    IF NOT FOUND THEN
        SELECT id, 'repeated' INTO journal, outcome FROM ledger_journal WHERE key = once;
        RETURN;
    END IF;
    -- A sequence of 0 marks a person's entry; the trigger numbers it and locks the account.
    IF cardinality(array_positions(people, true)) < 2 THEN
        INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
            SELECT given, accounts[n], n, amounts[n], CASE WHEN people[n] THEN 0 END, moment
            FROM generate_series(1, cardinality(accounts)) n;
    ELSE
        -- In the order of the accounts' ids: two journals that share accounts wait for each other, never in a circle.
        INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
            SELECT given, accounts[n], n, amounts[n], CASE WHEN people[n] THEN 0 END, moment
            FROM generate_series(1, cardinality(accounts)) n ORDER BY accounts[n];
    END IF;
    journal := given;
    outcome := 'posted';
END $$;
"""
POST_BACK = (
    """
DROP FUNCTION ledger_post(uuid, text, text, text, text, uuid, timestamptz, uuid[], bigint[], integer, boolean[]);
"""
    + posting.POST.partition("ALTER FUNCTION")[0]
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_laws_that_cost_less")]
    operations = [
        migrations.RunSQL(WHOLE, WHOLE_BACK),
        migrations.RunSQL(POST, POST_BACK),
        migrations.AlterField(
            model_name="account",
            name="person",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
