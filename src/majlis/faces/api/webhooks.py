"""Where payment providers tell us what happened."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema

from majlis.engines.billing import services
from majlis.kit.errors import Refusal

PREFIX = "/webhooks"
LARGEST = 256 * 1024
router = Router(tags=["webhooks"])


class TooLarge(Refusal):
    """No provider sends that much."""

    code = "webhook_too_large"
    sentence = _("This message is too large.")
    status = 413


class TakenOut(Schema):
    """The message is stored."""

    received: bool


@router.post("/{gateway}", response=TakenOut, auth=None)
def take_webhook(request: HttpRequest, gateway: str) -> TakenOut:
    """For providers: one signed message. It is stored as it came and worked on afterwards; sending it again is
    harmless."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        raise TooLarge
    services.receive_webhook(
        gateway=gateway, headers=dict(request.headers), body=request.body, query=request.GET.dict()
    )
    return TakenOut(received=True)
