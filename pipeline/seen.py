"""Which ids have been met: 11 to 14 bytes each, 16 to 20 with the place of the first, where a Python set of them takes 150.

An id is known by its first 16 hex digits. Ids are hashes, so two of `n` that differ share those with a chance of n^2 / 2^65: one
in 370,000 for ten million. The second of such two would count as met.
"""

from array import array

_PARTS = 64
"""Tables that grow by themselves, so that one which does needs room for a 64th of the ids once more. A power of two."""
_SHIFT = 64 - _PARTS.bit_length() + 1
_NO_PLACE = 2**32 - 1


class IdSet:
    """A set of ids that only grows."""

    def __init__(self) -> None:
        self._parts = [_Table(with_places=False) for _ in range(_PARTS)]
        self._count = 0

    def add(self, name: str) -> bool:
        """Add an id, which is hex digits; whether it is new."""
        key = _key(name)
        new = self._parts[key >> _SHIFT].put(key, 0) is None
        self._count += new
        return new

    def __contains__(self, name: str) -> bool:
        key = _key(name)
        return self._parts[key >> _SHIFT].has(key)

    def __len__(self) -> int:
        return self._count


class FirstPlaces:
    """Ids with the place where each was met first."""

    def __init__(self) -> None:
        self._parts = [_Table(with_places=True) for _ in range(_PARTS)]

    def put(self, name: str, place: int) -> int | None:
        """Return where an id was met before; None where it was not, and then `place` is kept. From 2^32 on it is 2^32 - 1."""
        key = _key(name)
        return self._parts[key >> _SHIFT].put(key, min(place, _NO_PLACE))


def _key(name: str) -> int:
    return int(name[:16], 16) or 1  # 0 is an empty slot


class _Table:
    """Open addressing with linear probing: a key is in the first slot from `key % size` on that was free when it came."""

    __slots__ = ("_keys", "_places", "_used")

    def __init__(self, *, with_places: bool) -> None:
        self._keys = array("Q", bytes(8 * 16))
        self._places = array("I", bytes(4 * 16)) if with_places else None
        self._used = 0

    def has(self, key: int) -> bool:
        return self._keys[self._slot(key)] == key

    def put(self, key: int, place: int) -> int | None:
        """Return the place of a key that is there, None where it is new."""
        slot = self._slot(key)
        if self._keys[slot]:
            return self._places[slot] if self._places is not None else 0
        self._set(slot, key, place)
        self._used += 1
        # At three quarters 2.5 slots are looked at for a key that is there and 8.5 for one that is not.
        if 4 * self._used > 3 * len(self._keys):
            self._grow()
        return None

    def _slot(self, key: int) -> int:
        keys = self._keys
        size = len(keys)
        slot = key % size
        while (there := keys[slot]) and there != key:
            slot = slot + 1 if slot + 1 < size else 0
        return slot

    def _set(self, slot: int, key: int, place: int) -> None:
        self._keys[slot] = key
        if self._places is not None:
            self._places[slot] = place

    def _grow(self) -> None:
        """Take a quarter more of slots: twice as many would leave most of them empty for long."""
        keys, places = self._keys, self._places
        size = len(keys) * 5 // 4
        self._keys = array("Q", bytes(8 * size))
        self._places = array("I", bytes(4 * size)) if places is not None else None
        for old, key in enumerate(keys):
            if key:
                self._set(self._slot(key), key, places[old] if places is not None else 0)
