r"""Pairs of answers with exact truth for the benchmark of graders: speed by kind, near misses with their equal twins,
and answers that are built to hang a grader. Everything follows from a seed.
"""

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple


class Pair(NamedTuple):
    """Two answers and whether they are equal."""

    gold: str
    pred: str
    equal: bool


def integers(rng: random.Random) -> Pair:
    """Return two whole numbers of up to 9 digits; half of the pairs are off by a little."""
    value, off = rng.randrange(-(10**9), 10**9), _off(rng)
    return Pair(str(value), str(value + off), off == 0)


def fractions(rng: random.Random) -> Pair:
    r"""Return `\frac{a}{b}` against a fraction that is not reduced, or a decimal."""
    off = _off(rng)
    if rng.random() < 0.3:
        top, places = rng.randrange(1, 10**5), rng.randrange(1, 4)
        return Pair(f"\\frac{{{top}}}{{{10**places}}}", _decimal(top + off, places), off == 0)
    top, bottom, factor = rng.randrange(1, 10**4), rng.randrange(2, 10**4), rng.randrange(2, 9)
    return Pair(f"\\frac{{{top}}}{{{bottom}}}", f"{top * factor + off}/{bottom * factor}", off == 0)


def symbolic(rng: random.Random) -> Pair:
    """Return a formula against the same one rearranged, expanded or simplified."""
    a, b, c, off = rng.randrange(2, 60), rng.randrange(2, 60), rng.randrange(2, 10), _off(rng)
    shape = rng.randrange(5)
    if shape == 0:
        pair = f"(x+{a})(x-{b})", f"x^2+{a - b}x-{a * b + off}".replace("+-", "-")
    elif shape == 1:
        pair = f"{a}\\sqrt{{{b}}}", f"\\sqrt{{{a * a * b + off}}}"
    elif shape == 2:
        pair = f"\\frac{{x^{c}}}{{{a}}}+{b}y", f"{b + off}y+\\frac{{1}}{{{a}}}x^{{{c}}}"
    elif shape == 3:
        pair = f"\\frac{{{a}\\pi}}{{{b}}}", f"\\frac{{{2 * a + off}}}{{{2 * b}}}\\pi"
    else:
        pair = f"({a}x+{b})^2", f"{a * a}x^2+{2 * a * b}x+{b * b + off}"
    return Pair(*pair, off == 0)


def sets(rng: random.Random) -> Pair:
    r"""Return sets in another order, intervals with other spacing, tuples with other forms of their items."""
    a, b, off = rng.randrange(-50, 50), rng.randrange(60, 200), _off(rng)
    c, shape = rng.randrange(300, 999), rng.randrange(4)
    if shape == 0:
        pair = f"\\{{{a}, {b}, {c}\\}}", f"\\{{{c},{b + off},{a}\\}}"
    elif shape == 1:
        pair = f"[{a}, {b})", f"[{a},{b + off})"
    elif shape == 2:
        pair = f"(\\frac{{{a}}}{{2}}, {b})", f"(\\frac{{{2 * a + off}}}{{4}},{b})"
    else:
        pair = f"({a}, {b}, {c})", f"({a},{b},{c + off})"
    return Pair(*pair, off == 0)


KINDS: dict[str, Callable[[random.Random], Pair]] = {
    "integer": integers, "fraction": fractions, "symbolic": symbolic, "sets": sets,
}  # fmt: skip


def distinct(kind: str, count: int, seed: int) -> list[Pair]:
    """Return `count` different pairs of a kind."""
    rng, found = random.Random(f"{kind}{seed}"), dict[Pair, None]()
    while len(found) < count:
        found[KINDS[kind](rng)] = None
    return list(found)


def _off(rng: random.Random) -> int:
    return 0 if rng.random() < 0.5 else rng.choice((-2, -1, 1, 3))


def _decimal(value: int, places: int) -> str:
    digits = str(abs(value)).rjust(places + 1, "0")
    return ("-" if value < 0 else "") + digits[:-places] + "." + digits[-places:]


# Near misses: each comes with an equal twin, written differently in the same way


def near_misses(count: int, seed: int) -> Iterator[tuple[Pair, Pair]]:
    """Yield (near miss, equal twin) with the same gold answer."""
    rng = random.Random(seed)
    shapes = (_off_by_one, _sign, _exponent, _seventh_digit, _unit, _end, _coefficient, _item, _root, _power_tower)
    for index in range(count):
        gold, twin, miss = shapes[index % len(shapes)](rng)
        yield Pair(gold, miss, False), Pair(gold, twin, True)


def _off_by_one(rng: random.Random) -> tuple[str, str, str]:
    value = rng.randrange(10**3, 10 ** rng.randrange(4, 31))
    write = rng.choice((lambda n: f"{n:,}", lambda n: f"\\boxed{{{n}}}", lambda n: f"{n}.0", lambda n: f"${n}$", str))
    return str(value), write(value), write(value + rng.choice((-1, 1)))


def _sign(rng: random.Random) -> tuple[str, str, str]:
    a, b, c = (rng.randrange(1, 500) for _ in range(3))
    if rng.random() < 0.5:
        return f"{a}+{b}i", f"{b}i+{a}", f"{a}-{b}i"
    return f"{a}x^2-{b}x+{c}", f"{c}-{b}x+{a}x^2", f"{c}+{b}x+{a}x^2"


def _exponent(rng: random.Random) -> tuple[str, str, str]:
    base, power = rng.randrange(2, 20), rng.randrange(3, 3_000)
    if rng.random() < 0.5:
        return f"{base}^{{-{power}}}", f"\\frac{{1}}{{{base}^{{{power}}}}}", f"\\frac{{1}}{{{base}^{{{power + 1}}}}}"
    mantissa = rng.randrange(11, 99)
    low = rng.randrange(3, 300)
    return f"{mantissa}e{low}", f"{mantissa} \\times 10^{{{low}}}", f"{mantissa} \\times 10^{{{low + 1}}}"


def _seventh_digit(rng: random.Random) -> tuple[str, str, str]:
    value = rng.randrange(10**6, 10**7)
    places = rng.randrange(1, 12)
    gold, other = _decimal(value, places), _decimal(value + rng.choice((-1, 1)), places)
    return gold, _fraction(Fraction(value, 10**places)), rng.choice((other, other + "0"))


def _fraction(value: Fraction) -> str:
    return f"\\frac{{{value.numerator}}}{{{value.denominator}}}"


def _unit(rng: random.Random) -> tuple[str, str, str]:
    value = rng.randrange(2, 5_000)
    small, large, factor = rng.choice(
        (("cm", "m", 100), ("minutes", "hours", 60), ("g", "kg", 1000), ("inches", "feet", 12), ("mm", "cm", 10))
    )
    gold = f"{value}\\text{{ {large}}}"
    return gold, f"{value * factor} {small}", rng.choice((f"{value} {small}", f"{value * factor + 1} {small}"))


def _end(rng: random.Random) -> tuple[str, str, str]:
    low, gap = rng.randrange(-99, 99), rng.randrange(1, 99)
    high = low + gap
    gold = f"({low}, {high}]"
    if rng.random() < 0.5:
        return gold, f"{low} < x \\le {high}", rng.choice((f"{low} \\le x \\le {high}", f"{low} < x < {high}"))
    return gold, f"\\left({low},{high}\\right]", rng.choice((f"[{low},{high}]", f"({low},{high})", f"[{low},{high})"))


def _coefficient(rng: random.Random) -> tuple[str, str, str]:
    a, b = rng.randrange(2, 10**4), rng.randrange(2, 10**4)
    other = rng.choice((a * b + 1, a * b - 1))
    return f"(x+{a})(x+{b})", f"x^2+{a + b}x+{a * b}", f"x^2+{a + b}x+{other}"


def _item(rng: random.Random) -> tuple[str, str, str]:
    values = rng.sample(range(-500, 500), 4)
    shuffled = rng.sample(values, 4)
    wrong = [*shuffled[:3], shuffled[3] + 1000]
    gold, twin, miss = (", ".join(map(str, items)) for items in (values, shuffled, wrong))
    return f"\\{{{gold}\\}}", f"\\{{{twin}\\}}", f"\\{{{miss}\\}}"


def _root(rng: random.Random) -> tuple[str, str, str]:
    outer, inner = rng.randrange(2, 200), rng.choice((2, 3, 5, 6, 7, 10, 11, 13))
    inside = outer * outer * inner
    return f"{outer}\\sqrt{{{inner}}}", f"\\sqrt{{{inside}}}", f"\\sqrt{{{inside + 1}}}"


def _power_tower(rng: random.Random) -> tuple[str, str, str]:
    power, low = rng.randrange(500, 2_500), rng.randrange(2, 9)
    gold = f"\\frac{{2^{{{power}}}+{low}}}{{3 \\cdot 2^{{{power + 1}}}}}"
    return gold, f"\\frac16 + \\frac{{{low}}}{{3 \\cdot 2^{{{power + 1}}}}}", "\\frac16"


BOMBS = (
    "9^{9^{9^{9}}}", "9^{9^{9}}", "9**9**9**9", "((9!)!)!", "(10^6)!", "(10^8)!", "2^{10^9}", "3^{10^9}", "2^{-10^9}",
    "(x+y+z+w)^{60}", "(x+1)^{100000000}", "(" * 3_000 + "1" + ")" * 3_000, "\\frac{1}{" * 300 + "2" + "}" * 300,
    "e^{e^{e^{e^{e}}}}", "\\sin(10^{10^{10}})", "9" * 100_000, "0." + "1" * 100_000,
    "+".join(f"x^{{{k}}}" for k in range(2_000)), "+".join(f"x^{{{k}}}" for k in range(300)),
    "\\boxed{" * 20_000, "\\sqrt[99999]{5}", "x^{x^{x^{x}}}", "\\binom{10^9}{5\\cdot10^8}",
    "\\sum_{k=1}^{10000000} k^2", "\\sum_{k=1}^{1000} \\sin(k)^k", "\\prod_{k=1}^{10^9} k",
    "\\int_0^1 \\frac{\\sin(x^2) e^{x^3}}{\\sqrt{1+x^7}} dx", "\\gcd(3^{20000000}, 6^{20000000})",
    ",".join("1" * 1_999), "\\{" + ",".join(map(str, range(60))) + "\\}", "\\text{" * 900, "answer" * 20_000,
    "\\begin{vmatrix}" + "\\\\".join("&".join(f"x_{{{i}{j}}}" for j in range(8)) for i in range(8)) + "\\end{vmatrix}",
    "\\sqrt{2+" * 50 + "2" + "}" * 50, "1e999999999", "x^{999999999}-1", "\\left(" * 500, "|" * 2_000,
    "(1+\\sqrt{2})^{5000}", "\\ln(" * 40 + "10^{10^{6}}" + ")" * 40, "1_" * 1_000, "{" * 3_000 + "}" * 3_000,
)  # fmt: skip
"""Towers of powers, huge factorials, deep nesting, long digits. Each is judged against 5, and against itself plus 1."""
