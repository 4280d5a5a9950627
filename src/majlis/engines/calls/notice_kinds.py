"""What calls tells people."""

from django.utils.translation import gettext_lazy as _

from majlis.kernel.notices.types import APP, Category, Kind

KINDS = (
    Kind(
        "call_waiting",
        Category.LESSONS,
        _("%(name)s is in the classroom"),
        _("They are waiting for you."),
        channels=(APP,),
        action=_("Go to the classroom"),
    ),
    Kind(
        "recording_ready",
        Category.LESSONS,
        _("The recording of your call is ready"),
        _(
            "Everybody who was in the call can watch it. "
            "You can take your agreement back at any time; then it is deleted."
        ),
        action=_("Watch it"),
    ),
)
