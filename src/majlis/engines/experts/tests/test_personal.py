import pytest

from majlis.engines.experts import services
from majlis.engines.experts.models import ExpertProfile, Favourite
from majlis.engines.experts.personal import profile
from majlis.engines.experts.tests import factories
from majlis.kernel.accounts import services as accounts
from majlis.kit import testing
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db


class TestWhatIsKept:
    def test_a_teacher_takes_their_profile_away_whole(self):
        layla = factories.expert("Layla Mansour", headline="Calm and clear", subjects=(("english", "b1"),)).person
        kept = profile(layla.id)["profile"]
        assert kept["headline"] == "Calm and clear"
        assert [(row["subject__slug"], row["level_id"]) for row in kept["subjects"]] == [("english", "b1")]

    def test_a_student_takes_their_favourites_away(self):
        layla, omar = factories.expert("Layla Mansour"), testing.person("Omar")
        services.add_favourite(actor=omar, expert_id=layla.person_id)
        assert profile(omar.id) == {"profile": {}, "favourites": [layla.slug]}


class TestBeingForgotten:
    def test_no_word_of_theirs_is_left_and_figures_stay(self):
        layla, omar = factories.expert("Layla Mansour", headline="Calm", bio="Layla from Giza"), testing.person()
        layla.subjects.update(description="My own way")
        services.add_favourite(actor=layla.person, expert_id=factories.expert("Dina").person_id)
        services.note_question(expert_id=layla.person_id, conversation_id=new_id())
        accounts.anonymise_person(actor=None, person=layla.person)
        gone = ExpertProfile.objects.get(pk=layla.pk)
        assert (gone.headline, gone.bio, gone.subjects.get().description) == ("", "", "")
        assert "layla" not in gone.slug
        assert gone.questions_asked == 1
        assert not Favourite.objects.exists()
        assert not gone.is_listed
        assert omar.is_active
