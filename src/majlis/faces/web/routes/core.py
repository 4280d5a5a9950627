from django.urls import path
from django.utils.translation import gettext_lazy as _

from majlis.faces.web.navigation import Place, audience, entry
from majlis.faces.web.views import core, house, installed
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts.types import Role

urlpatterns = [
    path("", core.home, name="home"),
    path("find/", core.find, name="find"),
    path("counters/", core.counters, name="counters"),
    path("language/", core.choose_language, name="choose_language"),
    path("theme/", core.choose_theme, name="choose_theme"),
    path("about/", house.about, name="about"),
    path("terms/", house.terms, name="terms"),
    path("privacy/", house.privacy, name="privacy"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("service-worker.js", installed.service_worker, name="service_worker"),
    path("offline/", installed.offline, name="offline"),
    path("robots.txt", installed.robots, name="robots"),
    path("styleguide/", core.styleguide, name="styleguide"),
]

# The places every edition may have. An area that has a number to show replaces its entry with one that counts.
HEADER, TABS, ACCOUNT = Place.HEADER, Place.TABS, Place.ACCOUNT
entry("dashboard", _("Home"), icon="house", route="dashboard", who="member", order=5, places={HEADER, TABS})
entry("search", _("Find a teacher"), icon="search", route="search", order=10, places={HEADER, Place.LEARN})
entry("find", _("Find"), icon="search", route="search", order=10, places={TABS})
entry("lessons", _("Lessons"), icon="book-open", route="lessons", who="member", order=20, places={HEADER, TABS})
entry("calendar", _("Calendar"), icon="calendar-days", route="calendar", who="member", order=25, places={HEADER, TABS})
entry("inbox", _("Inbox"), icon="message-circle", route="inbox", who="member", order=30, places={ACCOUNT, TABS})
entry("notices", _("Notices"), icon="bell", route="notices", who="member", order=35, places={ACCOUNT})
entry(
    "favourites",
    _("Favourites"),
    icon="heart",
    route="favourites",
    who="member",
    order=40,
    places={ACCOUNT, Place.LEARN},
)
entry("wallet", _("Wallet"), icon="wallet", route="wallet", who="member", order=45, places={ACCOUNT})
entry("orders", _("Orders and invoices"), icon="receipt-text", route="orders", who="member", order=50, places={ACCOUNT})
entry("teach", _("Teach with us"), icon="presentation", route="teach", order=60, places={HEADER, ACCOUNT, Place.TEACH})
entry("settings", _("Settings"), icon="settings", route="settings", who="member", order=70, places={ACCOUNT})
entry("office", _("Back office"), icon="briefcase", route="admin:index", who="staff", order=80, places={ACCOUNT})
entry("about", _("About us"), icon="info", route="about", order=90, places={Place.HOUSE})
entry("terms", _("Terms"), icon="scale", route="terms", order=91, places={Place.HOUSE})
entry("privacy", _("Privacy"), icon="lock", route="privacy", order=92, places={Place.HOUSE})
audience("expert", lambda member: accounts.has_role(member, Role.EXPERT))
