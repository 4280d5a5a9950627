"""Many workers at once with one subscription at Stripe: nothing is taken, ordered or granted twice."""

import pytest

from majlis.engines.billing import services
from majlis.engines.billing.models import Charge, Order, Subscription
from majlis.engines.billing.tests.factories import wallet
from majlis.engines.billing.tests.mirrored import join_there, nothing_is_wrong, sold_at_stripe, states
from majlis.engines.billing.tests.plans import left
from majlis.kit import clock, testing
from majlis.kit.ids import new_id

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
MANY = 12


@pytest.fixture
def buyer(transactional_db):
    return testing.person("Salma Hassan", country="XX")


class TestRacesOfAMirror:
    def test_one_invoice_told_to_many_workers_is_one_period(self, double, buyer):
        it = join_there(double, buyer, sold_at_stripe(double))
        double.renew(it.provider_ref)
        with clock.travel(it.ends_at):
            answers = testing.at_once([lambda: services.mirror_subscription(it.id)] * MANY)
            assert left(buyer) == 240
        assert not [each for each in answers if isinstance(each, Exception)]
        assert (Order.objects.count(), Charge.objects.count(), wallet(buyer)) == (2, 2, 0)
        assert (it.periods.count(), states(it)) == (2, ("active", "full"))
        assert nothing_is_wrong()

    def test_many_clicks_are_one_subscription_and_one_page(self, double, buyer):
        price = sold_at_stripe(double)
        answers = testing.at_once(
            [lambda: services.start_subscription(person=buyer, price_id=price.id, key=str(new_id()), actor=buyer)]
            * MANY
        )
        assert len({each.redirect_url for each in answers}) == 1
        assert (Subscription.objects.count(), len(double.sessions)) == (1, 1)
