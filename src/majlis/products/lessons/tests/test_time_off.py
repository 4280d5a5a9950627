"""A teacher takes time off and wants the lessons in it cancelled."""

import pytest

from majlis.engines.scheduling import services as scheduling
from majlis.kernel.ledger import queries as ledger
from majlis.kit.jobs import run_due_jobs
from majlis.products.lessons.tests import factories

pytestmark = pytest.mark.django_db


class TestTimeOff:
    @pytest.mark.parametrize("cancel", [True, False])
    def test_cancels_the_lessons_in_it_only_when_asked(self, cancel):
        teacher, student = factories.teacher(), factories.student()
        lesson = factories.paid(teacher, student)
        scheduling.add_time_off(
            person_id=teacher.id,
            starts_at=lesson.starts_at,
            ends_at=lesson.ends_at,
            reason="Ill",
            cancel_displaced=cancel,
            actor=teacher,
        )
        run_due_jobs()
        lesson.refresh_from_db()
        assert lesson.status == ("cancelled" if cancel else "confirmed")
        assert (ledger.balance(student.id, "EGP").amount == 500_000) is cancel
