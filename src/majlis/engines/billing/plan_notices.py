"""What billing tells people about their subscriptions."""

from django.utils.translation import gettext_lazy as _

from majlis.kernel.notices import services
from majlis.kernel.notices.types import Category, Kind

_MONEY = Category.MONEY

services.register(
    Kind(
        "trial_ending",
        _MONEY,
        _("Your trial of %(plan)s ends soon"),
        _("It ends on %(at)s. Then %(amount)s is due, unless you cancel before."),
        essential=True,
    ),
    Kind(
        "renewal_upcoming",
        _MONEY,
        _("%(plan)s renews soon"),
        _("On %(at)s %(amount)s is due for the next period. You can change or cancel it before."),
    ),
    Kind(
        "renewal_failed",
        _MONEY,
        _("We could not take the payment for %(plan)s"),
        _("%(amount)s is due. Please pay it by %(at)s, so that nothing stops."),
        urgent=True,
        essential=True,
    ),
    Kind(
        "subscription_suspended",
        _MONEY,
        _("%(plan)s is suspended"),
        _("%(amount)s was not paid. Pay it by %(at)s and go on where you were; after that it ends."),
        urgent=True,
        essential=True,
    ),
    Kind(
        "provider_payment_failed",
        _MONEY,
        _("The payment for %(plan)s did not go through"),
        _("%(amount)s is due. It is tried again by itself; you can also pay it or change your card now."),
        urgent=True,
        essential=True,
    ),
    Kind(
        "provider_suspended",
        _MONEY,
        _("%(plan)s is suspended"),
        _("%(amount)s was not paid. Pay it or change your card, and go on where you were."),
        urgent=True,
        essential=True,
    ),
    Kind(
        "subscription_ended",
        _MONEY,
        _("%(plan)s has ended"),
        _("Nothing more is charged. You can subscribe again at any time."),
        essential=True,
    ),
    Kind(
        "come_back",
        _MONEY,
        _("%(plan)s has ended"),
        _("Nothing more is charged. Come back by %(at)s and your first period costs %(percent)s %% less."),
        essential=True,
    ),
)
