"""Post one request until the server has answered it: retries, rate limits, deadlines, and what each status means.

A failure that may pass is tried again after a random part of a wait that doubles ("full jitter",
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/); a `Retry-After` is kept, by every request. The
key is sent in a header and appears nowhere else: whatever a server says is searched for it.
"""

import asyncio
import email.utils
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from pipeline.models.fair_share import FairShare
from pipeline.models.http_pace import Pace
from pipeline.models.http_server import KEY_REMEDY, unreachable
from schemas.errors import EngineError

BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 20.0
"""A server that comes back is idle for no longer."""
_PASSING = {408, 409, 425, 429}
_LASTING = {501, 505}
_REFUSED = {400, 413, 422}
_BUSY = {429, 503}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a server is to be asked."""

    url: str
    """Without a slash at its end."""
    model: str
    key: str
    """Empty for none."""
    key_name: str
    """Name of the environment variable that the key is from."""
    max_in_flight: int
    requests_per_minute: float
    tokens_per_minute: float
    timeout_s: float
    connect_timeout_s: float
    attempts: int
    patience_s: float
    trust_env: bool
    """Whether proxies of the environment are used."""

    def __repr__(self) -> str:
        return f"Terms(url={self.url!r}, model={self.model!r})"


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    wait_s: float = 0.0
    """How long the server wants to be left alone."""
    busy: bool = False
    """The server was not there or had too much to do: no attempt was made at the request itself."""


class Client:
    """Asks one server. Bound to the event loop of its first use."""

    def __init__(self, terms: Terms) -> None:
        self.share = FairShare()
        self.retried = 0
        """Requests that were sent again."""
        self._terms = terms
        self._pace = Pace(terms.requests_per_minute, terms.tokens_per_minute)
        self._places = asyncio.Semaphore(terms.max_in_flight)
        self._under_way = 0
        self._answered = 0
        self._answered_at = 0.0
        self._http: httpx2.AsyncClient | None = None

    async def post(
        self, path: str, body: Mapping[str, object], tokens: float
    ) -> tuple[dict[str, Any], float]:  # Any: JSON
        """Return the answer and the request's share of the time. `tokens` is the most that it may take.

        Raises ValueError where the server refuses this request or fails on it and on no other, and EngineError where it is
        lost: not there after all attempts, or with nothing for us (no such model, a wrong key, an empty account).
        """
        seconds, content, attempts, busy = 0.0, json.dumps(body).encode(), 0, 0
        async with self._places:
            began, answered = time.monotonic(), self._answered
            while True:
                await self._pace.turn(tokens)
                share = self.share.read(self._under_way)
                self._under_way += 1
                try:
                    outcome = await self._try(path, content)
                finally:
                    seconds += self.share.read(self._under_way) - share
                    self._under_way -= 1
                if not isinstance(outcome, _Failure):
                    self._answered, self._answered_at = self._answered + 1, time.monotonic()
                    self._pace.give_back(tokens - _used(outcome, tokens))
                    return outcome, seconds
                attempts, busy = (attempts, busy + 1) if outcome.busy else (attempts + 1, 0)
                silent_s = time.monotonic() - max(began, self._answered_at)
                if attempts >= self._terms.attempts or (busy and silent_s > self._terms.patience_s):
                    raise self._given_up(outcome, attempts + busy, others=self._answered > answered)
                self.retried += 1
                await self._back_off(outcome, attempts + busy)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _back_off(self, failure: _Failure, sent: int) -> None:
        if failure.wait_s:
            self._pace.hold(failure.wait_s)
        longest = min(LONGEST_BACKOFF_S, BACKOFF_S * 2 ** min(sent - 1, 16))
        await asyncio.sleep(failure.wait_s + random.uniform(0, longest))

    def _given_up(self, failure: _Failure, sent: int, *, others: bool) -> Exception:
        if others and not failure.busy:
            return ValueError(f"{self._terms.url} failed {sent} times on this request: {failure.reason}")
        return EngineError(
            f"{self._terms.url} has answered nobody while a request was sent {sent} times, the last time: {failure.reason}; "
            "start the server again, or raise `patience_s` or `attempts`; what was answered so far is kept"
        )

    async def _try(self, path: str, content: bytes) -> "dict[str, Any] | _Failure":  # Any: JSON
        """Send it once. Raises ValueError and EngineError where sending it again would not help."""
        terms = self._terms
        try:
            async with asyncio.timeout(terms.timeout_s):
                answer = await self._connected().post(terms.url + path, content=content)
        except TimeoutError:
            return _Failure(f"no answer within {terms.timeout_s:g} s")
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            return _Failure(self._clean(unreachable(terms.url, error)), busy=True)
        except httpx2.RequestError as error:
            return _Failure(self._clean(f"the connection broke ({type(error).__name__}: {error})"))
        if answer.status_code == 200:
            return self._read(answer)
        return self._failure(answer)

    def _connected(self) -> httpx2.AsyncClient:
        if self._http is None:
            terms = self._terms
            headers = {"content-type": "application/json"} | authorization(terms.key)
            self._http = httpx2.AsyncClient(
                headers=headers,
                trust_env=terms.trust_env,
                # The whole exchange has a deadline of its own; a place in the pool is free by the semaphore.
                timeout=httpx2.Timeout(None, connect=terms.connect_timeout_s),
                limits=httpx2.Limits(max_keepalive_connections=terms.max_in_flight),
            )
        return self._http

    def _read(self, answer: httpx2.Response) -> "dict[str, Any] | _Failure":  # Any: JSON
        """Return an answer that holds a completion. Proxies and routers put failures into answers with status 200."""
        try:
            found: dict[str, Any] = answer.json()  # Any: JSON, and no dict at all from some
        except ValueError:
            return _Failure(self._clean(f"the answer is not JSON: {answer.text[:100]!r}"))
        choices = found.get("choices") if isinstance(found, dict) else None
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return _Failure(f"the answer has no choices: {self._said(answer)}")
        if choices[0].get("finish_reason") == "abort":  # vLLM, of what was under way when it was told to stop
            return _Failure("the server broke off")
        return found

    def _failure(self, answer: httpx2.Response) -> _Failure:
        """Return what a status means where it may pass, raise where it does not."""
        status, said, terms = answer.status_code, self._said(answer), self._terms
        reason = f"status {status}: {said}"
        if status in _REFUSED:
            raise ValueError(f"{terms.url} refuses the request ({reason})")
        if status in (401, 403):
            remedy = f"check the key in ${terms.key_name}" if terms.key_name else KEY_REMEDY
            raise EngineError(f"{terms.url} refuses us ({reason}); {remedy}")
        passing = status in _PASSING or (status >= 500 and status not in _LASTING)
        if "insufficient_quota" in answer.text or not passing:
            raise EngineError(
                f"{terms.url} has nothing for model {terms.model!r} ({reason}); check `url`, `policy` and `api`, or the account"
            )
        wait_s = retry_after(answer.headers, time.time())
        if wait_s > terms.timeout_s:
            raise EngineError(
                f"{terms.url} wants to be left alone for {wait_s:.0f} s ({reason}); start the run again then"
            )
        return _Failure(reason, wait_s=wait_s, busy=status in _BUSY)

    def _said(self, answer: httpx2.Response) -> str:
        """Return the server's own words, in one line and short."""
        text = answer.text
        try:
            found = json.loads(text)
            error = found.get("error", found.get("message", found.get("detail"))) if isinstance(found, dict) else None
            text = str(error.get("message", error) if isinstance(error, dict) else error or text)
        except ValueError:
            pass
        return self._clean(" ".join(text.split())[:300])

    def _clean(self, text: str) -> str:
        return text.replace(self._terms.key, "(the key)") if self._terms.key else text


def authorization(key: str) -> dict[str, str]:
    """Return the header that carries a key."""
    return {"authorization": f"Bearer {key}"} if key else {}


def retry_after(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds that an answer asks to wait, 0 where it does not; a date counts from `now` (RFC 9110, 10.2.3)."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        stated = headers.get("retry-after", "0")
        if stated.strip()[:1].isalpha():
            return max(0.0, email.utils.parsedate_to_datetime(stated).timestamp() - now)
        return max(0.0, float(stated))
    except ValueError:
        return 0.0


def _used(answer: Mapping[str, Any], most: float) -> float:  # Any: JSON
    usage = answer.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return float(total) if isinstance(total, int) else most
