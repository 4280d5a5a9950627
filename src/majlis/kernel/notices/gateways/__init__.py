"""What this installation speaks through."""

from django.conf import settings

from majlis.kernel.notices.gateways.base import Postman, Wire
from majlis.kernel.notices.gateways.mail import DjangoPostman
from majlis.kernel.notices.gateways.wires import PostgresWire, redis_wire


def postman() -> Postman:
    """A fresh connection to the mail server of `EMAIL_URL`."""
    return DjangoPostman()


def wire() -> Wire:
    """Redis when `REDIS_URL` names one, else the database itself."""
    return redis_wire(settings.REDIS_URL) if settings.REDIS_URL else PostgresWire()
