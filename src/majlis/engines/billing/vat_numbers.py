"""VAT numbers: how they look, country by country, and the check figures inside them. What can be known without asking
anybody."""

import re
from collections.abc import Callable

FORMS = {
    "AE": r"\d{15}",
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "DE": r"[1-9]\d{8}",
    "DK": r"[1-9]\d{7}",
    "EG": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "GB": r"\d{9}|\d{12}",
    "ID": r"\d{15,16}",
    "IT": r"\d{11}",
    "LU": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}",
    "PT": r"[1-9]\d{8}",
    "SA": r"3\d{13}3",
    "SE": r"\d{10}01",
}
"""Without the country's letters; elsewhere five to twenty letters and figures."""

EU = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)
"""Where the register of the Union can be asked."""

PREFIXES = {country: country for country in (*EU, "GB")} | {"GR": "EL"}
"""The letters a number is written with, where it is written with any."""


def normal(country: str, written: str) -> str:
    """A number as it is kept: capitals and figures, with its country's letters before it where such belong there."""
    bare, prefix = re.sub(r"[^A-Z0-9]", "", written.upper()), PREFIXES.get(country, "")
    return bare if not bare or bare.startswith(prefix) else prefix + bare


def national(country: str, number: str) -> str:
    """The part after the country's letters."""
    return number.removeprefix(PREFIXES.get(country, ""))


def is_plausible(country: str, number: str) -> bool:
    """Whether a normal number has the form of its country's, and check figures that fit, where we know how they are
    computed."""
    bare = national(country, number)
    if not re.fullmatch(FORMS.get(country, r"[A-Z0-9]{5,20}"), bare):
        return False
    check = CHECKS.get(country)
    return check is None or check(bare)


def _weighted(figures: str, weights: tuple[int, ...]) -> int:
    return sum(int(figure) * weight for figure, weight in zip(figures, weights, strict=False))


def _luhn(figures: str) -> bool:
    doubled = (int(f) * (1 + position % 2) for position, f in enumerate(reversed(figures)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _austria(number: str) -> bool:
    doubled = (int(f) * (1 + position % 2) for position, f in enumerate(number[1:8]))
    return (96 - sum(value // 10 + value % 10 for value in doubled)) % 10 == int(number[8])


def _belgium(number: str) -> bool:
    return 97 - int(number[:8]) % 97 == int(number[8:])


def _germany(number: str) -> bool:
    rest = 10
    for figure in number[:8]:
        rest = 2 * ((int(figure) + rest) % 10 or 10) % 11
    return (11 - rest) % 10 == int(number[8])


def _france(number: str) -> bool:
    # Newer keys hold letters, which say nothing that could be checked.
    return not number[:2].isdigit() or (12 + 3 * (int(number[2:]) % 97)) % 97 == int(number[:2])


def _britain(number: str) -> bool:
    total = _weighted(number[:7], (8, 7, 6, 5, 4, 3, 2)) + int(number[7:9])
    return total % 97 == 0 or (total + 55) % 97 == 0


def _netherlands(number: str) -> bool:
    by_eleven = _weighted(number[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11 == int(number[8])
    spelled = "".join(str(int(sign, 36)) for sign in "NL" + number)
    return by_eleven or int(spelled) % 97 == 1


def _portugal(number: str) -> bool:
    check = 11 - _weighted(number[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if check >= 10 else check) == int(number[8])


CHECKS: dict[str, Callable[[str], bool]] = {
    "AT": _austria,
    "BE": _belgium,
    "DE": _germany,
    "DK": lambda number: _weighted(number, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0,
    "FI": lambda number: _weighted(number, (7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0,
    "FR": _france,
    "GB": _britain,
    "IT": _luhn,
    "LU": lambda number: int(number[:6]) % 89 == int(number[6:]),
    "NL": _netherlands,
    "PL": lambda number: _weighted(number, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(number[9]),
    "PT": _portugal,
    "SE": lambda number: _luhn(number[:10]),
}
"""Whether the check figures of a number without the country's letters fit."""
