"""Text messages through whatever listens at `MAJLIS_TEXT_URL`: one POST of `{"to": "+20…", "text": "…"}` each, with
`Authorization: Bearer MAJLIS_TEXT_TOKEN`; any 2xx answer means taken,
400, 404, 410 and 422 that it never will be (there is no such number); after anything else it is tried again."""

import httpx
from django.conf import settings

from majlis.kernel.accounts.gateways.base import TextRefused
from majlis.kit.db import refuse_transaction

NEVER = {400, 404, 410, 422}


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
        if response.status_code in NEVER:
            raise TextRefused(f"{response.status_code} from the text gateway")
        response.raise_for_status()
