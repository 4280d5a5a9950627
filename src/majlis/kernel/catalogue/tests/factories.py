"""Catalogue rows for tests of any module."""

from majlis.kernel.catalogue import queries, services
from majlis.kernel.catalogue.models import City, Level, Subject


def subject(slug: str = "english") -> Subject:
    """A subject of the base catalogue, which is loaded when it is not there yet."""
    if not Subject.objects.filter(slug=slug).exists():
        services.load_base_catalogue()
    return queries.subject(slug)


def level(slug: str = "b1") -> Level:
    """A level of the base catalogue."""
    subject()
    return queries.level(slug)


def city(slug: str = "cairo") -> City:
    """A city of the base catalogue."""
    subject()
    return queries.city(slug)
