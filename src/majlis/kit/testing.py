"""For tests: people, clocks, crowds and a mail server."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model

_numbers = itertools.count(1)

SOME_MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday without a clock change in any zone of the tests, for examples that need a fixed now."""

STAFF = frozenset({"coordinator", "studio", "support", "moderator", "finance", "admin", "owner"})


def person(name: str = "Salma Hassan", *, roles: Iterable[str] = (), password: str | None = None, **fields: Any) -> Any:
    """A saved, active member with a verified e-mail address nobody else has, and the roles named
    (`roles=["finance"]`). Without `password` nobody can sign in as them but `client.force_login`."""
    number = next(_numbers)
    fields.setdefault("email", f"person{number}@example.test")
    roles = list(roles)
    user = get_user_model()(name=name, **{"is_staff": bool(STAFF.intersection(roles)), **fields})
    user.set_password(password)
    user.save()
    if user.email:
        user.emailaddress_set.create(email=user.email, primary=True, verified=True)  # type: ignore[attr-defined]
    for role in roles:
        user.role_grants.create(role=role)
    return user


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Carry out `acts` at the same moment, each in a thread with a database connection of its own (outside the pool);
    what each returned or raised, in their order. For tests marked `django_db(transaction=True)`."""
    from django.db import connections

    answers: list[Any] = [None] * len(acts)
    ready = threading.Barrier(len(acts))

    def run(number: int) -> None:
        own = connections["default"].copy()
        own.settings_dict["OPTIONS"] = {**own.settings_dict["OPTIONS"], "pool": False}
        connections["default"] = own
        try:
            own.ensure_connection()
            ready.wait(timeout=30)
            answers[number] = acts[number]()
        except Exception as wrong:
            answers[number] = wrong
        finally:
            own.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class Mailbox:
    """A real SMTP server on this machine: keeps the `letters` it takes; while `answer` is set, answers each recipient
    with it (`"550 5.1.1 No such person"`)."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.answer = ""
        self.port = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(envelope)
        return "250 OK"


@contextmanager
def mailbox(**options: Any) -> Iterator[Mailbox]:
    """A `Mailbox` that serves on its `port` of 127.0.0.1 for the block; `options` are aiosmtpd's."""
    from aiosmtpd.controller import Controller

    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    server.start()
    try:
        yield box
    finally:
        server.stop()
