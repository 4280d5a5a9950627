"""What this installation is."""

from django.http import HttpRequest
from ninja import Router, Schema

from majlis.kit.edition import edition
from majlis.kit.translated import in_language

PREFIX = ""
router = Router(tags=["meta"])


class EditionOut(Schema):
    """The edition this server runs."""

    code: str
    name: str
    modules: list[str]
    languages: list[str]
    currency: str
    currencies: list[str]
    zone: str


@router.get("/edition", response=EditionOut, auth=None)
def show_edition(request: HttpRequest) -> EditionOut:
    """The name, modules, languages and money of this installation."""
    house = edition()
    return EditionOut(
        code=house.code,
        name=in_language(house.name),
        modules=sorted(house.modules),
        languages=list(house.languages),
        currency=house.currency,
        currencies=list(house.currencies),
        zone=house.zone,
    )
