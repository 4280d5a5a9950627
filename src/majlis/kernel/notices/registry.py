"""The kinds of notices the house knows; each module brings its own."""

from majlis.kernel.notices.types import Category, Kind

_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Make kinds known; called from a module's `apps.ready`. The same kind twice is harmless, another one under a
    taken code is a mistake, and so is a category that is not a `Category`."""
    for kind in kinds:
        if _kinds.get(kind.code, kind) is not kind and _kinds[kind.code] != kind:
            raise ValueError(f"The notice kind {kind.code!r} is registered twice.")
        if kind.category not in Category.values:
            raise ValueError(f"{kind.code}: {kind.category!r} is no category; choose one of {Category.values}.")
        _kinds[kind.code] = kind


def kind_of(code: str) -> Kind:
    """The registered kind. Raises `LookupError`: a caller named a kind nobody registered."""
    try:
        return _kinds[code]
    except KeyError:
        raise LookupError(f"No notice kind {code!r} is registered.") from None


def kinds() -> list[Kind]:
    """All of them, by code."""
    return [_kinds[code] for code in sorted(_kinds)]
