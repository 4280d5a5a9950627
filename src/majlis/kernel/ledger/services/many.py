"""Moving money in many journals at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from majlis.kernel.ledger.models import Account
from majlis.kernel.ledger.services.journals import check_balanced, law, open_accounts
from majlis.kernel.ledger.types import JournalKind, Posting
from majlis.kit import clock
from majlis.kit.db import require_transaction
from majlis.kit.ids import new_id

# A mark of 0 says that an entry is on a person's account; the database counts it and asks whether the mark is true.
# Ordered by account: two who post at once wait for each other, never in a circle.
POST_ALL = """
WITH booked AS (
    INSERT INTO ledger_journal (id, created_at, key, kind, subject, memo, actor_id, at, lines)
    SELECT id, now(), key, kind, subject, memo, %(actor)s::uuid, %(at)s, lines
    FROM unnest(%(ids)s::uuid[], %(keys)s::text[], %(kinds)s::text[], %(subjects)s::text[], %(memos)s::text[],
                %(counts)s::smallint[]) AS given (id, key, kind, subject, memo, lines))
INSERT INTO ledger_entry (journal_id, account_id, line, amount, sequence, at)
SELECT journal, account, line, amount, mark, %(at)s
FROM unnest(%(journals)s::uuid[], %(accounts)s::uuid[], %(lines)s::smallint[], %(amounts)s::bigint[],
            %(marks)s::bigint[]) AS given (journal, account, line, amount, mark)
ORDER BY account, journal
"""


@transaction.atomic(savepoint=False)
def post_all(postings: Sequence[Posting], *, actor: Any = None, now: datetime | None = None) -> None:
    """Book many journals in the caller's transaction by one statement, all or none: what `post` does with each, except
    that a key that was used before is refused (`KeyReused`) whatever it was used for.

    Refuses as `post`; after a refusal by the database the transaction is unusable.
    """
    require_transaction()
    if not postings:
        return
    for posting in postings:
        check_balanced(posting.lines)
    moment = now or clock.now()
    ids = [new_id() for _posting in postings]
    rows = [
        (journal, line.account.id, number, line.amount.amount, None if line.account.person_id is None else 0)
        for journal, posting in zip(ids, postings, strict=True)
        for number, line in enumerate(posting.lines, 1)
    ]
    journals, accounts, lines, amounts, marks = (list(column) for column in zip(*rows, strict=True))
    _open_missing(postings)
    with law(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_make_month(%s)", [moment])
        cursor.execute(
            POST_ALL,
            {
                "ids": ids,
                "keys": [posting.key for posting in postings],
                "kinds": [JournalKind(posting.kind).value for posting in postings],
                "subjects": [posting.subject for posting in postings],
                "memos": [posting.memo for posting in postings],
                "counts": [len(posting.lines) for posting in postings],
                "actor": actor.pk if actor else None,
                "at": moment,
                "journals": journals,
                "accounts": accounts,
                "lines": lines,
                "amounts": amounts,
                "marks": marks,
            },
        )


def _open_missing(postings: Sequence[Posting]) -> None:
    names = {line.account.id: line.account for posting in postings for line in posting.lines}
    for known in Account.objects.filter(id__in=list(names)).values_list("id", flat=True):
        del names[known]
    if names:
        open_accounts(list(names.values()))
