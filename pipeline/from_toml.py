"""Parsed TOML tables -> frozen dataclasses whose every field has a default; unknown keys and wrong types are clear errors."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from schemas.errors import ConfigError

Row = TypeVar("Row")


def read(row: type[Row], raw: Mapping[str, Any], where: str, prefix: str) -> Row:
    """Return a `row`, a dataclass whose every field has a default. Raises ConfigError on unknown keys and wrong types."""
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{where}: [{prefix.rstrip('.')}] must be a table")
    hints = get_type_hints(row)
    known(raw, set(hints), where, prefix)
    values = {key: _typed(value, hints[key], f"{where}: {prefix}{key}") for key, value in raw.items()}
    return row(**values)


def known(raw: Mapping[str, Any], names: Collection[str], where: str, prefix: str) -> None:
    """Raise ConfigError on the first key that is not one of `names`."""
    for key in raw:
        if key not in names:
            raise ConfigError(f"{where}: unknown key {prefix}{key}{nearest(key, names)}")


def nearest(word: str, names: Collection[str]) -> str:
    """Return the end of an error message: the name that was probably meant, or all there are."""
    close = difflib.get_close_matches(word, list(names), n=1, cutoff=0.4)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(names))}"


def _typed(value: Any, hint: Any, where: str) -> Any:  # Any: TOML values and type hints
    if get_origin(hint) is UnionType:
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if is_dataclass(hint) and isinstance(hint, type):
        file, _, key = where.rpartition(": ")
        return read(hint, value, file, f"{key}.")
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} must be a list")
        return tuple(_typed(item, get_args(hint)[0], where) for item in value)
    if get_origin(hint) is Mapping:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where} must be a table")
        return {key: _typed(item, get_args(hint)[1], f"{where}.{key}") for key, item in value.items()}
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ConfigError(f"{where} = {value!r}{nearest(str(value), get_args(hint))}")
        return value
    if hint is float and type(value) is int:
        return float(value)
    if hint in (int, float, str, bool) and type(value) is not hint:
        raise ConfigError(f"{where} = {value!r} must be of type {hint.__name__}")
    return value
