"""Compare quantities: units that convert or are left out, percent, degrees, times of day."""

from fractions import Fraction

from verifiers.exact import Opinion, rational
from verifiers.math_text.tree import (
    Add,
    Answer,
    Constant,
    Expression,
    Mul,
    Number,
    Quantity,
    Sequence,
    is_expression,
    symbols,
)
from verifiers.math_text.units import CLOCK, Unit
from verifiers.rules import Rules, all_of

_HALF_DAY = 720
"""Minutes between 3:30 AM and 3:30 PM."""

_SYSTEMS = {
    "length in": Fraction(254, 10_000), "mass lb": Fraction(45_359_237, 100_000),
    "volume gal": Fraction(3_785_411_784, 10**9), "months": Fraction(2_629_746),
}  # fmt: skip
"""What one is in metres, grams, litres or seconds: exact by definition, a mean month by the calendar."""

_KELVIN = {
    "temperature c": (Fraction(1), Fraction(27_315, 100)),
    "temperature f": (Fraction(5, 9), Fraction(45_967, 180)),
    "temperature k": (Fraction(1), Fraction(0)),
}
"""Factor and offset of each scale."""


def compare(a: Answer, b: Answer, rules: Rules) -> Opinion:
    """Compare a quantity with anything. Two units must be of one dimension, and values are converted."""
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        return _two_units(a, b, rules)
    quantity, bare = (a, b) if isinstance(a, Quantity) else (b, a)
    if not isinstance(quantity, Quantity):
        return "different"
    if quantity.unit == CLOCK:
        return _clock(quantity, bare)
    if not is_expression(bare):
        return "different"
    value, unit = quantity.value, quantity.unit
    if unit.dimension == "percent":
        return _percent(value, bare, rules)
    plain = rules(value, bare)
    if plain == "equal" and not rules.policies.units_dropped:
        return "different"
    if plain == "equal":
        return plain
    if unit.dimension == "angle" and rules.policies.degrees_as_radians:
        radians = rules(_scaled(value, Fraction(1, 180), Constant("pi")), bare)
        return radians if radians != "different" else plain
    # `5m` against `5 meters`: the letter may be the unit.
    if symbols(bare) and not symbols(value):
        return "unsure"
    return plain


def _percent(value: Expression, bare: Expression, rules: Rules) -> Opinion:
    """50% is 0.5; a sign that was merely dropped (50% against 50) is accepted above 1, where no share is meant."""
    share = rules(_scaled(value, Fraction(1, 100)), bare)
    if share == "equal" or not rules.policies.percent_dropped:
        return share
    dropped = rules(value, bare)
    if dropped == "equal":
        try:
            return "equal" if abs(rational(bare)) > 1 else "different"
        except ArithmeticError:
            return "unsure"
    return all_of([share, dropped]) if "unsure" not in (share, dropped) else "unsure"


def _clock(quantity: Quantity, other: Answer) -> Opinion:
    """3:30 PM is 15:30; 3:30 without a half of the day is either, and a bare 3 may be an hour."""
    if not (isinstance(other, Sequence) and other.kind == ":" and len(other.items) == 2):
        return "different" if not is_expression(other) else "unsure"
    hours, minutes = other.items
    if not (isinstance(hours, Number) and isinstance(minutes, Number) and isinstance(quantity.value, Number)):
        return "unsure"
    gap = quantity.value.value - hours.value * 60 - minutes.value
    return "equal" if gap == 0 or (hours.value <= 12 and abs(gap) == _HALF_DAY) else "different"


def _two_units(a: Quantity, b: Quantity, rules: Rules) -> Opinion:
    if a.unit.dimension == b.unit.dimension:
        return rules(_scaled(a.value, a.unit.factor), _scaled(b.value, b.unit.factor))
    if a.unit.dimension == CLOCK.dimension or b.unit.dimension == CLOCK.dimension:
        return "different"
    if {a.unit.dimension, b.unit.dimension} <= _KELVIN.keys():
        return rules(_kelvin(a), _kelvin(b))
    if {a.unit.dimension, b.unit.dimension} == {"money £", "mass lb"}:
        return rules(a.value, b.value)  # "5 pounds" may be either
    same = rules(a.value, b.value)
    if same == "different" and not _convertible(a.unit, b.unit):
        return "different"
    if a.unit.known and b.unit.known and _convertible(a.unit, b.unit):
        return _other_system(a, b)
    if a.unit.known and b.unit.known and not _one_says_more(a.unit, b.unit):
        return "unsure" if _convertible(a.unit, b.unit) else "different"
    # `3 apples` and `3 pieces of fruit`, `5 dollars` and `5 dollars a day`: only a reader can tell.
    return "unsure"


def _kelvin(quantity: Quantity) -> Expression:
    factor, offset = _KELVIN[quantity.unit.dimension]
    return Add((_scaled(quantity.value, factor), Number(offset)))


def _other_system(a: Quantity, b: Quantity) -> Opinion:
    """Convert between metres and feet: equal where exact, unsure where one may be the other rounded."""
    try:
        left, right = (rational(side.value) * side.unit.factor * _metric(side.unit) for side in (a, b))
    except ArithmeticError:
        return "unsure"
    if left == right:
        return "equal"
    return "unsure" if abs(left - right) * 50 < max(abs(left), abs(right)) else "different"


def _metric(unit: Unit) -> Fraction:
    """Return what one of the dimension's own unit is in the metric one."""
    total = Fraction(1)
    for index, part in enumerate(unit.dimension.split("/")):
        name, _, power = part.partition("^")
        factor = _SYSTEMS.get(name, Fraction(1)) ** int(power or 1)
        total = total * factor if index == 0 else total / factor
    return total


def _one_says_more(a: Unit, b: Unit) -> bool:
    """Whether one is a rate of the other: `dollars` and `dollars per day`."""
    return a.dimension.split("/")[0] == b.dimension.split("/")[0]


def _convertible(a: Unit, b: Unit) -> bool:
    """Whether the dimensions are one in two systems, such as metres and feet, or months and days."""
    kinds = [unit.dimension.replace("months", "time").split("/") for unit in (a, b)]
    left, right = ([(part.split()[0], part.partition("^")[2]) for part in parts] for parts in kinds)
    return left == right and "money" not in a.dimension


def _scaled(value: Expression, factor: Fraction, constant: Expression | None = None) -> Expression:
    factors: tuple[Expression, ...] = (value, Number(factor))
    return Mul(factors if constant is None else (*factors, constant))
