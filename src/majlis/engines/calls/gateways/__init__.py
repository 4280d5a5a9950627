"""Who carries sound and picture. Which one new rooms use is the installation's choice (`MAJLIS_CALLS`)."""

from majlis.engines.calls.gateways.base import BadSignature, CallGateway, Heard
from majlis.engines.calls.gateways.jitsi import Jitsi
from majlis.engines.calls.gateways.livekit import LiveKit
from majlis.engines.calls.gateways.p2p import PeerToPeer
from majlis.kit.errors import NotFound

KNOWN: dict[str, CallGateway] = {gateway.code: gateway for gateway in (PeerToPeer(), Jitsi(), LiveKit())}


def gateway(code: str) -> CallGateway:
    """The gateway of this code. Refuses with `NotFound`."""
    if code not in KNOWN:
        raise NotFound
    return KNOWN[code]


__all__ = ["KNOWN", "BadSignature", "CallGateway", "Heard", "gateway"]
