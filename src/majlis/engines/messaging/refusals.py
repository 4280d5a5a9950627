"""Why messaging says no."""

from django.utils.translation import gettext_lazy as _

from majlis.kit.errors import Refusal


class NotReachable(Refusal):
    """They may not write to each other: neither offers lessons or works here, or the account is closed."""

    code = "not_reachable"
    sentence = _("You cannot write to this person.")
    status = 403


class Blocked(Refusal):
    """One of the two has blocked the other."""

    code = "blocked"
    sentence = _("This message cannot be delivered: one of you has blocked the other.")
    status = 403


class TooLate(Refusal):
    """The quarter of an hour is over."""

    code = "too_late"
    sentence = _("A message can be changed or deleted for 15 minutes only.")
