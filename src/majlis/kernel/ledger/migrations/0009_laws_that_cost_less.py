"""The same laws for less. One look at the entries of a statement tells that all is well with them (nearly every journal
is of one unit); what is wrong is looked for only when something may be. And the account's own trigger compares in its
function, which nobody calls but who moves an account by hand: a condition of a trigger is parsed with every statement.
"""

from importlib import import_module

from django.db import migrations

laws = import_module("majlis.kernel.ledger.migrations.0002_laws")

THOROUGH = laws.BALANCES.partition("DECLARE wrong record;\nBEGIN\n")[2].partition("CREATE TRIGGER journals_are_whole")[0]
WHOLE = f"""
CREATE OR REPLACE FUNCTION ledger_journals_are_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    -- A journal of one unit is one group, with all its lines. Looked up by its id alone, never by its time: at one
    -- moment there may be thousands.
    PERFORM FROM (SELECT fresh.*, (SELECT a.unit FROM ledger_account a WHERE a.id = fresh.account_id
                  AND (a.person_id IS NULL) = (fresh.sequence IS NULL)
                  AND (fresh.sequence IS NULL) = (fresh.balance_after IS NULL)) AS unit FROM fresh) f
        GROUP BY f.journal_id, f.at, f.unit
        HAVING (f.unit IS NOT NULL AND sum(f.amount) = 0 AND max(f.line) = count(*)
                AND bool_and(f.amount <> 0 AND f.line > 0 AND f.xid = pg_current_xact_id())
                AND count(*) = (SELECT CASE WHEN j.at = f.at AND j.xid = pg_current_xact_id() THEN j.lines END
                                FROM ledger_journal j WHERE j.id = f.journal_id)) IS NOT TRUE
        LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
{THOROUGH}"""
WHOLE_BACK = f"""
CREATE OR REPLACE FUNCTION ledger_journals_are_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
{THOROUGH}"""

BY_HAND = """
CREATE FUNCTION ledger_account_moved_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.id, OLD.person_id, OLD.purpose, OLD.unit, OLD.name, OLD.balance, OLD.held, OLD.sequence, OLD.floor IS NULL)
       IS DISTINCT FROM
       (NEW.id, NEW.person_id, NEW.purpose, NEW.unit, NEW.name, NEW.balance, NEW.held, NEW.sequence, NEW.floor IS NULL)
    THEN
        RAISE EXCEPTION '% of % is refused: the books are corrected by another journal', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'check_violation', CONSTRAINT = 'books_are_never_changed';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER account_moves_with_its_entries_only ON ledger_account;
CREATE TRIGGER account_moves_with_its_entries_only AFTER UPDATE ON ledger_account
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_account_moved_by_hand();
"""
TRIGGER = "CREATE TRIGGER account_moves_with_its_entries_only"
BY_HAND_BACK = f"""
DROP TRIGGER account_moves_with_its_entries_only ON ledger_account;
{TRIGGER}{laws.ACCOUNTS.partition(TRIGGER)[2]}
DROP FUNCTION ledger_account_moved_by_hand();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_posting_asks_once")]
    operations = [migrations.RunSQL(WHOLE, WHOLE_BACK), migrations.RunSQL(BY_HAND, BY_HAND_BACK)]
