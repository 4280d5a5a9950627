"""One trial per person: known again by e-mail address, telephone and Telegram, whatever becomes of the account."""

import itertools

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Subscription, TrialClaim
from majlis.engines.billing.services.trials import plain_email
from majlis.engines.billing.tests.mirrored import join_there, sold_at_stripe
from majlis.engines.billing.tests.plans import fresh, join, plan
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock, testing
from majlis.kit.ids import new_id
from majlis.kit.jobs import run_due_jobs

PHONE, TELEGRAM = "+201001234567", "7203344518"


def known_by(kind, account=None):
    """A person (`account`, or a new one) who proved the one e-mail address, telephone number or Telegram account."""
    who = account or testing.person(email="salma@example.com" if kind == "email" else None)
    if kind == "email" and account:
        EmailAddress.objects.create(user=who, email="salma@example.com", verified=True)
    if kind == "phone":
        accounts.set_phone(person=who, phone=PHONE, verified=True)
    if kind == "telegram":
        SocialAccount.objects.create(user=who, provider="telegram", uid=TELEGRAM)
    return who


def leave(person):
    accounts.anonymise_person(actor=person, person=person)


@pytest.fixture
def basic(db):
    return plan(trial_days=7)


@pytest.mark.django_db
class TestKnownAgain:
    @pytest.mark.parametrize("kind", ["email", "phone", "telegram"])
    def test_by_each_after_the_account_is_deleted(self, basic, kind):
        first = known_by(kind)
        assert join(first, basic).status == "trialing"
        leave(first)
        again = known_by(kind)
        assert not queries.may_try(again, basic)
        assert join(again, basic, paid=False).status == "incomplete"

    @pytest.mark.parametrize(("had", "later"), list(itertools.permutations(["email", "phone", "telegram"], 2)))
    def test_by_what_was_proved_after_the_trial_began(self, basic, had, later):
        first = known_by(had)
        join(first, basic)
        known_by(later, first)
        leave(first)
        assert not queries.may_try(known_by(later), basic)

    def test_by_a_number_that_moved_to_another_account(self, basic):
        first = known_by("email")
        join(first, basic)
        known_by("phone", first)
        run_due_jobs()
        accounts.set_phone(person=first, phone="+201009999999", verified=True)
        assert not queries.may_try(known_by("phone"), basic)

    def test_the_account_itself_under_a_new_address(self, basic):
        first = known_by("email")
        services.cancel_subscription(subscription_id=join(first, basic).id, actor=first, at_once=True)
        EmailAddress.objects.filter(user=first).delete()
        known_by("telegram", first)
        assert not queries.may_try(first, basic)
        assert join(first, basic, paid=False).status == "incomplete"

    def test_a_number_that_is_not_proved_is_nobody(self, basic):
        with pytest.raises(services.ProveYourself):
            join(testing.person(email=None, phone=PHONE), basic)
        assert not TrialClaim.objects.exists()

    def test_another_family_of_plans_has_its_own(self, basic):
        first = known_by("telegram")
        join(first, basic)
        assert queries.may_try(first, plan("vpn", family="network", trial_days=3))

    def test_the_table_names_nobody_and_holds_each_identity_once(self, basic):
        first = known_by("phone", known_by("telegram", known_by("email")))
        join(first, basic)
        rows = list(TrialClaim.objects.values_list("family", "identity"))
        assert len(rows) == 3
        for text in ("salma", PHONE, TELEGRAM, str(first.id)):
            assert not any(text in identity for _family, identity in rows)
        with pytest.raises(IntegrityError), transaction.atomic():
            TrialClaim.objects.create(family=rows[0][0], identity=rows[0][1])


class TestPlainEmail:
    @pytest.mark.parametrize(
        ("spelled", "plain"),
        [
            ("S.Hassan+trial@GMail.com", "shassan@gmail.com"),
            ("s.hassan@googlemail.com", "shassan@gmail.com"),
            ("S.Hassan+a+b@example.com", "s.hassan@example.com"),
            ("salma@München.example", "salma@xn--mnchen-3ya.example"),
            ("salma@xn--mnchen-3ya.example", "salma@xn--mnchen-3ya.example"),
            ("ｓａｌｍａ@example.com", "salma@example.com"),
            ("salma@" + "x" * 70 + ".example", "salma@" + "x" * 70 + ".example"),
        ],
    )
    def test_all_spellings_of_an_inbox_are_one(self, spelled, plain):
        assert plain_email(spelled) == plain


@pytest.mark.django_db
class TestTrialOnAProvidersPage:
    @pytest.fixture
    def offer(self, double):
        return sold_at_stripe(double, "plus", trial_days=15)

    def open_page(self, person, offer, key="k"):
        services.start_subscription(person=person, price_id=offer.id, key=key, actor=person)
        return Subscription.objects.get(person=person, key=key)

    def test_is_offered_on_one_of_two_open_pages(self, double, offer):
        pages = [self.open_page(testing.person(email=f"salma+{n}@example.com"), offer) for n in range(2)]
        for each in pages:
            double.complete(each.provider_ref)
            services.mirror_subscription(each.id)
        assert [fresh(each).status for each in pages] == ["trialing", "active"]

    def test_is_free_again_when_the_page_was_not_used(self, double, offer):
        first, other = (testing.person(email=f"salma+{n}@example.com") for n in range(2))
        left = self.open_page(first, offer)
        assert queries.may_try(first, offer.plan)
        assert not queries.may_try(other, offer.plan)
        double.sessions[left.provider_ref]["status"] = "expired"
        services.mirror_subscription(left.id)
        assert not TrialClaim.objects.exists()
        assert join_there(double, other, offer).status == "trialing"

    def test_is_kept_for_good_once_it_began(self, double, offer):
        first = known_by("phone", known_by("email"))
        it = join_there(double, first, offer)
        services.cancel_subscription(subscription_id=it.id, actor=first, at_once=True)
        assert set(TrialClaim.objects.values_list("held_for", flat=True)) == {None}
        assert TrialClaim.objects.count() == 2

    def test_passes_to_our_own_clock_when_another_price_is_chosen(self, double, offer):
        first = known_by("email")
        self.open_page(first, offer)
        here = plan("basic", trial_days=7)
        assert join(first, here).status == "trialing"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_of_32_accounts_of_which_each_shares_an_address_with_the_next_no_two_neighbours_have_one(self):
        basic = plan(trial_days=7)
        offer = basic.prices.get()
        crowd = [testing.person(email=f"salma{number}+own@example.com") for number in range(32)]
        for number, who in enumerate(crowd):
            next_one = f"salma{(number + 1) % 32}+shared@example.com"
            EmailAddress.objects.create(user=who, email=next_one, verified=True)
        answers = testing.at_once(
            [
                lambda who=who: services.subscribe(person=who, price_id=offer.id, key=str(new_id()), actor=who)
                for who in crowd
            ]
        )
        tried = [getattr(answer, "status", "") == "trialing" for answer in answers]
        assert any(tried)
        assert not [number for number in range(32) if tried[number] and tried[number - 1]]
        assert {type(each) for each in answers if isinstance(each, Exception)} <= {services.TrialUsed}

    def test_a_proof_that_arrives_while_the_trial_is_taken_breaks_nothing(self):
        basic = plan(trial_days=7)
        offer = basic.prices.get()
        who = known_by("telegram", known_by("phone", known_by("email")))
        answers = testing.at_once(
            [lambda: services.subscribe(person=who, price_id=offer.id, key="k", actor=who)]
            + [lambda: services.keep_trials_known(who, now=clock.now())] * 15
        )
        assert not [each for each in answers if isinstance(each, Exception)]
        services.keep_trials_known(who)
        assert TrialClaim.objects.count() == 3
