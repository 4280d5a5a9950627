"""VIES, the European Union's register of VAT numbers, by its REST service."""

from typing import Any

import httpx

from majlis.engines.billing.gateways.vat.registers import RegisterAnswer, RegisterAway
from majlis.engines.billing.vat_numbers import EU, PREFIXES, national
from majlis.kit import db

URL = "https://ec.europa.eu/taxation_customs/vies/rest-api"
SECONDS = 20
HIDDEN = "---"
"""What it says where a country does not tell names."""


class Vies:
    """Asks one number at a time. Its answer rests on the member state's own register, which is often away."""

    code = "vies"

    def __init__(self, url: str = "", requester: str = "") -> None:
        self.url = (url or URL).rstrip("/")
        self.requester = requester

    def covers(self, country: str) -> bool:
        return country in EU

    def look_up(self, country: str, number: str) -> RegisterAnswer:
        db.refuse_transaction()
        asked = {"countryCode": PREFIXES[country], "vatNumber": national(country, number)}
        if self.requester:  # then it answers with a number that proves the question
            asked |= {
                "requesterMemberStateCode": self.requester[:2],
                "requesterNumber": self.requester[2:],
            }
        try:
            answer = httpx.post(f"{self.url}/check-vat-number", json=asked, timeout=SECONDS)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RegisterAway from error
        return _read(answer.status_code, told)


def _read(status: int, told: Any) -> RegisterAnswer:
    """`{"valid": true, "name": …}`. A fault (`actionSucceed: false` with `errorWrappers`, or a `userError` such as
    `MS_UNAVAILABLE`) says nothing about the number, except that it has no form."""
    if not isinstance(told, dict):
        raise RegisterAway
    faults = {str(each.get("error", "")) for each in told.get("errorWrappers") or ()}
    faults.add(str(told.get("userError", "")))
    if "INVALID_INPUT" in faults:
        return RegisterAnswer(known=False)
    if status != httpx.codes.OK or not isinstance(told.get("valid"), bool):
        raise RegisterAway
    name, address = (str(told.get(part) or "").replace(HIDDEN, "").strip() for part in ("name", "address"))
    return RegisterAnswer(
        told["valid"], name[:200], " ".join(address.split())[:300], str(told.get("requestIdentifier") or "")
    )
