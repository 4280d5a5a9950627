from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import transaction

from majlis.kit import events
from majlis.kit.ids import new_id
from majlis.kit.jobs import run_due_jobs

heard: list[object] = []


@dataclass(frozen=True)
class KettleBoiled:
    kettle: UUID
    at: datetime
    cups: tuple[UUID, ...] = ()
    by: UUID | None = None


@events.subscribe(KettleBoiled)
def on_kettle_boiled(event: KettleBoiled) -> None:
    heard.append(event)


@pytest.fixture(autouse=True)
def _nothing_heard():
    heard.clear()


@pytest.mark.django_db
class TestPublish:
    def test_reaches_the_subscriber_as_the_same_event(self):
        event = KettleBoiled(new_id(), datetime(2026, 3, 1, tzinfo=UTC), (new_id(),))
        events.publish(event)
        assert heard == []
        run_due_jobs()
        assert heard == [event]

    def test_vanishes_with_the_transaction_that_announced_it(self):
        with transaction.atomic():
            events.publish(KettleBoiled(new_id(), datetime(2026, 3, 1, tzinfo=UTC)))
            transaction.set_rollback(True)
        assert run_due_jobs() == 0
