"""Posting, holding and rolling up, each in one round trip."""

from django.db import migrations

POST = """
CREATE FUNCTION ledger_post(
    given uuid, once text, why text, about text, note text, who uuid, moment timestamptz,
    accounts uuid[], amounts bigint[], different integer, OUT journal uuid, OUT outcome text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    -- Partitions are made months ahead by a job; this is for the past, and for a clock that was moved.
    IF to_regclass('ledger_entry_' || to_char(moment AT TIME ZONE 'UTC', 'YYYY_MM')) IS NULL THEN
        PERFORM ledger_make_month(moment);
    END IF;
    IF (SELECT count(*) FROM ledger_account WHERE id = ANY (accounts)) < different THEN
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
        SELECT given, line.account, line.number, line.amount,
               (SELECT 0 FROM ledger_account a WHERE a.id = line.account AND a.person_id IS NOT NULL), moment
        FROM unnest(accounts, amounts) WITH ORDINALITY line (account, amount, number) ORDER BY line.account;
    journal := given;
    outcome := 'posted';
END $$;
"""
DROP_POST = "DROP FUNCTION ledger_post(uuid, text, text, text, text, uuid, timestamptz, uuid[], bigint[], integer);"

HOLDS = """
CREATE FUNCTION ledger_hold_moves_its_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'a hold begins open'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_begins_open';
        END IF;
        UPDATE ledger_account SET held = held + NEW.amount WHERE id = NEW.account_id AND person_id IS NOT NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'only a person''s account can be held'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_is_on_a_persons_account';
        END IF;
    ELSE
        IF OLD.state <> 'open' OR NEW.state = 'open' OR
           (OLD.id, OLD.account_id, OLD.amount, OLD.key) IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.amount, NEW.key)
        THEN
            RAISE EXCEPTION 'hold % is %: it resolves once', OLD.id, OLD.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_resolves_once';
        END IF;
        UPDATE ledger_account SET held = held - OLD.amount WHERE id = OLD.account_id;
    END IF;
    RETURN NULL;
END $$;
-- After, not before: ON CONFLICT DO NOTHING would have moved the account for a row that never came.
CREATE TRIGGER hold_moves_its_account AFTER INSERT OR UPDATE ON ledger_hold
    FOR EACH ROW EXECUTE FUNCTION ledger_hold_moves_its_account();

-- What was captured left the account by the journal that says so. Asked at commit, since the journal follows the hold.
CREATE FUNCTION ledger_capture_is_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.captured IS DISTINCT FROM
       (SELECT -sum(e.amount) FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id AND j.at = e.at
        WHERE e.journal_id = NEW.journal_id AND e.account_id = NEW.account_id)
    THEN
        RAISE EXCEPTION 'hold % captured what its journal did not take', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'capture_is_booked';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER capture_is_booked AFTER UPDATE ON ledger_hold DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'captured') EXECUTE FUNCTION ledger_capture_is_booked();
"""
DROP_HOLDS = """
DROP TRIGGER capture_is_booked ON ledger_hold;
DROP FUNCTION ledger_capture_is_booked();
DROP TRIGGER hold_moves_its_account ON ledger_hold;
DROP FUNCTION ledger_hold_moves_its_account();
"""

ROLL_UP = """
-- Transaction numbers mean something in their own cluster only: after a restore into another one the roll-ups made in
-- the old are worth nothing, and everything is the tail until they are made anew.
CREATE FUNCTION ledger_cluster() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT system_identifier FROM pg_control_system() $$;

CREATE FUNCTION ledger_house_balance(which uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(r.balance, 0) + coalesce((
        SELECT sum(e.amount) FROM ledger_entry e
        WHERE e.account_id = which AND e.sequence IS NULL AND e.xid >= coalesce(r.upto, '0')), 0)::bigint
    FROM (SELECT) AS always
    LEFT JOIN ledger_rollup r ON r.account_id = which AND r.cluster = ledger_cluster()
$$;

CREATE FUNCTION ledger_roll_up(moment timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    folded bigint := 0;
    here bigint := ledger_cluster();
    house record;
    part bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger_roll_up'));
    INSERT INTO ledger_rollup (account_id, balance, entries) SELECT id, 0, 0 FROM ledger_account WHERE person_id IS NULL
        ON CONFLICT DO NOTHING;
    UPDATE ledger_rollup SET balance = 0, entries = 0, upto = '0', cluster = here WHERE cluster <> here;
    FOR house IN SELECT account_id FROM ledger_rollup ORDER BY account_id LOOP
        -- Every transaction below the snapshot's xmin has ended: nothing can appear below it any more.
        WITH edge AS MATERIALIZED (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid)
        UPDATE ledger_rollup r
            SET balance = r.balance + tail.total, entries = r.entries + tail.number, upto = edge.xid, rolled_at = moment
            FROM edge, ledger_rollup old, LATERAL (
                SELECT coalesce(sum(e.amount), 0) AS total, count(*) AS number FROM ledger_entry e
                WHERE e.account_id = house.account_id AND e.sequence IS NULL AND e.xid >= old.upto AND e.xid < edge.xid
            ) tail
            WHERE r.account_id = house.account_id AND old.account_id = house.account_id AND tail.number > 0
            RETURNING tail.number INTO part;
        folded := folded + coalesce(part, 0);
    END LOOP;
    RETURN folded;
END $$;
"""
DROP_ROLL_UP = """
DROP FUNCTION ledger_roll_up(timestamptz);
DROP FUNCTION ledger_house_balance(uuid);
DROP FUNCTION ledger_cluster();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_laws")]
    operations = [
        migrations.RunSQL(POST, DROP_POST),
        migrations.RunSQL(HOLDS, DROP_HOLDS),
        migrations.RunSQL(ROLL_UP, DROP_ROLL_UP),
    ]
