"""Who may listen: Django's session (or a program's token), asked in a thread beside the loop."""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.db import connection
from django.http import HttpRequest

from majlis.engines.messaging import services as messaging
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.notices import queries as notices_known
from majlis.kernel.notices import services as notices
from majlis.kit import clock


def tidy(work: Callable[..., Any], *given: Any) -> Any:
    """Run `work` and give its database connection back, whatever happens."""
    try:
        return work(*given)
    finally:
        connection.close()


def person_of_session(key: str) -> UUID | None:
    """Whose session it is, if they may sign in today."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    person = get_user(request)
    return person.pk if person.is_authenticated and person.is_active else None


def person_of_token(token: str) -> UUID | None:
    """Whose access token or key it is."""
    found = accounts.bearer(token)
    return found[0].pk if found else None


def no_longer_welcome(sessions: set[str], people: set[UUID]) -> set[Any]:
    """Of these session keys and people, those that have ended, or may not be here any more."""
    stored = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class().objects
    going_on = stored.filter(session_key__in=sessions, expire_date__gt=clock.now()).values_list(
        "session_key", flat=True
    )
    ended = sessions.difference(going_on)
    welcome = set(get_user_model().objects.filter(pk__in=people, is_active=True).values_list("pk", flat=True))
    return ended | (people - welcome)


def presence_changed(process: str, came: Iterable[UUID], gone: Iterable[UUID]) -> None:
    """Write down who came and who left, and let the pages of those who talk with them know."""
    came, gone = list(came), list(gone)
    if came:
        notices.arrive(process=process, people=came)
    if gone:
        notices.leave(process=process, people=gone)
    # Somebody may hold a stream of another process still.
    still = notices_known.online(gone)
    messaging.tell_presence(came=came, gone=[person for person in gone if person not in still])
