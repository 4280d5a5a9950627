"""Parts of addresses that Django has no word for."""

from django.urls.converters import StringConverter


class NameConverter(StringConverter):
    """`<name:slug>`: a person's name as an address, in the letters of any script (`سارة-حسن`)."""

    regex = r"[-\w]+"
