from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from majlis.faces.realtime import doors
from majlis.faces.realtime.tests.test_stream import cookie_of
from majlis.kernel.accounts.services import suspend_person
from majlis.kit import clock
from majlis.kit.testing import person


@pytest.mark.django_db
class TestWhoIsNoLongerWelcome:
    def test_those_who_signed_out_whose_session_ended_or_who_were_suspended(self, django_assert_num_queries):
        here, left, expired, suspended = people = [person() for _ in range(4)]
        keys = [cookie_of(one) for one in people]
        import_module(settings.SESSION_ENGINE).SessionStore(keys[1]).delete()
        Session.objects.filter(session_key=keys[2]).update(expire_date=clock.now() - timedelta(seconds=1))
        suspend_person(actor=None, person=suspended, reason="Test", until=None)
        with django_assert_num_queries(2):
            gone = doors.no_longer_welcome(set(keys), {one.pk for one in people})
        assert gone >= {keys[1], keys[2], suspended.pk}
        assert gone.isdisjoint({keys[0], here.pk, left.pk, expired.pk})
