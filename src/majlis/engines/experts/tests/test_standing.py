from datetime import date

import pytest

from majlis.engines.experts import queries, services
from majlis.engines.experts.models import ExpertProfile, Listing, StatusChange
from majlis.engines.experts.tests import factories
from majlis.engines.experts.types import DocumentStatus, ExpertStatus, Search
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts.types import Role
from majlis.kernel.catalogue.tests import factories as catalogue
from majlis.kit import testing
from majlis.kit.errors import Forbidden, Invalid, NotFound
from majlis.kit.ids import new_id
from majlis.kit.state import IllegalTransition

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer():
    return factories.reviewer()


@pytest.fixture
def submitted():
    draft = factories.ready_draft()
    services.submit_profile(actor=draft.person)
    return draft


class TestVerify:
    def test_puts_the_profile_on_the_shelf_and_approves_its_documents(self, submitted, reviewer):
        services.verify_profile(actor=reviewer, expert_id=submitted.person_id)
        profile = queries.expert(submitted.person_id)
        assert profile.status == ExpertStatus.ACTIVE
        assert profile.documents.get().status == DocumentStatus.APPROVED
        assert profile.documents.get().reviewer == reviewer
        assert accounts.has_role(accounts.person(submitted.person_id), Role.EXPERT)
        assert [c.person_id for c in queries.search(Search()).items] == [submitted.person_id]

    def test_writes_who_moved_it_and_why(self, submitted, reviewer):
        services.reject_profile(actor=reviewer, expert_id=submitted.person_id, reasons="The card is blurred.")
        services.submit_profile(actor=submitted.person)
        services.verify_profile(actor=reviewer, expert_id=submitted.person_id)
        moves = StatusChange.objects.filter(expert=submitted).order_by("id").values_list("source", "target", "actor")
        owner = submitted.person_id
        assert list(moves) == [
            ("draft", "submitted", owner),
            ("submitted", "rejected", reviewer.pk),
            ("rejected", "submitted", owner),
            ("submitted", "active", reviewer.pk),
        ]

    @pytest.mark.parametrize("act", ["verify_profile", "reject_profile", "ban"])
    def test_is_for_staff_alone(self, submitted, act):
        words = {"verify_profile": {}, "reject_profile": {"reasons": "no"}, "ban": {"reason": "no"}}[act]
        with pytest.raises(Forbidden):
            getattr(services, act)(actor=testing.person(), expert_id=submitted.person_id, **words)

    def test_nobody_judges_themselves(self, submitted):
        from majlis.kernel.accounts import services as people

        people.grant_role(actor=None, person=submitted.person, role=Role.COORDINATOR)
        submitted.person.forget_roles()
        with pytest.raises(services.NotYourOwn):
            services.verify_profile(actor=submitted.person, expert_id=submitted.person_id)

    def test_a_rejection_gives_reasons(self, submitted, reviewer):
        with pytest.raises(Invalid):
            services.reject_profile(actor=reviewer, expert_id=submitted.person_id, reasons="  ")

    def test_refuses_what_was_not_handed_in(self, reviewer):
        draft = factories.ready_draft()
        with pytest.raises(IllegalTransition):
            services.verify_profile(actor=reviewer, expert_id=draft.person_id)

    def test_refuses_when_the_identity_card_was_rejected_meanwhile(self, submitted, reviewer):
        document = submitted.documents.get()
        services.review_document(actor=reviewer, document_id=document.pk, approve=False, note="Blurred.")
        with pytest.raises(services.ProfileIncomplete):
            services.verify_profile(actor=reviewer, expert_id=submitted.person_id)
        with pytest.raises(services.DocumentDecided):
            services.review_document(actor=reviewer, document_id=document.pk, approve=True)


class TestOffTheShelf:
    def test_a_ban_closes_the_profile_to_its_owner(self, reviewer):
        profile = factories.expert()
        services.ban(actor=reviewer, expert_id=profile.person_id, reason="Took money outside.")
        with pytest.raises(services.ProfileIsBanned):
            services.save_profile(actor=profile.person, headline="I am back again")
        with pytest.raises(Forbidden):
            services.deactivate(actor=profile.person, expert_id=profile.person_id)
        assert not Listing.objects.exists()

    def test_what_staff_took_down_the_owner_cannot_put_back(self, reviewer):
        profile = factories.expert()
        services.deactivate(actor=reviewer, expert_id=profile.person_id, reason="Too many lessons cancelled.")
        with pytest.raises(Forbidden):
            services.reactivate(actor=profile.person, expert_id=profile.person_id)
        services.reactivate(actor=reviewer, expert_id=profile.person_id)
        assert queries.is_bookable(profile.person_id)

    def test_a_deleted_account_leaves_no_word(self):
        profile = factories.expert(about="My private story", headline="My own headline", tags=["secret"])
        services.erase_profile(person_id=profile.person_id)
        gone = ExpertProfile.objects.get(pk=profile.pk)
        assert (gone.about, gone.headline, gone.tags, gone.video_id) == ("", "", [], None)
        assert not gone.languages.exists()


class TestSaveProfile:
    @pytest.mark.parametrize(
        "field", ["status", "slug", "person", "person_id", "verified_at", "rating_total", "completed_lessons", "id"]
    )
    def test_refuses_fields_that_are_not_the_owners(self, field):
        profile = factories.expert()
        with pytest.raises(Forbidden):
            services.save_profile(actor=profile.person, **{field: "5"})

    def test_keeps_texts_plain(self):
        profile = factories.expert()
        text = "One\u202e two\r\n\r\n\r\n\x00three <b>bold</b>"
        services.save_profile(actor=profile.person, about=text)
        profile.refresh_from_db()
        assert profile.about == "One two\n\nthree <b>bold</b>"

    def test_reads_a_very_long_text_in_no_time(self):
        profile = factories.expert()
        with pytest.raises(Invalid):
            services.save_profile(actor=profile.person, about=("a" * 50 + "\n \n") * 20_000)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("hourly_rate", 0),
            ("hourly_rate", -5),
            ("hourly_rate", 2**70),
            ("hourly_rate", True),
            ("trial_price", 5),
            ("modes", ["telepathy"]),
            ("city", "atlantis"),
            ("zone", "Mars/Olympus"),
            ("currency", "XXX"),
            ("tags", [str(n) for n in range(13)]),
            ("links", {"website": "javascript:alert(1)"}),
            ("experience_years", 71),
        ],
    )
    def test_refuses_nonsense_at_its_field(self, field, value):
        profile = factories.expert()
        with pytest.raises(Invalid) as refused:
            services.save_profile(actor=profile.person, **{field: value})
        assert field in refused.value.errors or field.split("_")[0] in str(refused.value.errors)

    def test_needs_a_profile(self):
        with pytest.raises(NotFound):
            services.save_profile(actor=testing.person(), headline="Somebody")


class TestSubjects:
    def test_refuses_a_level_of_another_ladder(self):
        profile = factories.expert()
        with pytest.raises(Invalid):
            services.add_subject(actor=profile.person, subject_id=catalogue.subject("chess").pk, level="b1")

    def test_the_last_subject_of_a_listed_profile_stays(self):
        profile = factories.expert()
        with pytest.raises(services.LastSubject):
            services.remove_subject(actor=profile.person, subject_id=catalogue.subject().pk, level="b1")
        assert profile.subjects.count() == 1

    def test_another_experts_certificate_is_not_there(self):
        mine, other = factories.expert(), factories.expert()
        paper = services.save_certificate(actor=other.person, title="CELTA", issuer="Cambridge")
        with pytest.raises(NotFound):
            services.save_certificate(actor=mine.person, title="X", issuer="Y", certificate_id=paper.pk)

    def test_dates_of_an_experience_are_in_order(self):
        profile = factories.expert()
        with pytest.raises(Invalid):
            services.save_experience(
                actor=profile.person,
                title="Teacher",
                company="School",
                started_on=date(2020, 1, 1),
                ended_on=date(2019, 1, 1),
            )


class TestFigures:
    def test_the_average_is_exact(self):
        profile = factories.expert()
        services.set_rating(person_id=profile.person_id, total=14, count=3)
        services.count_completed_lesson(expert_id=profile.person_id)
        talks = [new_id() for _n in range(5)]
        for talk in talks:
            services.note_question(expert_id=profile.person_id, conversation_id=talk)
        services.note_answer(expert_id=profile.person_id, conversation_id=talks[0])
        found = queries.expert(profile.person_id)
        assert (str(found.rating), found.rating_count, found.completed_lessons) == ("4.7", 3, 1)
        assert found.response_rate == 20
