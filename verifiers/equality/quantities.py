"""Compare quantities: units that convert or are left out, percent, degrees, times of day."""

from fractions import Fraction

from verifiers.equality.exact import Opinion, rational
from verifiers.equality.rules import Rules, all_of
from verifiers.math_text.tree import (
    Add,
    Answer,
    Constant,
    Expression,
    Mul,
    Number,
    Quantity,
    Sequence,
    Symbol,
    is_expression,
    symbols,
)
from verifiers.math_text.units import CLOCK, Unit, is_unit, powers_of, read_unit

_HALF_DAY = 720
"""Minutes between 3:30 AM and 3:30 PM."""

_SYSTEMS = {
    "length in": Fraction(254, 10_000), "mass lb": Fraction(45_359_237, 100_000),
    "months": Fraction(2_629_746),
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
        return _glued(quantity, bare, rules)
    return plain


def _glued(quantity: Quantity, bare: Expression, rules: Rules) -> Opinion:
    """Compare `5 meters` with `5m`, where the letter can only be the unit if that makes them of one kind."""
    match bare:
        case Mul((Number() as value, Symbol(letter))) if len(letter) == 1 and is_unit(letter):
            other = Quantity(value, read_unit(letter) or quantity.unit)
            if other.unit.dimension == quantity.unit.dimension:
                return _two_units(quantity, other, rules)
    return "unsure"


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
    for name, power in powers_of(unit).items():
        total *= _SYSTEMS.get(name, Fraction(1)) ** power
    return total


def _one_says_more(a: Unit, b: Unit) -> bool:
    """Whether one is a rate of the other: `dollars` and `dollars per day`, but not m/s and m/s^2."""
    above, below = zip(*(unit.dimension.partition("/")[::2] for unit in (a, b)), strict=True)
    return above[0] == above[1] and "" in below


def _convertible(a: Unit, b: Unit) -> bool:
    """Whether the dimensions are one in two systems, such as metres and feet, or months and days."""
    left, right = (
        sorted((name.replace("months", "time").split()[0], power) for name, power in powers_of(unit).items())
        for unit in (a, b)
    )
    return left == right and "money" not in a.dimension


def _scaled(value: Expression, factor: Fraction, constant: Expression | None = None) -> Expression:
    factors: tuple[Expression, ...] = (value, Number(factor))
    return Mul(factors if constant is None else (*factors, constant))
