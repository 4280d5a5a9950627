"""Text messages through whatever listens at `MAJLIS_TEXT_URL`: one POST of `{"to": "+20…", "text": "…"}` each, with
`Authorization: Bearer MAJLIS_TEXT_TOKEN`; any 2xx answer means taken."""

import httpx
from django.conf import settings

from majlis.kit.db import refuse_transaction


class WebhookTexts:
    """An aggregator, or a few lines in front of one."""

    def deliver(self, *, to: str, text: str) -> None:
        refuse_transaction()
        response = httpx.post(
            settings.TEXT_URL,
            json={"to": to, "text": text},
            headers={"Authorization": f"Bearer {settings.TEXT_TOKEN}"},
            timeout=10,
        )
        response.raise_for_status()
