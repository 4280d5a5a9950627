"""Who carries calls. What each variable means is in engines/calls/README.md."""

from urllib.parse import urlsplit

from majlis.config.environment import text


def _several(name: str) -> list[str]:
    return [each.strip() for each in text(name, "").split(",") if each.strip()]


CALLS_GATEWAY = text("MAJLIS_CALLS", "p2p")
CALLS_VIDEO_HEIGHT = int(text("MAJLIS_CALL_HEIGHT", "360"))
"""Lines of the picture that browsers are asked to send."""
CALLS_STUN = _several("MAJLIS_STUN")
CALLS_TURN = _several("MAJLIS_TURN")
CALLS_TURN_SECRET = text("MAJLIS_TURN_SECRET", "")
CALLS_JITSI_URL = text("MAJLIS_JITSI_URL", "https://meet.example.org").rstrip("/")
CALLS_JITSI_APP = text("MAJLIS_JITSI_APP", "majlis")
CALLS_JITSI_SECRET = text("MAJLIS_JITSI_SECRET", "")
CALLS_JITSI_WEBHOOK_SECRET = text("MAJLIS_JITSI_WEBHOOK_SECRET", "")
CALLS_LIVEKIT_URL = text("MAJLIS_LIVEKIT_URL", "wss://livekit.example.org")
CALLS_LIVEKIT_MEET = text("MAJLIS_LIVEKIT_MEET", "https://meet.livekit.example.org").rstrip("/")
CALLS_LIVEKIT_KEY = text("MAJLIS_LIVEKIT_KEY", "")
CALLS_LIVEKIT_SECRET = text("MAJLIS_LIVEKIT_SECRET", "")

CALLS_FRAMES = [
    "{0.scheme}://{0.netloc}".format(urlsplit(page))
    for code, page in (("jitsi", CALLS_JITSI_URL), ("livekit", CALLS_LIVEKIT_MEET))
    if code == CALLS_GATEWAY
]
"""Origins the call page may show in a frame, and hand camera and microphone to."""
