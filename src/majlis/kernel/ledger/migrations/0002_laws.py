"""The laws of the books, in the database: whatever writes to it, and however, they hold. The README explains each."""

from django.db import migrations

ENTRIES = """
CREATE SEQUENCE ledger_entry_id_seq AS bigint;
CREATE TABLE ledger_entry (
    id bigint NOT NULL DEFAULT nextval('ledger_entry_id_seq'),
    journal_id uuid NOT NULL,
    account_id uuid NOT NULL,
    line smallint NOT NULL,
    amount bigint NOT NULL,
    balance_after bigint,
    sequence bigint,
    at timestamptz NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    -- Deferrable, and that alone makes ON CONFLICT impossible here: it would skip a row whose account has already moved.
    CONSTRAINT ledger_entry_pkey PRIMARY KEY (id, at) DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT one_entry_per_line_of_a_journal UNIQUE (journal_id, line, at) DEFERRABLE INITIALLY IMMEDIATE
) PARTITION BY RANGE (at);
ALTER SEQUENCE ledger_entry_id_seq OWNED BY ledger_entry.id;
CREATE UNIQUE INDEX one_entry_per_number_of_an_account ON ledger_entry (account_id, sequence, at)
    WHERE sequence IS NOT NULL;
CREATE INDEX entry_house_tail ON ledger_entry (account_id, xid) INCLUDE (amount) WHERE sequence IS NULL;

ALTER TABLE ledger_journal ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE ledger_rollup ADD COLUMN upto xid8 NOT NULL DEFAULT '0', ADD COLUMN cluster bigint NOT NULL DEFAULT 0;
ALTER TABLE ledger_account SET (fillfactor = 70);
"""
DROP_ENTRIES = """
ALTER TABLE ledger_rollup DROP COLUMN upto, DROP COLUMN cluster;
ALTER TABLE ledger_journal DROP COLUMN xid;
DROP TABLE ledger_entry;
"""

# What is written stays written.
NEVER = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the books are corrected by another journal', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'books_are_never_changed';
END $$;
CREATE FUNCTION ledger_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE of % is refused', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'books_are_never_changed';
END $$;
CREATE TRIGGER journal_never_changes BEFORE UPDATE OR DELETE ON ledger_journal
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER journal_never_vanishes BEFORE TRUNCATE ON ledger_journal EXECUTE FUNCTION ledger_refuse_truncate();
CREATE TRIGGER entry_never_changes BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER entry_never_vanishes BEFORE TRUNCATE ON ledger_entry EXECUTE FUNCTION ledger_refuse_truncate();
CREATE TRIGGER account_never_vanishes BEFORE DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER account_is_never_truncated BEFORE TRUNCATE ON ledger_account EXECUTE FUNCTION ledger_refuse_truncate();
CREATE TRIGGER hold_never_vanishes BEFORE DELETE ON ledger_hold
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER hold_is_never_truncated BEFORE TRUNCATE ON ledger_hold EXECUTE FUNCTION ledger_refuse_truncate();
"""
DROP_NEVER = """
DROP TRIGGER hold_is_never_truncated ON ledger_hold;
DROP TRIGGER hold_never_vanishes ON ledger_hold;
DROP TRIGGER account_is_never_truncated ON ledger_account;
DROP TRIGGER account_never_vanishes ON ledger_account;
DROP TRIGGER entry_never_vanishes ON ledger_entry;
DROP TRIGGER entry_never_changes ON ledger_entry;
DROP TRIGGER journal_never_vanishes ON ledger_journal;
DROP TRIGGER journal_never_changes ON ledger_journal;
DROP FUNCTION ledger_refuse_truncate() CASCADE;
DROP FUNCTION ledger_refuse_change();
"""

# An account is born empty under the digest of its name; afterwards only the triggers below move its figures.
ACCOUNTS = """
CREATE FUNCTION ledger_account_id(person uuid, purpose text, unit text, name text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(substring(sha256(convert_to(
        coalesce(person::text, '') || ':' || purpose || ':' || unit || ':' || name, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid
$$;
CREATE FUNCTION ledger_account_begins_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.balance <> 0 OR NEW.held <> 0 OR NEW.sequence <> 0 THEN
        RAISE EXCEPTION 'an account begins empty'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_begins_empty';
    ELSIF NEW.id IS DISTINCT FROM ledger_account_id(NEW.person_id, NEW.purpose, NEW.unit, NEW.name) THEN
        RAISE EXCEPTION 'the id of an account is the digest of its name'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_id_is_its_name';
    ELSIF (NEW.person_id IS NULL) <> (NEW.floor IS NULL) OR (NEW.person_id IS NOT NULL AND NEW.name <> '') THEN
        RAISE EXCEPTION 'people have a floor, the house has names'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_have_a_floor_and_the_house_has_none';
    ELSIF NEW.unit !~ '^([A-Z]{3,5}|[a-z]{2,12})$' THEN
        RAISE EXCEPTION '% is neither a currency nor a counted unit', NEW.unit
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_unit_is_a_currency_or_a_count';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_begins_empty BEFORE INSERT ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_begins_empty();
-- After, since a trigger before an UPDATE locks the row a second time. Only a floor may be changed by hand, and then
-- the CHECK still holds.
CREATE TRIGGER account_moves_with_its_entries_only AFTER UPDATE ON ledger_account
    FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND
          (OLD.id, OLD.person_id, OLD.purpose, OLD.unit, OLD.name, OLD.balance, OLD.held, OLD.sequence,
           OLD.floor IS NULL)
          IS DISTINCT FROM
          (NEW.id, NEW.person_id, NEW.purpose, NEW.unit, NEW.name, NEW.balance, NEW.held, NEW.sequence,
           NEW.floor IS NULL))
    EXECUTE FUNCTION ledger_refuse_change();
"""
DROP_ACCOUNTS = """
DROP TRIGGER account_moves_with_its_entries_only ON ledger_account;
DROP TRIGGER account_begins_empty ON ledger_account;
DROP FUNCTION ledger_account_begins_empty();
DROP FUNCTION ledger_account_id(uuid, text, text, text);
"""

BALANCES = """
-- The database itself counts: whatever inserts an entry moves its account in the same breath and is told the balance.
-- A person's entry is marked by a sequence of 0; whether the mark is true is asked below.
CREATE FUNCTION ledger_entry_moves_its_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_account SET balance = balance + NEW.amount, sequence = sequence + 1
        WHERE id = NEW.account_id AND person_id IS NOT NULL
        RETURNING balance, sequence INTO NEW.balance_after, NEW.sequence;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_moves_its_account BEFORE INSERT ON ledger_entry
    FOR EACH ROW WHEN (NEW.sequence IS NOT NULL) EXECUTE FUNCTION ledger_entry_moves_its_account();

-- One INSERT brings all the entries of a journal of the same transaction, and they sum to zero in each unit.
-- Generic plans, and scalar subqueries instead of joins: planned once, and always by primary key.
CREATE FUNCTION ledger_journals_are_whole() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE wrong record;
BEGIN
    SELECT whole.journal_id INTO wrong FROM (
            SELECT journal_id, count(*) FILTER (WHERE amount <> 0) AS given, min(at) AS first, max(at) AS last,
                   min(xid) AS lowest, max(xid) AS highest, min(line) AS bottom, max(line) AS top
            FROM fresh GROUP BY journal_id) whole
        WHERE (SELECT CASE WHEN j.at = whole.first AND j.at = whole.last AND j.xid = pg_current_xact_id()
                            AND j.xid = whole.lowest AND j.xid = whole.highest
                            AND whole.bottom = 1 AND whole.top = j.lines THEN j.lines END
               FROM ledger_journal j WHERE j.id = whole.journal_id) IS DISTINCT FROM whole.given
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal % must come with all its lines in one INSERT', wrong.journal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_comes_whole';
    END IF;
    SELECT journal_id, unit, sum(amount) AS total INTO wrong FROM (
            SELECT f.journal_id, f.amount,
                   (SELECT a.unit FROM ledger_account a WHERE a.id = f.account_id
                    AND (a.person_id IS NULL) = (f.sequence IS NULL)
                    AND (f.sequence IS NULL) = (f.balance_after IS NULL)) AS unit
            FROM fresh f) named
        GROUP BY journal_id, unit HAVING sum(amount) <> 0 OR unit IS NULL ORDER BY unit NULLS FIRST LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF wrong.unit IS NULL THEN
        RAISE EXCEPTION 'an entry of journal % names no account, or a person''s as the house''s', wrong.journal_id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_names_an_account';
    END IF;
    RAISE EXCEPTION 'journal % is off by % %', wrong.journal_id, wrong.total, wrong.unit
        USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_sums_to_zero';
END $$;
CREATE TRIGGER journals_are_whole AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_journals_are_whole();
"""
DROP_BALANCES = """
DROP TRIGGER journals_are_whole ON ledger_entry;
DROP FUNCTION ledger_journals_are_whole() CASCADE;
DROP TRIGGER entry_moves_its_account ON ledger_entry;
DROP FUNCTION ledger_entry_moves_its_account();
"""

# Statement triggers are not inherited, and somebody could insert into a partition by its own name: each gets them.
MONTHS = """
CREATE FUNCTION ledger_make_month(moment timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', moment AT TIME ZONE 'UTC')::date;
    child text := 'ledger_entry_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(child) IS NOT NULL THEN RETURN false; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ledger_make_month'));
    IF to_regclass(child) IS NOT NULL THEN RETURN false; END IF;
    -- Made apart and attached, so that nobody who posts meanwhile has to wait.
    EXECUTE format('CREATE TABLE %I (LIKE ledger_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child);
    EXECUTE format('ALTER TABLE ledger_entry ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   child, first || ' 00:00+00', (first + interval '1 month')::date || ' 00:00+00');
    EXECUTE format('CREATE TRIGGER journals_are_whole AFTER INSERT ON %I REFERENCING NEW TABLE AS fresh
                    FOR EACH STATEMENT EXECUTE FUNCTION ledger_journals_are_whole()', child);
    EXECUTE format('CREATE TRIGGER entry_never_vanishes BEFORE TRUNCATE ON %I
                    EXECUTE FUNCTION ledger_refuse_truncate()', child);
    RETURN true;
END $$;
SELECT ledger_make_month(now() + month * interval '1 month') FROM generate_series(0, 3) month;
"""
DROP_MONTHS = "DROP FUNCTION ledger_make_month(timestamptz);"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(ENTRIES, DROP_ENTRIES),
        migrations.RunSQL(NEVER, DROP_NEVER),
        migrations.RunSQL(ACCOUNTS, DROP_ACCOUNTS),
        migrations.RunSQL(BALANCES, DROP_BALANCES),
        migrations.RunSQL(MONTHS, DROP_MONTHS),
    ]
