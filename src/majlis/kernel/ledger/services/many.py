"""Moving money in many journals at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from majlis.kernel.ledger.models import Account
from majlis.kernel.ledger.services.journals import check_balanced, law, open_accounts
from majlis.kernel.ledger.types import JournalKind, Posting
from majlis.kit import clock
from majlis.kit.db import copy_in, require_transaction
from majlis.kit.ids import new_id

JOURNAL = ("id", "created_at", "key", "kind", "subject", "memo", "actor_id", "at", "lines")
ENTRY = ("journal_id", "account_id", "line", "amount", "sequence", "at")


@transaction.atomic(savepoint=False)
def post_all(postings: Sequence[Posting], *, actor: Any = None, now: datetime | None = None) -> None:
    """Book many journals in the caller's transaction by two statements, all or none: what `post` does with each, except
    that a key that was used before is refused (`KeyReused`) whatever it was used for.

    Refuses as `post`; after a refusal by the database the transaction is unusable.
    """
    require_transaction()
    if not postings:
        return
    for posting in postings:
        check_balanced(posting.lines)
    moment = now or clock.now()
    who = actor.pk if actor else None
    journals, entries = [], []
    for posting in postings:
        journal = new_id()
        kind, lines = JournalKind(posting.kind).value, posting.lines
        journals.append((journal, moment, posting.key, kind, posting.subject, posting.memo, who, moment, len(lines)))
        for number, line in enumerate(lines, 1):
            # A mark of 0 says that the account is a person's; the database counts it and asks whether that is true.
            mark = None if line.account.person_id is None else 0
            entries.append((journal, line.account.id, number, line.amount.amount, mark, moment))
    # In the order of the accounts' ids, as everywhere: two who post at once wait for each other, never in a circle.
    entries.sort(key=lambda entry: entry[1])
    _open_missing(postings)
    with law():
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger_make_month(%s)", [moment])
        copy_in("ledger_journal", JOURNAL, journals)
        copy_in("ledger_entry", ENTRY, entries)


def _open_missing(postings: Sequence[Posting]) -> None:
    names = {line.account.id: line.account for posting in postings for line in posting.lines}
    for known in Account.objects.filter(id__in=list(names)).values_list("id", flat=True):
        del names[known]
    if names:
        open_accounts(list(names.values()))
