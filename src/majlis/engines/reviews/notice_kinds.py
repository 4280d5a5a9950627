"""What reviews tells people."""

from django.utils.translation import gettext_lazy as _

from majlis.kernel.notices.types import Category, Kind

KINDS = (
    Kind(
        "review_received",
        Category.REVIEWS,
        _("%(name)s reviewed you"),
        _("They gave you %(rating)s of 5 stars. You can reply once."),
        action=_("Read the review"),
    ),
    Kind(
        "review_answered",
        Category.REVIEWS,
        _("%(name)s replied to your review"),
        _("Read what they say."),
        action=_("Read the reply"),
    ),
    Kind(
        "review_hidden",
        Category.REVIEWS,
        _("Your review was taken down"),
        _("The reason: %(reason)s. If you see this differently, write to us."),
        essential=True,
    ),
)
