"""Big append-only tables: does one big table get slow? Messages (with their word index) and notices at a small size and
at MAJLIS_BENCH_ROWS (1,000,000 by default), the services as members call them: send a message, open a conversation's
last page, open the notices, count the unread. The figure is what a hundred times the rows costs (ADR 12)."""

import os
import sys
from itertools import cycle

from _measure import django, heading, line, repeat, verdict

LARGE = int(os.environ.get("MAJLIS_BENCH_ROWS", "1000000"))
SMALL = LARGE // 100
PEOPLE = 20
ROUNDS = 60

# Ordered by time, as ours are.
ID = """(lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
         || substr(md5(n::text), 4, 15))::uuid"""
MESSAGES = f"""
INSERT INTO messaging_message (id, created_at, conversation_id, number, sender_id, key, text)
SELECT {ID}, now(), c.id,
       c.last_number + (n - %(first)s) / %(pairs)s + 1, c.one_id, gen_random_uuid()::text,
       'Lesson ' || n || ': ' || (ARRAY['see you on Monday', 'please send the homework', 'شكرا جزيلا',
                                       'could we begin later', 'درس امروز خوب بود'])[1 + n %% 5]
FROM generate_series(%(first)s, %(last)s) n
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM messaging_conversation) c
    ON c.place = (n - %(first)s) %% %(pairs)s
"""
NUMBERS = """
UPDATE messaging_conversation c SET last_number =
    coalesce((SELECT max(number) FROM messaging_message m WHERE m.conversation_id = c.id), 0)
"""
NOTICES = f"""
INSERT INTO notices_notice (id, created_at, person_id, kind, category, facts, link, in_app, read_at)
SELECT {ID}, now(), p.id, %(kind)s, %(category)s, '{{}}', '', true, CASE WHEN n %% 50 > 0 THEN now() END
FROM generate_series(%(first)s, %(last)s) n
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM accounts_user) p ON p.place = n %% %(people)s
"""


def people() -> list:
    """People, the first of whom has a conversation with each of the others."""
    from majlis.engines.messaging.models import Conversation, Member
    from majlis.kernel.accounts.models import User

    made = sorted(
        User.objects.bulk_create([User(name=f"P{n}", password="") for n in range(PEOPLE)]), key=lambda p: p.id
    )
    pairs = Conversation.objects.bulk_create(
        Conversation(
            one=made[0], two=other, opened_by=made[0], asked_at=made[0].created_at, answered_at=other.created_at
        )
        for other in made[1:]
    )
    Member.objects.bulk_create(Member(conversation=c, person_id=p) for c in pairs for p in (c.one_id, c.two_id))
    return made


def fill(first: int, last: int) -> None:
    from django.db import connection

    from majlis.kernel.notices.types import Category

    with connection.cursor() as cursor:
        cursor.execute(MESSAGES, {"first": first, "last": last, "pairs": PEOPLE - 1})
        cursor.execute(NUMBERS)
        given = {"kind": "bench.grown", "category": Category.values[0], "people": PEOPLE}
        cursor.execute(NOTICES, {"first": first, "last": last, **given})
        cursor.execute("VACUUM ANALYZE")


def measure(made: list) -> dict[str, float]:
    """The middle seconds of each call, printed."""
    from majlis.engines.messaging import queries, services
    from majlis.engines.messaging.models import Conversation
    from majlis.kernel.notices import queries as notices

    pairs = cycle(Conversation.objects.select_related("two").order_by("id"))

    def send() -> None:
        pair = next(pairs)
        services.send_message(actor=pair.two, conversation_id=pair.id, text="A word more")

    works = {
        "send a message": send,
        "open a conversation": lambda: queries.messages(next(pairs).id, seen_by=made[0]),
        "open the notices": lambda: notices.notices_of(made[1]),
        "count the unread": lambda: notices.unread_count(made[1]),
    }
    found = {}
    for name, work in works.items():
        taken = repeat(work, rounds=ROUNDS, warm=5)
        found[name] = taken.median
        line(name, taken)
    return found


def main() -> int:
    django()
    from django.core.management import call_command

    call_command("createcachetable", verbosity=0)
    made = people()
    heading("Growth: messages and notices", rows=SMALL)
    fill(1, SMALL)
    small = measure(made)
    heading("Growth: messages and notices", rows=LARGE)
    for first in range(SMALL + 1, LARGE + 1, 200_000):
        fill(first, min(first + 199_999, LARGE))
    large = measure(made)
    good = True
    for name, before in small.items():
        good &= verdict(f"{name}: 100 times the rows cost this many times", large[name] / before, at_most=1.5)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
