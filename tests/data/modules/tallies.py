"""Counters, queues and tables, as `collections` and `itertools` have them in small."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_seen: dict[int, int] = {}


class Stack:
    """Last in, first out."""

    def __init__(self, items: Iterable[int] = ()) -> None:
        self.items = list(items)
        self.pushed = 0

    def push(self, item: int) -> "Stack":
        """Put an item on top."""
        self.items.append(item)
        self.pushed += 1
        return self

    def pop(self) -> int:
        """Take the top item."""
        return self.items.pop()

    def __len__(self) -> int:
        return len(self.items)


def evaluated(text: str) -> int:
    """Evaluate a sum in postfix notation.

    >>> evaluated("3 4 + 2 *")
    14
    >>> evaluated("7 2 -")
    5
    """
    stack = Stack()
    for token in text.split():
        if token.isdigit():
            stack.push(int(token))
            continue
        right, left = stack.pop(), stack.pop()
        match token:
            case "+":
                stack.push(left + right)
            case "-":
                stack.push(left - right)
            case _:
                stack.push(left * right)
    return stack.pop() if len(stack) == 1 else -1


def most_common(words: list[str], count: int = 1) -> list[tuple[str, int]]:
    """Return the most common words with their counts.

    >>> most_common(["a", "b", "a"], 2)
    [('a', 2), ('b', 1)]
    """
    tally: Counter[str] = Counter()
    for word in words:
        tally[word] += 1
    return tally.most_common(count)


def windows(items: list[int], size: int) -> list[list[int]]:
    """Return every run of `size` neighbours.

    >>> windows([1, 2, 3, 4], 3)
    [[1, 2, 3], [2, 3, 4]]
    """
    recent: deque[int] = deque(maxlen=size)
    found = []
    for item in items:
        recent.append(item)
        if len(recent) == size:
            found.append(list(recent))
    return found


def grouped(items: list[int]) -> dict[str, list[int]]:
    """Return even and odd items apart.

    >>> grouped([1, 2, 3])
    {'odd': [1, 3], 'even': [2]}
    """
    groups: dict[str, list[int]] = {}
    for item in items:
        groups.setdefault("odd" if item % 2 else "even", []).append(item)
    return groups


def runs(text: str) -> list[tuple[str, int]]:
    """Return characters with how often they follow each other.

    >>> runs("aaab")
    [('a', 3), ('b', 1)]
    """
    return list(_runs(text))


def _runs(text: Iterable[str]) -> Iterator[tuple[str, int]]:
    last, count = "", 0
    for char in text:
        if char == last:
            count += 1
        else:
            if count:
                yield last, count
            last, count = char, 1
    if count:
        yield last, count


def fibonacci(n: int) -> int:
    """Return the n-th number of Fibonacci, each computed once.

    >>> fibonacci(5)
    5
    """
    if n in _seen:
        return _seen[n]
    value = n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
    _seen[n] = value
    return value


def counter_of(start: int, steps: list[int]) -> list[int]:
    """Return where a counter stands after each step.

    >>> counter_of(10, [1, 2, -5])
    [11, 13, 8]
    """

    def advance(by: int) -> int:
        nonlocal start
        start += by
        return start

    return [advance(by) for by in steps]


@contextmanager
def _noted(log: list[str], name: str) -> Iterator[None]:
    log.append(f"{name} opens")
    try:
        yield
    finally:
        log.append(f"{name} closes")


def opened(names: list[str]) -> list[str]:
    """Return what is noted while doors are opened and closed; at an empty name that stops.

    >>> opened(["a", "b"])
    ['a opens', 'a closes', 'b opens', 'b closes']
    """
    log: list[str] = []
    for name in names:
        with _noted(log, name):
            if not name:
                break
    return log
