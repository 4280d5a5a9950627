"""ICS files on the web."""

from dataclasses import dataclass

from majlis.engines.scheduling.gateways.base import Reading, ReadingFailed
from majlis.kit import outbound


@dataclass(frozen=True)
class WebCalendars:
    """Reads an ICS address by HTTP (`webcal:` means https), through the guard against our own network."""

    policy: outbound.Policy = outbound.PUBLIC

    def read(self, address: str, *, etag: str = "", last_modified: str = "") -> Reading:
        """See `CalendarSource`."""
        headers = {"Accept": "text/calendar, */*;q=0.5"}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        if address.startswith("webcal://"):
            address = "https://" + address.removeprefix("webcal://")
        try:
            answer = outbound.fetch(address, policy=self.policy, headers=headers)
        except outbound.OutboundRefused as refused:
            raise ReadingFailed(refused.code) from None
        if answer.status == 304:
            return Reading(None, etag, last_modified)
        if answer.status != 200:
            raise ReadingFailed("gone" if answer.status in {401, 403, 404, 410} else "unreachable")
        return Reading(
            answer.content, answer.headers.get("ETag", "")[:255], answer.headers.get("Last-Modified", "")[:64]
        )
