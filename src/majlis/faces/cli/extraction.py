"""Extraction from Django templates (the back office's), for Babel."""

import io
from collections.abc import Iterator
from typing import IO, Any

from babel.messages.extract import extract_python
from django.conf import settings
from django.utils.translation.template import templatize


def django(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Yield what `{% translate %}` and `{% blocktranslate %}` mark, as Babel wants it."""
    if not settings.configured:
        settings.configure()
    python = "\n".join(line.strip() for line in templatize(file.read().decode(), origin=None).splitlines())
    yield from extract_python(io.BytesIO(python.encode()), keywords, comment_tags, options)
