"""Units as they trail a number: `dollars`, `cm^2`, `miles per hour`, `apples`.

A unit is a dimension and a factor to that dimension's own unit, so 1.5 hours and 90 minutes can be compared. A word
that is not in the table is a dimension of its own (`?apple`), whose factor is 1.
"""

import re
from fractions import Fraction
from typing import NamedTuple


class Unit(NamedTuple):
    """`dimension` is a canonical name; a value times `factor` is in that dimension's own unit."""

    dimension: str
    factor: Fraction

    @property
    def known(self) -> bool:
        """Whether every part is in the table."""
        return "?" not in self.dimension


PERCENT = Unit("percent", Fraction(1))
DEGREE = Unit("angle", Fraction(1))
CLOCK = Unit("clock", Fraction(1))
"""Minutes since midnight."""

_TABLE = """
length m: mm millimeter millimetre 1/1000, dm decimeter decimetre 1/10, cm centimeter centimetre 1/100
length m: m meter metre 1, km kilometer kilometre 1000
length in: in inch inches 1, ft foot feet 12, yd yard 36, mi mile 63360
mass g: mg milligram 1/1000, g gram 1, kg kilogram 1000, tonne 1000000
mass lb: oz ounce 1/16, lb pound 1, ton 2000
time s: s sec second 1, min minute 60, h hr hour 3600, day 86400, week 604800, fortnight 1209600, ms millisecond 1/1000
months: month 1, year yr 12, decade 120, century centuries 1200
money $: $ dollar usd buck 1, ¢ cent penny pennies 1/100
money €: € euro 1
money £: £ gbp 1
money ¥: ¥ yen 1
money ₹: ₹ rupee 1
length m^3: ml milliliter millilitre 1/1000000, centiliter centilitre 1/100000, deciliter decilitre 1/10000
length m^3: l liter litre 1/1000
length m^2: hectare 10000
length in^2: acre 6272640
length in^3: cup 231/16, pint 231/8, quart 231/4, gallon gal 231
angle: degree deg 1
temperature c: celsius 1
temperature f: fahrenheit 1
temperature k: kelvin 1
length m*mass g/time s^2: n newton 1000, kn kilonewton 1000000
length m^2*mass g/time s^2: j joule 1000, kj kilojoule 1000000, wh 3600000, kwh 3600000000
length m^2*mass g/time s^3: w watt 1000, kw kilowatt 1000000, mw megawatt 1000000000
mass g/length m/time s^2: pa pascal 1000, kpa kilopascal 1000000
voltage: v volt 1
resistance: ohm 1
frequency: hz hertz 1, khz 1000
speed: mph 1
rate: kmh kph 1
percent: % percent pct 1
"""


def _read_table() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for line in _TABLE.strip().splitlines():
        dimension, _, entries = line.partition(": ")
        for entry in entries.split(", "):
            *names, factor = entry.split()
            units.update({name: Unit(dimension, Fraction(factor)) for name in names})
    return units


_UNITS = _read_table()
CURRENCY = frozenset("$€£¥₹¢")
LETTERS = frozenset("mgshlLNJWV")
"""Single letters that are a unit when they stand after a number and a space."""
_SHORT = {"mph": "mile / hour", "kmh": "km / hour", "kph": "km / hour"}
_EXACT = {"kn": "kN", "pa": "Pa", "mw": "MW", "wh": "Wh"}
"""Symbols that are products of variables in another case: `6kn^3`."""
_PER = frozenset({"/", "per", "a", "an", "each", "every"})
_WORD = re.compile(r"[A-Za-z]+|[$€£¥₹¢%/*]|\^\{?-?[0-9]\}?")
_MULTIPLIES = frozenset({"mass g", "length m", "time s", "length m*mass g/time s^2", "length m^2*mass g/time s^2"})
"""What a symbol may follow as a factor: `kg m`, `N m`, `kW h`."""
_FILLER = frozenset({"of", "the", "in", "total", "altogether", "left", "whole", "more", "extra", "us", "american"})


def is_unit(word: str) -> bool:
    """Whether `word` is in the table, plural or not."""
    return _lookup(word) is not None


def _lookup(word: str) -> Unit | None:
    low = word.lower()
    if _EXACT.get(low, word) != word:
        return None
    return _UNITS.get(low) or (_UNITS.get(low[:-1]) if len(low) > 2 and low.endswith("s") else None)


def read_unit(phrase: str) -> Unit | None:
    """Return what unit a phrase names, None for an empty one. What follows a known unit is description."""
    words = [piece for word in _WORD.findall(phrase) for piece in _SHORT.get(word.lower(), word).split()]
    words = words[:1] + [word for word in words[1:] if word.lower() not in _FILLER]
    if [word.lower() for word in words] == ["in"]:
        return _UNITS["in"]
    if not words or all(word.lower() in _FILLER for word in words):
        return None
    unit, used = _power(words, 0) if words[0] not in ("/", "per") else (Unit("", Fraction(1)), 0)
    if unit is None:
        return Unit("?" + _singular(words[0]), Fraction(1))
    while used < len(words):
        word = words[used].lower()
        over = word in _PER
        part, after = _power(words, used + (over or word == "*"))
        # A word after a unit is a factor where it is a symbol (`kg m`), else it describes (`5 cups water`).
        if part is None or not (over or word == "*" or (len(word) <= 2 and unit.dimension in _MULTIPLIES)):
            break
        unit, used = _times(unit, part, -1 if over else 1), after
    return unit


def powers_of(unit: Unit) -> dict[str, int]:
    """Return the powers of a unit's bases: {"length m": 1, "time s": -2} for m/s^2."""
    return _powers(unit.dimension)


def _powers(dimension: str) -> dict[str, int]:
    """Return the powers of the bases: `length m/time s^2` -> {length m: 1, time s: -2}."""
    powers: dict[str, int] = {}
    for index, side in enumerate(dimension.split("/")):
        for part in filter(None, side.split("*")):
            name, _, power = part.partition("^")
            powers[name] = powers.get(name, 0) + (int(power or 1) if index == 0 else -int(power or 1))
    return powers


def _times(a: Unit, b: Unit, power: int) -> Unit:
    """Return a times b to a power, the dimension in canonical order."""
    powers = _powers(a.dimension)
    for name, count in _powers(b.dimension).items():
        powers[name] = powers.get(name, 0) + power * count
    above = "*".join(_named(name, count) for name, count in sorted(powers.items()) if count > 0)
    below = "".join("/" + _named(name, -count) for name, count in sorted(powers.items()) if count < 0)
    return Unit(above + below, a.factor * b.factor**power)


def _named(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


def _power(words: list[str], index: int) -> tuple[Unit | None, int]:
    """Return the unit at `index`, with `square` before it or `^2` after it, and the index after it."""
    power = 1
    if index < len(words) and words[index].lower() in ("square", "sq", "cubic", "cu"):
        power = 3 if words[index].lower() in ("cubic", "cu") else 2
        index += 1
    unit = _lookup(words[index]) if index < len(words) else None
    if unit is None:
        return None, index
    index += 1
    if index < len(words) and (words[index][0] == "^" or words[index].lower() in ("squared", "cubed")):
        tail = words[index].strip("^{}").lower()
        power, index = {"squared": 2, "cubed": 3}.get(tail) or int(tail), index + 1
    return (unit if power == 1 else _times(Unit("", Fraction(1)), unit, power)), index


def _singular(word: str) -> str:
    low = word.lower()
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("ches", "shes", "xes", "sses")):
        return low[:-2]
    return low[:-1] if low.endswith("s") and not low.endswith("ss") and len(low) > 2 else low
