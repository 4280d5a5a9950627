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
    CONSTRAINT entry_is_of_something CHECK (amount <> 0),
    CONSTRAINT entry_line_counts_from_one CHECK (line > 0),
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
DROP FUNCTION ledger_refuse_truncate();
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
    END IF;
    IF NEW.id IS DISTINCT FROM ledger_account_id(NEW.person_id, NEW.purpose, NEW.unit, NEW.name) THEN
        RAISE EXCEPTION 'the id of an account is the digest of its name'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_id_is_its_name';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_begins_empty BEFORE INSERT ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_begins_empty();
CREATE TRIGGER account_moves_with_its_entries_only BEFORE UPDATE ON ledger_account
    FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND
          (OLD.id, OLD.person_id, OLD.purpose, OLD.unit, OLD.name, OLD.balance, OLD.held, OLD.sequence)
          IS DISTINCT FROM
          (NEW.id, NEW.person_id, NEW.purpose, NEW.unit, NEW.name, NEW.balance, NEW.held, NEW.sequence))
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
CREATE FUNCTION ledger_entry_moves_its_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xid := pg_current_xact_id();
    UPDATE ledger_account SET balance = balance + NEW.amount, sequence = sequence + 1
        WHERE id = NEW.account_id AND person_id IS NOT NULL
        RETURNING balance, sequence INTO NEW.balance_after, NEW.sequence;  -- both empty for the house
    RETURN NEW;
END $$;
CREATE TRIGGER entry_moves_its_account BEFORE INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_moves_its_account();

CREATE FUNCTION ledger_journal_is_of_now() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xid := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER journal_is_of_now BEFORE INSERT ON ledger_journal
    FOR EACH ROW EXECUTE FUNCTION ledger_journal_is_of_now();

-- One INSERT brings all the entries of a journal of the same transaction, and they sum to zero in each unit.
CREATE FUNCTION ledger_journals_are_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    SELECT f.journal_id, a.unit, sum(f.amount) AS total, count(a.id) AS known, count(*) AS given, count(j.id) AS ours
        INTO wrong
        FROM fresh f
        LEFT JOIN ledger_account a ON a.id = f.account_id
        LEFT JOIN ledger_journal j ON j.id = f.journal_id AND j.at = f.at AND j.xid = pg_current_xact_id()
                                      AND f.line <= j.lines
        GROUP BY f.journal_id, a.unit
        HAVING sum(f.amount) <> 0 OR count(a.id) < count(*) OR count(j.id) < count(*)
        LIMIT 1;
    IF NOT FOUND THEN
        SELECT f.journal_id INTO wrong FROM fresh f JOIN ledger_journal j ON j.id = f.journal_id
            GROUP BY f.journal_id, j.lines HAVING count(*) <> j.lines LIMIT 1;
        IF NOT FOUND THEN RETURN NULL; END IF;
        RAISE EXCEPTION 'journal % must come with all its lines in one INSERT', wrong.journal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_comes_whole';
    ELSIF wrong.known < wrong.given THEN
        RAISE EXCEPTION 'an entry of journal % names an account that does not exist', wrong.journal_id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_names_an_account';
    ELSIF wrong.ours < wrong.given THEN
        RAISE EXCEPTION 'journal % is not of this transaction, time or length', wrong.journal_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_comes_whole';
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
DROP TRIGGER journal_is_of_now ON ledger_journal;
DROP FUNCTION ledger_journal_is_of_now();
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
