"""A visitor joins by e-mail, sets up their account, turns on two-step sign-in, leaves and comes back."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.core import mail
from django.core.cache import cache
from tests.journeys.conftest import no_sideways_scrolling

from majlis.kernel.accounts.models import User
from majlis.kernel.catalogue.services import load_base_catalogue
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import person

PASSWORD = "tea with mint at noon"


def code_by_mail(to: str) -> str:
    run_due_jobs()
    letter = next(message for message in reversed(mail.outbox) if message.to == [to])
    return re.search(r"\b(\d{6})\b", letter.body).group(1)


def code_of_app(secret: str) -> str:
    """What an authenticator app would show now."""
    return format_hotp_value(hotp_value(secret, sorted(counters())[1]))


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
class TestJoining:
    @pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 360)])
    def test_a_visitor_joins_by_e_mail_and_comes_back_in_two_steps(self, page_of, axe, language, width):
        cache.clear()
        load_base_catalogue()
        page = page_of(language=language, width=width, zone="Asia/Jakarta")

        page.goto("/account/signup/")
        axe(page)
        no_sideways_scrolling(page)
        page.fill("[name=name]", "Nour Adel")
        page.fill("[name=email]", "nour@example.test")
        page.fill("[name=password1]", PASSWORD)
        page.fill("[name=birth_date]", "1998-04-02")
        page.click("main button[type=submit]")

        page.wait_for_url("**/account/confirm-email/")
        axe(page)
        page.fill("[name=code]", code_by_mail("nour@example.test"))
        page.click("main button[type=submit] >> nth=0")
        page.wait_for_url(lambda address: "confirm-email" not in address)
        nour = User.objects.get(email="nour@example.test")
        assert (nour.language, nour.zone) == (language, "Asia/Jakarta")

        page.goto("/settings/profile/")
        axe(page)
        no_sideways_scrolling(page)
        assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        page.fill("[name=name]", "Nour Adel Hassan")
        page.select_option("[name=city]", "cairo")
        page.locator("form:has([name=city]) button[type=submit]").click()
        page.wait_for_selector(".toast")
        nour.refresh_from_db()
        assert (nour.name, nour.city) == ("Nour Adel Hassan", "cairo")

        page.goto("/settings/security/")
        axe(page)
        no_sideways_scrolling(page)
        page.click("a[href='/account/2fa/']")
        page.click("a[href='/account/2fa/totp/activate/']")
        page.wait_for_url("**/account/reauthenticate/**")
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/account/2fa/totp/activate/")
        axe(page)
        secret = page.inner_text("#secret")
        page.fill("[name=code]", code_of_app(secret))
        page.click("main form:has([name=code]) button[type=submit]")
        page.wait_for_url("**/account/2fa/recovery-codes/")
        recovery = page.locator(".codes li").all_inner_texts()
        assert len(recovery) == 10

        page.goto("/account/logout/")
        page.click("main button[type=submit]")
        page.wait_for_url(lambda address: "logout" not in address)
        page.goto("/settings/profile/")
        page.wait_for_url("**/account/login/**")
        axe(page)
        page.fill("[name=login]", "nour@example.test")
        page.fill("[name=password]", PASSWORD)
        page.click("main form:has([name=password]) button[type=submit]")

        page.wait_for_url("**/account/2fa/authenticate/**")
        axe(page)
        page.goto("/settings/profile/")
        assert "/account/2fa/authenticate/" in page.url, "the password alone opens nothing"
        page.fill("[name=code]", recovery[0])
        page.click("main form:has([name=code]) button[type=submit]")
        page.wait_for_url(lambda address: "/account/" not in address)
        page.goto("/settings/security/")
        page.wait_for_selector(".rows .row >> nth=5")

    def test_a_passkey_opens_the_door_without_a_password(self, page_of, axe):
        cache.clear()
        salma = person("Salma Hassan", email="salma@example.test", password=PASSWORD)
        page = page_of()
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        finger = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": finger})

        page.goto("/account/login/")
        page.fill("[name=login]", "salma@example.test")
        page.fill("[name=password]", PASSWORD)
        page.click("main form:has([name=password]) button[type=submit]")
        page.wait_for_url(lambda address: "/account/login" not in address)
        page.goto("/account/2fa/webauthn/add/")
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/webauthn/add/")
        axe(page)
        page.check("[name=passwordless]")
        page.click("main form:has([name=credential]) button[type=submit]")
        page.wait_for_url("**/recovery-codes/")

        page.goto("/account/logout/")
        page.click("main button[type=submit]")
        page.wait_for_url(lambda address: "logout" not in address)
        page.goto("/account/login/")
        page.click("form[data-passkey=login] button")
        page.wait_for_url(lambda address: "/account/login" not in address)
        page.goto("/settings/security/")
        assert page.locator("body").get_attribute("data-member") == str(salma.id)
