"""The token of our forms is one that Django takes."""

import re
from collections import Counter

import pytest
from django.conf import settings
from django.middleware.csrf import _does_token_match, _unmask_cipher_token
from django.test import Client, RequestFactory

from majlis.faces.web.form_token import LENGTH, SIGNS, form_token, random_signs

FIELD = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture
def visitor():
    return Client(enforce_csrf_checks=True)


def choose(visitor, token):
    """The answer to a form of every page: the choice of light or dark."""
    return visitor.post("/theme/", {"theme": "dark", "next": "/", "csrfmiddlewaretoken": token})


@pytest.mark.django_db
class TestTokenOfAForm:
    def test_of_a_page_is_taken_from_whoever_got_it(self, visitor):
        (token, *_more) = FIELD.findall(visitor.get("/about/").content.decode())
        assert choose(visitor, token).status_code == 302

    def test_is_refused_from_another_visitor_and_when_changed(self, visitor):
        (token, *_more) = FIELD.findall(visitor.get("/about/").content.decode())
        other = Client(enforce_csrf_checks=True)
        other.get("/about/")
        assert choose(other, token).status_code == 403
        assert choose(visitor, token[:-1] + ("a" if token[-1] != "a" else "b")).status_code == 403

    def test_looks_different_on_every_page_and_stays_good(self, visitor):
        pages = [visitor.get("/about/").content.decode() for _ in range(2)]
        first, second = (FIELD.findall(page)[0] for page in pages)
        assert first != second
        assert choose(visitor, first).status_code == choose(visitor, second).status_code == 302

    def test_keeps_the_secret_that_a_visitor_has(self, visitor):
        visitor.get("/about/")
        secret = visitor.cookies[settings.CSRF_COOKIE_NAME].value
        visitor.get("/about/")
        assert visitor.cookies[settings.CSRF_COOKIE_NAME].value == secret


class TestToken:
    def test_is_the_secret_under_a_mask_as_django_reads_it(self):
        request = RequestFactory().get("/")
        token = form_token(request)
        secret = request.META["CSRF_COOKIE"]
        assert _unmask_cipher_token(token) == secret
        assert _does_token_match(token, secret)
        assert _does_token_match(form_token(request), secret)
        assert request.META["CSRF_COOKIE"] == secret

    def test_is_drawn_evenly_from_all_signs(self):
        drawn = Counter("".join(random_signs() for _ in range(2_000)))
        assert set(drawn) == set(SIGNS)
        # 64,000 signs: 1,032 of each, give or take 32. Ten times that does not happen.
        assert all(abs(count - 2_000 * LENGTH / len(SIGNS)) < 320 for count in drawn.values())
