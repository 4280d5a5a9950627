"""What messaging tells people."""

from django.utils.translation import gettext_lazy as _

from majlis.engines.messaging.types import MAIL_AFTER
from majlis.kernel.notices.types import EMAIL, Category, Kind

KINDS = (
    # By mail alone: in the app the inbox itself counts. Read within ten minutes, it is not mailed.
    Kind(
        "message_received",
        Category.MESSAGES,
        _("%(name)s wrote to you"),
        _("%(text)s"),
        channels=(EMAIL,),
        mail_after=MAIL_AFTER,
        action=_("Read and reply"),
    ),
)
