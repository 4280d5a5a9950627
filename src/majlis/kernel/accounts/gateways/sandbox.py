"""Messages that go nowhere: written to a file which the sandbox's page of messages shows."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from majlis.kit import clock

SHOWN = 50


def outbox() -> Path:
    """The file: one JSON object per line."""
    return Path(settings.DATA) / "logs" / "messages.jsonl"


def write(*, channel: str, to: str, subject: str = "", text: str) -> None:
    """Append one message."""
    line = {"at": clock.now().isoformat(), "channel": channel, "to": to, "subject": subject, "text": text}
    outbox().parent.mkdir(parents=True, exist_ok=True)
    with outbox().open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def recent() -> list[dict[str, Any]]:
    """The last messages, newest first."""
    if not outbox().exists():
        return []
    lines = outbox().read_text(encoding="utf-8").splitlines()[-SHOWN:]
    return [json.loads(line) for line in reversed(lines)]


class SandboxTexts:
    """A telephone network of one page."""

    def deliver(self, *, to: str, text: str) -> None:
        write(channel="text", to=to, text=text)
