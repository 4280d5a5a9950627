"""What `./majlis audit` proves about messaging."""

from collections.abc import Iterator

from django.db import connection

from majlis.kit import audit


@audit.check("messaging: the numbers of every conversation have no gap")
def numbers_have_no_gap() -> Iterator[str]:
    """As many messages as the highest number, and the conversation knows that number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.id, c.last_number, count(m.id), coalesce(max(m.number), 0)
               FROM messaging_conversation c LEFT JOIN messaging_message m ON m.conversation_id = c.id
               GROUP BY c.id HAVING c.last_number <> count(m.id) OR c.last_number <> coalesce(max(m.number), 0)"""
        )
        for conversation, last, count, highest in cursor:
            yield f"Conversation {conversation} says {last}; it has {count} messages, the last is {highest}."


@audit.check("messaging: every unread count is what stands after the read mark")
def unread_is_counted() -> Iterator[str]:
    """Messages of the other, not hidden, above the mark."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.conversation_id, p.person_id, p.unread, count(m.id)
               FROM messaging_member p LEFT JOIN messaging_message m
                 ON m.conversation_id = p.conversation_id AND m.number > p.read_to
                AND m.sender_id <> p.person_id AND m.hidden_at IS NULL
               GROUP BY p.id HAVING p.unread <> count(m.id)"""
        )
        for conversation, person, unread, real in cursor:
            yield f"Person {person} has {unread} unread in {conversation}; there are {real}."
