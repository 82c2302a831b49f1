"""How fast requests may leave, by what a server allows in a minute."""

import asyncio
import time


class Allowance:
    """So much a minute, spread evenly: 600 a minute is one each tenth of a second, so no minute has more than 600 and one.

    Places are given out in the order they are asked for.
    """

    def __init__(self, per_minute: float) -> None:
        """0 is no limit."""
        self._each_s = 60.0 / per_minute if per_minute else 0.0
        self._free_at = 0.0

    def book(self, amount: float, now: float) -> float:
        """Take `amount` of it and return the seconds to wait before it may be used."""
        begin = max(self._free_at, now)
        self._free_at = begin + amount * self._each_s
        return begin - now

    def give_back(self, amount: float) -> None:
        """Return what was taken and not used."""
        self._free_at -= amount * self._each_s


class Pace:
    """When the next request may leave."""

    def __init__(self, requests_per_minute: float, tokens_per_minute: float) -> None:
        """0 is no limit."""
        self._requests = Allowance(requests_per_minute)
        self._tokens = Allowance(tokens_per_minute)
        self._held_until = 0.0

    async def turn(self, tokens: float) -> None:
        """Wait for the turn of a request that may take so many tokens, prompt and completion."""
        now = time.monotonic()
        wait = max(self._requests.book(1, now), self._tokens.book(tokens, now))
        try:
            await asyncio.sleep(wait)
            while (held := self._held_until - time.monotonic()) > 0:
                await asyncio.sleep(held)
        except asyncio.CancelledError:
            self._requests.give_back(1)
            self.give_back(tokens)
            raise

    def give_back(self, tokens: float) -> None:
        """Return the tokens that a request was allowed and did not take."""
        self._tokens.give_back(tokens)

    def hold(self, seconds: float) -> None:
        """Let nothing leave for so long: the server asked for it."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)
