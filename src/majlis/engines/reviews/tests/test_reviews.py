import threading
from datetime import timedelta

import pytest
from django.db import connection

from majlis.engines.reviews import queries, services
from majlis.engines.reviews.events import RatingChanged
from majlis.engines.reviews.models import Rating, Review, ReviewChange
from majlis.engines.reviews.types import HidingReason
from majlis.kernel.accounts.services import grant_role
from majlis.kernel.notices import queries as notices
from majlis.kit import audit, clock
from majlis.kit.errors import Forbidden, Invalid, NotFound
from majlis.kit.ids import new_id
from majlis.kit.testing import person


@pytest.fixture
def salma(db):
    return person("Salma")


@pytest.fixture
def omar(db):
    return person("Omar")


@pytest.fixture
def moderator(db):
    judge = person("Judge")
    grant_role(actor=None, person=judge, role="moderator")
    return judge


def invited(author, about, days=30):
    """A finished lesson that `author` may review."""
    lesson = new_id()
    services.invite_review(
        author_id=author.pk,
        about_id=about.pk,
        kind="lesson",
        subject_id=lesson,
        closes_at=clock.now() + timedelta(days=days),
    )
    return lesson


def written(author, about, rating=5, text="Clear and patient."):
    lesson = invited(author, about)
    return services.write_review(actor=author, kind="lesson", subject_id=lesson, rating=rating, text=text)


class TestWriteReview:
    def test_counts_and_tells_the_reviewed(self, salma, omar):
        written(salma, omar, 4)
        written(person(), omar, 5)
        assert queries.summary(omar.pk).average == 4.5
        assert queries.summary(omar.pk).distribution == (0, 0, 0, 1, 1)
        assert notices.unread_count(omar) == 2

    def test_refuses_whoever_was_not_invited(self, salma, omar):
        lesson = invited(salma, omar)
        with pytest.raises(NotFound):
            services.write_review(actor=person(), kind="lesson", subject_id=lesson, rating=1, text="")
        with pytest.raises(NotFound):
            services.write_review(actor=salma, kind="lesson", subject_id=new_id(), rating=1, text="")

    def test_is_one_per_lesson_and_keeps_what_it_said_before(self, salma, omar):
        lesson = invited(salma, omar)
        for rating in (2, 5):
            services.write_review(actor=salma, kind="lesson", subject_id=lesson, rating=rating, text="Hm.")
        assert queries.summary(omar.pk).average == 5
        assert Review.objects.count() == 1
        assert ReviewChange.objects.get().rating == 2

    def test_can_be_changed_for_fourteen_days(self, salma, omar):
        lesson = invited(salma, omar)
        services.write_review(actor=salma, kind="lesson", subject_id=lesson, rating=2, text="")
        with clock.travel(by=timedelta(days=14, seconds=1)), pytest.raises(services.ReviewClosed):
            services.write_review(actor=salma, kind="lesson", subject_id=lesson, rating=5, text="")
        assert queries.summary(omar.pk).total == 2

    def test_refuses_after_the_invitation_has_closed(self, salma, omar):
        lesson = invited(salma, omar, days=3)
        with clock.travel(by=timedelta(days=4)), pytest.raises(services.ReviewClosed):
            services.write_review(actor=salma, kind="lesson", subject_id=lesson, rating=5, text="")

    @pytest.mark.parametrize("rating", [0, 6, -1, True])
    def test_refuses_other_ratings(self, salma, omar, rating):
        lesson = invited(salma, omar)
        with pytest.raises(Invalid):
            services.write_review(actor=salma, kind="lesson", subject_id=lesson, rating=rating, text="")

    def test_refuses_a_withdrawn_invitation(self, salma, omar):
        lesson = invited(salma, omar)
        services.withdraw_invitation(kind="lesson", subject_id=lesson)
        assert not queries.may_review(salma, kind="lesson", subject_id=lesson)
        with pytest.raises(NotFound):
            services.write_review(actor=salma, kind="lesson", subject_id=lesson, rating=5, text="")


class TestReply:
    def test_stands_under_the_review_once(self, salma, omar):
        review = written(salma, omar)
        services.reply(actor=omar, review_id=review.pk, text="Thank you!")
        assert queries.reviews_about(omar.pk).items[0].reply_text == "Thank you!"
        assert notices.unread_count(salma) == 1
        with pytest.raises(services.AlreadyReplied):
            services.reply(actor=omar, review_id=review.pk, text="And another thing")

    def test_is_the_reviewed_persons_alone(self, salma, omar):
        review = written(salma, omar)
        with pytest.raises(NotFound):
            services.reply(actor=salma, review_id=review.pk, text="I reply to myself")


class TestHideReview:
    def test_takes_it_out_of_the_list_and_the_average(self, salma, omar, moderator):
        review = written(salma, omar, 1, "You …!")
        written(person(), omar, 5)
        services.hide_review(actor=moderator, review_id=review.pk, reason=HidingReason.ABUSE)
        services.hide_review(actor=moderator, review_id=review.pk, reason=HidingReason.ABUSE)
        assert queries.summary(omar.pk).average == 5
        assert [r.rating for r in queries.reviews_about(omar.pk).items] == [5]
        assert notices.unread_count(salma) == 1
        services.show_review(actor=moderator, review_id=review.pk)
        assert queries.summary(omar.pk).average == 3

    def test_its_author_still_sees_it_and_nobody_else(self, salma, omar, moderator):
        review = written(salma, omar, 1)
        services.hide_review(actor=moderator, review_id=review.pk, reason=HidingReason.FALSE)
        assert queries.review(review.pk, seen_by=salma) == review
        for reader in (omar, person(), None):
            with pytest.raises(NotFound):
                queries.review(review.pk, seen_by=reader)

    def test_is_for_staff(self, salma, omar):
        review = written(salma, omar, 1)
        with pytest.raises(Forbidden):
            services.hide_review(actor=omar, review_id=review.pk, reason=HidingReason.FALSE)


class TestReviewsAbout:
    def test_shows_ones_own_first_then_the_newest(self, salma, omar):
        own = written(salma, omar, 3)
        older, newer = written(person(), omar, 5), written(person(), omar, 4)
        assert [r.pk for r in queries.reviews_about(omar.pk, seen_by=salma).items] == [own.pk, newer.pk, older.pk]

    def test_goes_on_where_the_page_ended(self, salma, omar):
        reviews = [written(person(), omar) for _n in range(5)]
        first = queries.reviews_about(omar.pk, limit=3)
        second = queries.reviews_about(omar.pk, first.next, limit=3)
        assert [r.pk for r in [*first.items, *second.items]] == [r.pk for r in reversed(reviews)]
        assert second.next is None


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_add_up_exactly(self):
        omar, authors = person("Omar"), [person() for _n in range(32)]
        lessons = [invited(author, omar) for author in authors]

        def write(author, lesson):
            try:
                services.write_review(actor=author, kind="lesson", subject_id=lesson, rating=4, text="")
                services.write_review(actor=author, kind="lesson", subject_id=lesson, rating=5, text="")
            finally:
                connection.close()

        threads = [threading.Thread(target=write, args=pair) for pair in zip(authors, lessons, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rating = Rating.objects.get(pk=omar.pk)
        assert (rating.total, rating.count, rating.fives) == (160, 32, 32)
        assert all(not outcome.findings for outcome in audit.run("reviews"))


class TestAudit:
    def test_names_a_sum_that_is_off(self, salma, omar):
        written(salma, omar, 4)
        Rating.objects.filter(pk=omar.pk).update(total=5, fours=0, fives=1)
        ((outcome),) = audit.run("reviews")
        assert str(omar.pk) in outcome.findings[0]


def test_a_changed_rating_is_announced(db, salma, omar, monkeypatch):
    heard = []
    monkeypatch.setattr("majlis.kit.events.publish", heard.append)
    written(salma, omar, 4)
    assert RatingChanged(omar.pk, 4, 1) in heard
