"""Sorted lists, as `bisect` and `heapq` treat them in small: places found by halving, items kept in order, lists merged."""

from collections.abc import Iterator


def place(items: list[int], wanted: int, low: int = 0) -> int:
    """Return where `wanted` belongs, before the items that are not smaller.

    >>> place([1, 3, 3, 8], 3)
    1
    >>> place([1, 3, 3, 8], 9)
    4
    >>> place([], 2)
    0
    """
    high = len(items)
    while low < high:
        middle = (low + high) // 2
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def insert(items: list[int], new: int) -> list[int]:
    """Put an item where it belongs, in the very list.

    >>> insert([2, 5, 9], 6)
    [2, 5, 6, 9]
    """
    items.insert(place(items, new), new)
    return items


def index_of(items: list[int], wanted: int) -> int:
    """Return where an item stands, -1 where it does not.

    >>> index_of([4, 8, 15, 16, 23], 15)
    2
    >>> index_of([4, 8, 15, 16, 23], 14)
    -1
    """
    at = place(items, wanted)
    try:
        found = items[at]
    except IndexError:
        return -1
    return at if found == wanted else -1


def grade(score: int) -> str:
    """Return the letter for a score of 100.

    >>> [grade(score) for score in (33, 99, 77)]
    ['F', 'A', 'C']
    >>> grade(64)
    'D'
    """
    return "FDCBA"[sum(score >= step for step in (60, 70, 80, 90))]


def merged(one: list[int], other: list[int]) -> list[int]:
    """Return two sorted lists as one.

    >>> merged([1, 4, 6], [2, 4])
    [1, 2, 4, 4, 6]
    """
    return list(_merge(one, other))


def _merge(one: list[int], other: list[int]) -> Iterator[int]:
    left, right = 0, 0
    while left < len(one) and right < len(other):
        if one[left] <= other[right]:
            yield one[left]
            left += 1
        else:
            yield other[right]
            right += 1
    yield from one[left:]
    yield from other[right:]


def sorted_by_halves(items: list[int]) -> list[int]:
    """Sort by merging sorted halves.

    >>> sorted_by_halves([5, 1, 4])
    [1, 4, 5]
    """
    if len(items) < 2:
        return items
    middle = len(items) // 2
    return merged(sorted_by_halves(items[:middle]), sorted_by_halves(items[middle:]))


def smallest(items: list[int], count: int) -> list[int]:
    """Return the smallest items by a heap.

    >>> smallest([7, 2, 9, 4], 2)
    [2, 4]
    """
    heap: list[int] = []
    for item in items:
        heap.append(item)
        at = len(heap) - 1
        while at and heap[at] < heap[parent := (at - 1) // 2]:
            heap[at], heap[parent] = heap[parent], heap[at]
            at = parent
    taken = []
    for _ in range(count):
        taken.append(_popped(heap))
    return taken


def _popped(heap: list[int]) -> int:
    least, last = heap[0], heap.pop()
    if heap:
        heap[0] = last
        at = 0
        while (child := 2 * at + 1) < len(heap):
            if child + 1 < len(heap) and heap[child + 1] < heap[child]:
                child += 1
            if heap[at] <= heap[child]:
                break
            heap[at], heap[child] = heap[child], heap[at]
            at = child
    return least
