"""Which ways in besides a password this installation offers."""

from django.conf import settings
from django.urls import reverse


def sign_in_with() -> list[tuple[str, str]]:
    """Those who vouch for people, as far as their keys are configured: name and address of the sign-in."""
    offered = []
    if "google" in settings.SOCIALACCOUNT_PROVIDERS:
        offered.append(("Google", reverse("google_login")))
    for app in settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", []):
        address = reverse("openid_connect_login", kwargs={"provider_id": app["provider_id"]})
        offered.append((app["name"], address))
    return offered


def phones_offered() -> bool:
    """Whether somebody delivers text messages here."""
    return bool(settings.TEXT_GATEWAY)


BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS": "macOS",
    "Windows": "Windows",
    "Linux": "Linux",
}


def device(user_agent: str) -> str:
    """`Firefox · Android` of what a browser calls itself; its own words, shortened, when we know neither."""
    named = [next((name for mark, name in marks.items() if mark in user_agent), "") for marks in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, named)) or user_agent[:40] or "–"
