"""Exact ratios, as `fractions` has them in small."""

from dataclasses import dataclass


def gcd(a: int, b: int) -> int:
    """Return the greatest common divisor (Euclid).

    >>> gcd(48, 36)
    12
    >>> gcd(7, 0)
    7
    """
    while b:
        a, b = b, a % b
    return a


@dataclass(frozen=True)
class Ratio:
    """A ratio in lowest terms."""

    over: int
    under: int

    @classmethod
    def of(cls, over: int, under: int) -> "Ratio":
        """Return the ratio, reduced."""
        if under < 0:
            over, under = -over, -under
        common = gcd(abs(over), under)
        return cls(over // common, under // common)

    def __add__(self, other: "Ratio") -> "Ratio":
        return Ratio.of(self.over * other.under + other.over * self.under, self.under * other.under)

    def __str__(self) -> str:
        return f"{self.over}/{self.under}"


def added(one: tuple[int, int], other: tuple[int, int]) -> str:
    """Return the sum of two ratios, written.

    >>> added((1, 6), (1, 3))
    '1/2'
    """
    total = Ratio.of(*one) + Ratio.of(*other)
    return str(total)


def continued(over: int, under: int) -> list[int]:
    """Return the continued fraction.

    >>> continued(45, 16)
    [2, 1, 4, 3]
    """
    terms = []
    while under:
        whole, rest = divmod(over, under)
        terms.append(whole)
        over, under = under, rest
    return terms


def nearest(over: int, under: int, most: int) -> tuple[int, int]:
    """Return the best ratio whose lower part is at most `most`, by the terms of the continued fraction.

    >>> nearest(355, 113, 20)
    (22, 7)
    """
    before, last = (0, 1), (1, 0)
    for term in continued(over, under):
        new = (term * last[0] + before[0], term * last[1] + before[1])
        if new[1] > most:
            break
        before, last = last, new
    else:
        return over, under
    return last


def parsed(text: str) -> tuple[int, int] | None:
    """Read `3/4` or `3`; None for anything else.

    >>> parsed("3/4")
    (3, 4)
    >>> parsed("x/4") is None
    True
    >>> parsed("5")
    (5, 1)
    """
    match text.split("/"):
        case [over, under] if over.isdigit() and under.isdigit():
            return int(over), int(under)
        case [whole] if whole.isdigit():
            return int(whole), 1
        case _:
            return None


def egyptian(over: int, under: int) -> list[int]:
    """Return the parts of a sum of ratios with 1 above.

    >>> egyptian(7, 15)
    [3, 8, 120]
    """
    parts: list[int] = []
    while over:
        part = -(-under // over)
        parts.append(part)
        over, under = over * part - under, under * part
        assert over >= 0, "a part too large"
    return parts
