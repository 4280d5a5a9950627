"""The token that forms send back, as Django makes it (`django.middleware.csrf`) and as it checks it.

Django asks the kernel for randomness once for each of its 64 or 96 signs: a tenth of a page. Here it comes at once."""

import os

from django.http import HttpRequest
from django.middleware import csrf

SIGNS = csrf.CSRF_ALLOWED_CHARS
LENGTH = csrf.CSRF_SECRET_LENGTH
NUMBERS = {sign: number for number, sign in enumerate(SIGNS)}
EVEN = 256 - 256 % len(SIGNS)
"""So many of a byte's values are shared out among the signs; the rest is left out, so that each is as likely."""
SIGN_OF_BYTE = bytes(ord(SIGNS[byte % len(SIGNS)]) for byte in range(256))
LEFT_OUT = bytes(range(EVEN, 256))


def form_token(request: HttpRequest) -> str:
    """The token of this reader's secret, under a new mask each time. A reader without a secret is given one; the answer
    carries it in a cookie, anew for those who have it."""
    meta = request.META
    secret = meta.get("CSRF_COOKIE") or random_signs()
    meta["CSRF_COOKIE"], meta["CSRF_COOKIE_NEEDS_UPDATE"] = secret, True
    mask = random_signs()
    return mask + "".join([SIGNS[(NUMBERS[a] + NUMBERS[b]) % len(SIGNS)] for a, b in zip(secret, mask, strict=True)])


def random_signs() -> str:
    """As many as a secret has, which nobody can guess."""
    signs = b""
    while len(signs) < LENGTH:
        signs += os.urandom(LENGTH + LENGTH // 2).translate(SIGN_OF_BYTE, LEFT_OUT)
    return signs[:LENGTH].decode()
