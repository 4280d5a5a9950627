"""Money and other counted things: integers in the smallest unit, never floats."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any, Self, overload

from babel import Locale
from babel.numbers import format_currency, get_currency_precision
from babel.units import format_unit
from django.utils import translation
from django.utils.translation import ngettext

from majlis.kit import locale

COINS = {"BTC": 8, "LTC": 8, "USDT": 6, "USDC": 6}
"""Digits after the point of currencies that ISO 4217 does not know."""

COUNTED = frozenset({"minute", "session", "message", "token", "byte"})
"""Units that are counted, not paid with: the ledger keeps them exactly like money."""

BYTES = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")
"""Their names in CLDR, each a thousand of the one before."""


def exponent(unit: str) -> int:
    """Digits after the point between the unit people say and the integer we store (`EGP` 2, `IDR` 2, `BTC` 8).

    ISO 4217 through CLDR; counted units have none.
    """
    if unit in COINS:
        return COINS[unit]
    if unit in COUNTED:
        return 0
    # CLDR gives IRR and IRT no decimals in daily use; ISO 4217 stores two for IDR and IRR.
    return 2 if unit in {"IDR", "IRR"} else get_currency_precision(unit)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount of one unit. `amount` is in minor units: `Money(19125, "EGP")` is EGP 191.25."""

    amount: int
    unit: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, int) or isinstance(self.amount, bool):
            raise TypeError(f"An amount is a whole number of minor units, not {self.amount!r}.")

    def _same(self, other: "Money") -> None:
        if self.unit != other.unit:
            raise ValueError(f"{self.unit} and {other.unit} do not add up.")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.unit)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.unit)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.unit)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.unit)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return self.amount != 0

    def share(self, basis_points: int) -> "Money":
        """`basis_points`/10,000 of it, rounded half to even."""
        part = Decimal(self.amount * basis_points) / 10_000
        return Money(int(part.quantize(Decimal(1), ROUND_HALF_EVEN)), self.unit)

    def prorate(self, numerator: int, denominator: int) -> "Money":
        """`numerator`/`denominator` of it, rounded half to even."""
        part = Decimal(self.amount * numerator) / denominator
        return Money(int(part.quantize(Decimal(1), ROUND_HALF_EVEN)), self.unit)

    def split(self, parts: int) -> list["Money"]:
        """`parts` amounts that differ by at most one minor unit and add up exactly."""
        each, rest = divmod(self.amount, parts)
        return [Money(each + (1 if i < rest else 0), self.unit) for i in range(parts)]

    @property
    def decimal(self) -> Decimal:
        """The amount in the unit people say: `Decimal("191.25")`."""
        return Decimal(self.amount).scaleb(-exponent(self.unit))

    def display(self, language: str | None = None, *, exact: bool = False) -> str:
        """What a person reads, in `language` (the active one by default): `Rp 150.000`, `١٩١٫٢٥ ج.م.‏`. A round price
        has no zeros behind the point, unless `exact` (in a column that is added up)."""
        if self.unit in COUNTED:
            return _counted(self, locale.code(language))
        if self.unit in COINS:
            return f"{locale.number(self.decimal, language, '#,##0.########')} {self.unit}"
        return _written(self, locale.code(language), exact)

    def __str__(self) -> str:
        return f"{self.decimal} {self.unit}"

    def as_json(self, language: str | None = None) -> dict[str, Any]:
        """The API's shape: `{"amount": 15000000, "currency": "IDR", "display": "Rp 150.000"}`."""
        return {"amount": self.amount, "currency": self.unit, "display": self.display(language)}


class MoneyOf:
    """What two columns of a row say together, an amount and its unit: `net = MoneyOf("net_amount")`."""

    __slots__ = ("amount", "unit")

    def __init__(self, amount: str, unit: str = "unit") -> None:
        self.amount, self.unit = amount, unit

    @overload
    def __get__(self, row: None, kind: Any) -> Self: ...

    @overload
    def __get__(self, row: object, kind: Any) -> Money: ...

    def __get__(self, row: object | None, kind: Any) -> Self | Money:
        return self if row is None else Money(getattr(row, self.amount), getattr(row, self.unit))


def _counted(money: Money, language: str) -> str:
    """So many of what is counted; bytes in the largest unit (of 1,000) that has one whole of them."""
    count = money.amount
    if money.unit == "byte":
        power = min(max(0, (len(str(abs(count))) - 1) // 3), len(BYTES) - 1)
        return str(
            format_unit(
                Decimal(count).scaleb(-3 * power),
                BYTES[power],
                "short",
                "#,##0.##",
                locale=locale.name(language),
                numbering_system=locale.numbering(language),
            )
        )
    with translation.override(language):
        counted = {
            "minute": lambda: ngettext("%(count)s minute", "%(count)s minutes", count),
            "session": lambda: ngettext("%(count)s session", "%(count)s sessions", count),
            "message": lambda: ngettext("%(count)s message", "%(count)s messages", count),
            "token": lambda: ngettext("%(count)s token", "%(count)s tokens", count),
        }[money.unit]()
    return counted % {"count": locale.number(count, language)}


@lru_cache(maxsize=locale.REMEMBERED)
def _written(money: Money, language: str, exact: bool) -> str:
    pattern = Locale.parse(locale.name(language)).currency_formats["standard"].pattern
    if money.amount % 10 ** exponent(money.unit) == 0 and not exact:
        pattern = pattern.replace(".00", "")  # a round price reads better without its zeros
    written = format_currency(
        money.decimal,
        money.unit,
        pattern,
        locale=locale.name(language),
        currency_digits=False,
        numbering_system=locale.numbering(language),
    )
    # Behind Arabic figures the sign of "US$" would fall on the wrong side of its letters without a mark to hold it.
    written = re.sub(r"(?<=[A-Z])\$(?!\d)", "$\u200e", written)
    # The full stop of an abbreviation (`ج.م.`) would stand beside that of the sentence.
    written = re.sub(r"(?<=[^\W\d_])\.(?=\u200f?(?:\s|$))", "", written)
    # CLDR puts a no-break space between a currency's letters and its figures; Babel leaves that to us.
    return re.sub(r"(?<=[^\W\d_])(?=\d)", "\u00a0", locale.digits(written, language))


def parse_amount(text: str, unit: str, *, places: int | None = None) -> Money:
    """What a person typed (`1,250.5`, Arabic-Indic digits too) as `Money`; `places` where they say it in a multiple of
    the unit (9: bytes in gigabytes). Raises `ValueError` if it is no amount or has more decimals than `unit` knows."""
    # int() and Decimal() read every Unicode decimal digit; only the separators need folding.
    cleaned = text.strip().replace("\u066c", "").replace("\u066b", ".").replace(",", "").replace(" ", "")
    try:
        value = Decimal(cleaned).scaleb(exponent(unit) if places is None else places)
    except ArithmeticError:
        raise ValueError(f"{text!r} is not an amount.") from None
    if not value.is_finite() or value != value.to_integral_value():
        raise ValueError(f"{text!r} is not an amount in {unit}.")
    return Money(int(value), unit)
