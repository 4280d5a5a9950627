"""Why reviews says no."""

from django.utils.translation import gettext_lazy as _

from majlis.kit.errors import Refusal


class ReviewClosed(Refusal):
    """The time to write or change it is over."""

    code = "review_closed"
    sentence = _("The time for this review is over.")


class AlreadyReplied(Refusal):
    """An expert answers once; the answer can be changed only by staff."""

    code = "already_replied"
    sentence = _("You have already replied to this review.")
