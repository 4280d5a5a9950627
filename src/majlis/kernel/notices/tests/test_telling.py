from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from majlis.kernel.notices import queries, services
from majlis.kernel.notices.models import Mail, Notice, StreamEvent
from majlis.kernel.notices.types import Category, Kind, MailState, Pace, Word
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.jobs import run_due_jobs
from majlis.kit.money import Money
from majlis.kit.testing import SOME_MONDAY, person

TEA = Kind("tea_ready", Category.LESSONS, _("Tea with %(who)s"), _("At %(at)s for %(price)s."))
COFFEE = Kind("coffee_ready", Category.LESSONS, _("Coffee"), _("Now."), channels=("app",))
FIRE = Kind("fire", Category.LESSONS, _("Fire"), _("Out!"), urgent=True)
BILL = Kind("bill", Category.MONEY, _("Bill"), _("Here."), essential=True)
LATE = Kind("late_tea", Category.MESSAGES, _("A word"), _("Read it."), mail_after=10)
services.register(TEA, COFFEE, FIRE, BILL, LATE)

FACTS = {"who": "Omar", "at": datetime(2026, 3, 2, 17, tzinfo=UTC), "price": Money(1500, "USD")}


@pytest.fixture
def noor(db):
    return person("Noor", zone="Africa/Cairo")


class TestNotify:
    def test_stands_in_the_readers_words_and_zone(self, noor):
        services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS, link="/lessons/")
        (seen,) = queries.notices_of(noor).items
        assert seen.title.replace("\u2068", "").replace("\u2069", "") == "Tea with Omar"
        assert "19:00" in seen.body
        assert "$15" in seen.body
        assert queries.unread_count(noor) == 1

    def test_formats_times_and_money_for_an_arabic_reader(self, noor):
        services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS)
        with translation.override("ar"):
            (seen,) = queries.notices_of(noor).items
        assert "مارس" in seen.body

    def test_is_told_once_per_key(self, noor):
        assert services.notify(person_id=noor.pk, kind="coffee_ready", facts={}, key="cup:1")
        assert services.notify(person_id=noor.pk, kind="coffee_ready", facts={}, key="cup:1") is None
        assert Notice.objects.filter(person=noor).count() == 1

    def test_counts_live(self, noor):
        services.notify(person_id=noor.pk, kind="coffee_ready", facts={})
        event = StreamEvent.objects.get()
        assert event.people == [noor.pk]
        assert event.payload["unread"] == 1

    def test_mails_text_and_html_at_once(self, noor):
        services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS, link="/lessons/")
        run_due_jobs()
        (letter,) = mail.outbox
        assert letter.to == [noor.email]
        assert "http://localhost:8000/lessons/" in letter.body
        assert 'dir="ltr"' in letter.alternatives[0][0]
        assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_mails_an_arabic_reader_from_right_to_left(self, db):
        reader = person("سلمى", language="ar")
        services.notify(person_id=reader.pk, kind="tea_ready", facts=FACTS)
        run_due_jobs()
        assert '<html lang="ar" dir="rtl">' in mail.outbox[0].alternatives[0][0]

    def test_an_unknown_kind_is_a_mistake_of_the_caller(self, noor):
        with pytest.raises(LookupError):
            services.notify(person_id=noor.pk, kind="nonsense", facts={})

    def test_tells_many_as_it_tells_one(self, noor):
        salma, quiet = person("Salma", zone="Asia/Jakarta", language="id"), person("Quiet")
        services.set_wish(actor=quiet, about="kind:tea_ready", in_app=False, email=Pace.NEVER)
        services.set_wish(actor=salma, about="kind:tea_ready", in_app=True, email=Pace.DAILY)
        said = [Word(each.pk, FACTS, f"/tea/{each.name}/", "tea:1") for each in (noor, salma, quiet)]
        assert services.notify_many(kind="tea_ready", told=said) == 2
        assert services.notify_many(kind="tea_ready", told=said) == 0
        assert [each.title for each in queries.notices_of(noor).items] == ["Tea with \u2068Omar\u2069"]
        assert [queries.unread_count(each) for each in (noor, salma, quiet)] == [1, 1, 0]
        assert [(each.people, each.payload["unread"], each.payload["link"]) for each in StreamEvent.objects.all()] == [
            ([noor.pk], 1, "/tea/Noor/"),
            ([salma.pk], 1, "/tea/Salma/"),
        ]
        assert [(each.person_id, each.pace) for each in Mail.objects.order_by("id")] == [
            (noor.pk, "now"),
            (salma.pk, "daily"),
        ]
        run_due_jobs()
        assert [letter.to for letter in mail.outbox] == [[noor.email]]

    def test_groups_what_is_about_the_same_thing(self, noor):
        for _n in range(3):
            services.notify(person_id=noor.pk, kind="coffee_ready", facts={}, link="/inbox/1/")
        (seen,) = queries.notices_of(noor).items
        assert seen.count == 3
        services.mark_read(actor=noor, notice_id=seen.id)
        assert queries.unread_count(noor) == 0

    def test_anothers_notice_cannot_be_marked(self, noor):
        notice = services.notify(person_id=noor.pk, kind="coffee_ready", facts={})
        with pytest.raises(NotFound):
            services.mark_read(actor=person(), notice_id=notice.pk)


class TestWishes:
    def test_a_kind_without_mail_is_not_mailed(self, noor):
        services.notify(person_id=noor.pk, kind="coffee_ready", facts={})
        assert not Mail.objects.exists()

    def test_a_category_can_be_silenced_but_not_its_exception(self, noor):
        services.set_wish(actor=noor, about="lessons", in_app=False, email=Pace.NEVER)
        services.set_wish(actor=noor, about="kind:fire", in_app=True, email=Pace.NOW)
        assert services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS) is None
        assert services.notify(person_id=noor.pk, kind="fire", facts={})
        assert Mail.objects.count() == 1

    def test_what_is_essential_cannot_be_silenced(self, noor):
        services.set_wish(actor=noor, about="money", in_app=False, email=Pace.NEVER)
        services.notify(person_id=noor.pk, kind="bill", facts={})
        assert queries.unread_count(noor) == 1
        assert Mail.objects.count() == 1

    def test_one_click_stops_a_category(self, noor):
        services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS)
        run_due_jobs()
        token = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>").rstrip("/").split("/")[-1]
        assert services.unsubscribe(token=token) == Category.LESSONS
        services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS)
        run_due_jobs()
        assert len(mail.outbox) == 1
        assert queries.unread_count(noor) == 2

    def test_a_forged_token_stops_nothing(self, noor):
        with pytest.raises(NotFound):
            services.unsubscribe(token="abc:def")


class TestQuietHours:
    def test_mail_waits_for_the_morning_on_the_persons_wall(self, noor):
        services.set_rhythm(actor=noor, quiet_from=time(22), quiet_until=time(7))
        night = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)  # 23:30 in Cairo
        with clock.travel(night):
            services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS)
            assert run_due_jobs() == 0
            assert services.send_due_mails() == 0
        assert Mail.objects.get().due_at == datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
        with clock.travel(night + timedelta(hours=8)):
            assert services.send_due_mails() == 1

    def test_what_burns_is_mailed_at_night(self, noor):
        services.set_rhythm(actor=noor, quiet_from=time(22), quiet_until=time(7))
        with clock.travel(datetime(2026, 3, 2, 21, 30, tzinfo=UTC)):
            services.notify(person_id=noor.pk, kind="fire", facts={})
            assert services.send_due_mails() == 1

    def test_the_digest_comes_once_with_everything_unread(self, noor):
        services.set_wish(actor=noor, about="lessons", in_app=True, email=Pace.DAILY)
        with clock.travel(SOME_MONDAY):
            services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS)
            services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS | {"who": "Lina"})
            seen = services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS | {"who": "Zaid"}, link="/x/")
            services.mark_read(actor=noor, notice_id=seen.pk)
            assert services.send_due_mails() == 0
        with clock.travel(SOME_MONDAY + timedelta(days=1)):
            assert services.send_due_mails() == 2
        (letter,) = mail.outbox
        assert letter.subject.startswith("2 new notices")
        assert "Omar" in letter.body
        assert "Zaid" not in letter.body

    def test_a_mail_that_waits_is_not_sent_when_it_was_read_meanwhile(self, noor):
        with clock.travel(SOME_MONDAY):
            services.notify(person_id=noor.pk, kind="late_tea", facts={}, key="talk:7:1")
            services.mark_read_by_key(person_id=noor.pk, starts="talk:7:")
        with clock.travel(SOME_MONDAY + timedelta(hours=1)):
            assert services.send_due_mails() == 0
        assert Mail.objects.get().state == MailState.DROPPED

    def test_what_was_written_before_an_instant_is_never_sent(self, noor):
        with clock.travel(SOME_MONDAY):
            services.notify(person_id=noor.pk, kind="tea_ready", facts=FACTS)
        assert services.drop_waiting_mails(before=SOME_MONDAY + timedelta(hours=1)) == 1
        assert run_due_jobs() == 0
        assert services.send_due_mails() == 0
        assert mail.outbox == []


class TestRemind:
    def test_tells_when_the_clock_gets_there(self, noor):
        at = SOME_MONDAY + timedelta(hours=3)
        services.remind(person_id=noor.pk, kind="tea_ready", facts=FACTS, link="/", at=at, key="lesson:9:1:hour")
        assert services.tell_due_reminders(now=at - timedelta(seconds=1)) == 0
        assert services.tell_due_reminders(now=at) == 1
        assert services.tell_due_reminders(now=at) == 0
        assert queries.unread_count(noor) == 1

    def test_is_set_once_per_version(self, noor):
        for _n in range(2):
            services.remind(person_id=noor.pk, kind="fire", facts={}, link="/", at=SOME_MONDAY, key="lesson:9:1:hour")
        assert services.tell_due_reminders() == 1

    def test_is_forgotten_with_its_subject_alone(self, noor):
        for key in ("lesson:9:1:hour", "lesson:9:1:day", "lesson:90:1:hour"):
            services.remind(person_id=noor.pk, kind="fire", facts={}, link="/", at=SOME_MONDAY, key=key)
        assert services.forget_reminders(subject="lesson:9") == 2
        assert services.tell_due_reminders() == 1

    def test_many_are_set_and_forgotten_as_one_is(self, noor):
        keys = ["lesson:9:1:hour", "lesson:9:1:day", "lesson:90:1:hour", "lesson:8:1:hour", "lesson:7:1:hour"]
        said = [(SOME_MONDAY, Word(noor.pk, {}, "/", key)) for key in keys]
        for _n in range(2):
            services.remind_many(kind="fire", told=said)
        assert services.forget_reminders_of(subjects=["lesson:9", "lesson:8", "lesson:6"]) == 3
        assert services.tell_due_reminders() == 2
