"""Counting attempts, forgetting people, letters and texts."""

import io
import threading
import zipfile
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.db import connections

from majlis.kernel.accounts import registry, services
from majlis.kernel.accounts.events import PersonAnonymised
from majlis.kernel.accounts.gateways import sandbox
from majlis.kernel.accounts.models import AuditEntry, User
from majlis.kit import clock
from majlis.kit.errors import Invalid, Refusal, TooMany
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import SOME_MONDAY, person


class StillBooked(Refusal):
    code = "still_booked"


@pytest.fixture(autouse=True)
def _fresh_counts(db):
    cache.clear()


@pytest.fixture
def registered(monkeypatch):
    """The registry, empty, put back afterwards."""
    monkeypatch.setattr(registry, "exports", {})
    monkeypatch.setattr(registry, "erasers", {})
    return registry


class TestThrottle:
    def test_counts_down_and_refuses_with_the_time_to_wait(self):
        with clock.travel(SOME_MONDAY + timedelta(seconds=10)):
            assert [services.throttle(scope="t", key="a", limit=2, seconds=60) for _time in range(2)] == [1, 0]
            with pytest.raises(TooMany) as refusal:
                services.throttle(scope="t", key="a", limit=2, seconds=60)
            assert refusal.value.retry_after == 50

    def test_keys_scopes_and_windows_are_apart(self):
        with clock.travel(SOME_MONDAY):
            left = [services.throttle(scope=s, key=k, limit=2, seconds=60) for s, k in ("ta", "tb", "ua", "ta")]
        assert left == [1, 1, 1, 0]
        with clock.travel(SOME_MONDAY + timedelta(seconds=61)):
            assert services.throttle(scope="t", key="a", limit=2, seconds=60) == 1

    @pytest.mark.race
    @pytest.mark.django_db(transaction=True)
    def test_thirty_two_at_once_are_counted_exactly(self):
        start, passed = threading.Barrier(32), []

        def attempt():
            try:
                start.wait()
                services.throttle(scope="race", key="a", limit=5, seconds=3600)
                passed.append(1)
            except TooMany:
                pass
            finally:
                connections.close_all()

        threads = [threading.Thread(target=attempt) for _number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(passed) == 5


class TestExport:
    def test_holds_what_each_module_keeps(self, registered):
        salma = person()
        services.register_export("lessons", lambda person_id: [{"student": str(person_id)}])
        archive = zipfile.ZipFile(io.BytesIO(services.export_data(person=salma)))
        assert sorted(archive.namelist()) == ["account.json", "lessons.json"]
        assert str(salma.id) in archive.read("lessons.json").decode()

    def test_a_label_is_registered_once(self, registered):
        services.register_export("lessons", list)
        with pytest.raises(ValueError, match="twice"):
            services.register_export("lessons", dict)


class TestAnonymise:
    def test_modules_erase_and_hear_of_it(self, registered, monkeypatch):
        announced = []
        monkeypatch.setattr("majlis.kit.events.publish", announced.append)
        erased = []
        services.register_eraser("messaging", erased.append)
        salma = person()
        services.anonymise_person(actor=salma, person=salma)
        assert erased == [salma.id]
        assert PersonAnonymised(salma.id) in announced

    def test_a_module_may_stop_it_and_then_nothing_is_gone(self, registered):
        def refuse(person_id):
            raise StillBooked

        services.register_eraser("lessons", refuse)
        salma = person()
        with pytest.raises(StillBooked):
            services.anonymise_person(actor=salma, person=salma)
        assert User.objects.get(id=salma.id).email

    def test_what_staff_did_to_them_stays_in_the_trail(self):
        salma = person()
        services.suspend_person(actor=person(roles=["support"]), person=salma, reason="Rude")
        services.anonymise_person(actor=None, person=salma)
        assert AuditEntry.objects.filter(target=f"accounts.user:{salma.id}").count() == 2


class TestSweep:
    def test_an_address_nobody_confirmed_becomes_free_after_a_week(self):
        stale = person(email="taken@example.test", created_at=clock.now() - timedelta(days=8))
        EmailAddress.objects.update(verified=False)
        kept = person(created_at=clock.now() - timedelta(days=8))
        fresh = person()
        EmailAddress.objects.filter(user=fresh).update(verified=False)
        assert services.forget_unconfirmed_people() == 1
        assert set(User.objects.values_list("id", flat=True)) == {kept.id, fresh.id}
        assert not User.objects.filter(id=stale.id).exists()


class TestLetters:
    def test_speak_the_readers_language_and_run_its_way(self):
        services.send_letter(to="a@example.test", subject="X", paragraphs=["…"], code="123456", language="fa")
        run_due_jobs()
        letter = mail.outbox[-1]
        assert "123456" in letter.body
        assert 'dir="rtl"' in letter.alternatives[0][0]

    def test_a_name_cannot_carry_markup(self):
        services.send_letter(to="a@example.test", subject="X", paragraphs=["<script>alert(1)</script>"])
        run_due_jobs()
        assert "<script>" not in mail.outbox[-1].alternatives[0][0]

    def test_texts_reach_the_page_of_the_sandbox(self, settings, tmp_path):
        settings.DATA = tmp_path
        services.send_text(to="+201001234567", text="123456 is your code")
        run_due_jobs()
        assert sandbox.recent()[0]["text"] == "123456 is your code"


class TestEnrol:
    def test_makes_somebody_who_can_set_a_password(self):
        hana = services.enrol_person(actor=None, name="Hana", email="Hana@Example.test", roles=["expert"])
        assert hana.email == "hana@example.test"
        assert hana.roles == {"expert"}
        assert EmailAddress.objects.get(user=hana).verified

    @pytest.mark.parametrize(
        "wrong", [{"email": None}, {"zone": "Mars/Base"}, {"name": ""}, {"currency": "XXX"}, {"status": "blocked"}]
    )
    def test_refuses_what_is_wrong(self, wrong):
        with pytest.raises(Invalid):
            services.enrol_person(**{"actor": None, "name": "Hana", "email": "hana@example.test", **wrong})

    @pytest.mark.parametrize("trick", ["Sal\u202ema", "  Salma \n Hassan "])
    def test_a_name_holds_no_tricks(self, trick):
        named = services.enrol_person(actor=None, name=trick, email="hana@example.test").name
        assert "\u202e" not in named
        assert named == named.strip()
