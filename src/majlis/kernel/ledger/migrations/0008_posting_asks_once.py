"""Posting asks for its accounts once: that one look tells whether all are open and which are people's. And the trigger on
entries has no need of generic plans by setting: its queries have no parameters, so they are never planned anew."""

from importlib import import_module

from django.db import migrations

before = import_module("majlis.kernel.ledger.migrations.0003_functions")

POST = """
CREATE OR REPLACE FUNCTION ledger_post(
    given uuid, once text, why text, about text, note text, who uuid, moment timestamptz,
    accounts uuid[], amounts bigint[], different integer, OUT journal uuid, OUT outcome text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    found_open integer;
    of_people uuid[];
BEGIN
    -- Partitions are made months ahead by a job; this is for the past, and for a clock that was moved.
    IF to_regclass('ledger_entry_' || to_char(moment AT TIME ZONE 'UTC', 'YYYY_MM')) IS NULL THEN
        PERFORM ledger_make_month(moment);
    END IF;
    SELECT count(*), coalesce(array_agg(a.id) FILTER (WHERE a.person_id IS NOT NULL), '{}') INTO found_open, of_people
        FROM ledger_account a WHERE a.id = ANY (accounts);
    IF found_open < different THEN
        outcome := 'unopened';
        RETURN;
    END IF;
    INSERT INTO ledger_journal (id, created_at, key, kind, subject, memo, actor_id, at, lines)
        VALUES (given, now(), once, why, about, note, who, moment, cardinality(accounts))
        ON CONFLICT (key) DO NOTHING;
    IF NOT FOUND THEN
        SELECT id, 'repeated' INTO journal, outcome FROM ledger_journal WHERE key = once;
        RETURN;
    END IF;
    -- A sequence of 0 marks a person's entry; the trigger numbers it. In the order of the accounts' ids: two
    -- journals that share accounts wait for each other, never in a circle.
    INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
        SELECT given, line.account, line.number, line.amount, CASE WHEN line.account = ANY (of_people) THEN 0 END, moment
        FROM unnest(accounts, amounts) WITH ORDINALITY line (account, amount, number) ORDER BY line.account;
    journal := given;
    outcome := 'posted';
END $$;
ALTER FUNCTION ledger_journals_are_whole() RESET plan_cache_mode;
"""
BACK = (
    before.POST.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    + "ALTER FUNCTION ledger_journals_are_whole() SET plan_cache_mode = force_generic_plan;"
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_chargebacks")]
    operations = [migrations.RunSQL(POST, BACK)]
