"""What experts tells people."""

from django.utils.translation import gettext_lazy as _

from majlis.kernel.notices.types import Category, Kind

KINDS = (
    Kind(
        "expert_verified",
        Category.TEACHING,
        _("You are on the list"),
        _("Your profile was verified. Open your hours, so that people can book you."),
        action=_("See your profile"),
        essential=True,
    ),
    Kind(
        "expert_rejected",
        Category.TEACHING,
        _("Your profile needs mending"),
        _("Our staff wrote: %(reason)s"),
        action=_("Mend it"),
        essential=True,
    ),
    Kind(
        "expert_document_rejected",
        Category.TEACHING,
        _("A document was not accepted"),
        _("%(document)s: %(reason)s"),
        action=_("Hand in a better one"),
    ),
    Kind(
        "expert_taken_down",
        Category.TEACHING,
        _("Your profile was taken off the list"),
        _("The reason: %(reason)s"),
        essential=True,
    ),
)
