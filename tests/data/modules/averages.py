"""Middle values and spreads, as `statistics` has them in small."""

import math


class NoData(ValueError):
    """There is nothing to take an average of."""


def mean(numbers: list[float]) -> float:
    """Return the arithmetic mean.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    if not numbers:
        raise NoData("no numbers")
    return math.fsum(numbers) / len(numbers)


def mean_or(numbers: list[float], default: float) -> float:
    """Return the mean, or a default where there is none.

    >>> mean_or([], 0.5)
    0.5
    >>> mean_or([4.0, 5.0], 0.5)
    4.5
    """
    try:
        found = mean(numbers)
    except NoData as error:
        return default if str(error) == "no numbers" else -1.0
    else:
        return found


def median(numbers: list[int], *, low: bool = False) -> float:
    """Return the middle one, or what lies between the two in the middle.

    >>> median([5, 1, 4])
    4
    >>> median([1, 9, 3, 5])
    4.0
    """
    ordered = sorted(numbers)
    half, odd = divmod(len(ordered), 2)
    if odd:
        return ordered[half]
    if low:
        return ordered[half - 1]
    return (ordered[half - 1] + ordered[half]) / 2


def modes(text: str) -> list[str]:
    """Return the most common characters in the order in which they are met.

    >>> modes("aabbc")
    ['a', 'b']
    >>> modes("")
    []
    """
    counts: dict[str, int] = {}
    for char in text:
        counts[char] = counts.get(char, 0) + 1
    most = max(counts.values(), default=0)
    return [char for char, count in counts.items() if count == most]


def variance(numbers: list[int]) -> float:
    """Return the mean of the squares of the differences from the mean, in one pass (Welford).

    >>> variance([2, 4, 6])
    2.6666666666666665
    """
    count, middle, total = 0, 0.0, 0.0
    for count, number in enumerate(numbers, 1):  # noqa: B007
        before = number - middle
        middle += before / count
        total += before * (number - middle)
    return total / count


def quartiles(numbers: list[int]) -> tuple[float, float, float]:
    """Return the values that cut the numbers into four parts.

    >>> quartiles([1, 2, 3, 4, 5, 6, 7])
    (2, 4, 6)
    """
    ordered = sorted(numbers)

    def middle(first: int, last: int) -> float:
        return median(ordered[first:last])

    half = len(ordered) // 2
    return middle(0, half), median(ordered), middle(-half, len(ordered))


def moving(numbers: list[int], window: int) -> list[float]:
    """Return the means of `window` neighbours.

    >>> moving([1, 3, 5, 7], 2)
    [2.0, 4.0, 6.0]
    """
    means: list[float] = []
    total = 0
    for index, number in enumerate(numbers):
        total += number
        if index >= window:
            total -= numbers[index - window]
        if index < window - 1:
            continue
        means.append(total / window)
    return means
