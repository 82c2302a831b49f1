"""Object stores by their URL, through pyarrow (`s3://`, `gs://`) or fsspec (any other scheme that it knows).

S3 takes region, endpoint and keys from the environment, by the names that AWS's own tools read (AWS_ENDPOINT_URL[_S3],
AWS_REGION, AWS_ACCESS_KEY_ID, ..), or endpoint and region from the URL: `s3://bucket/a?endpoint_override=HOST:PORT&scheme=http`.
pyarrow 26 reads the keys itself, the endpoint it does not. Google's client reads its own variables.
"""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
from pyarrow import fs

from schemas.errors import StorageError

Answer = TypeVar("Answer")

# Of a request that a store answers with an error or not at all; each waits longer than the one before, about 10 s together.
_ATTEMPTS = 5
_CONNECT_S, _SILENT_S = 5.0, 20.0
_AT_ONCE = 16
"""Requests at once where many small objects are read or removed: each is mostly waiting."""

_S3_KEYS = ("region", "scheme", "endpoint_override", "force_virtual_addressing", "tls_ca_file_path", "anonymous")
_EXTRA = {"abfs": "adlfs", "abfss": "adlfs", "az": "adlfs", "oss": "ossfs", "oci": "ocifs", "hdfs": "a Hadoop client"}


def opened(url: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of a URL and the path on it. Raises StorageError where the scheme is not known or not installed."""
    base, _, query = url.partition("?")
    scheme, _, place = base.partition("://")
    if scheme not in ("s3", "gs", "gcs"):
        system = _by_fsspec(scheme)
        return system, system.handler.fs._strip_protocol(base)
    user, _, path = place.rpartition("@")
    bucket, _, _ = path.partition("/")
    if not bucket:
        raise StorageError(f"{url}: no bucket; write {scheme}://BUCKET/FOLDER")
    variables = tuple((name, os.environ.get(name, "")) for name in _VARIABLES)
    return (_s3 if scheme == "s3" else _gs)(user, bucket, query, variables), path.rstrip("/")


def shown(url: str) -> str:
    """Return a URL without the keys that may stand in it."""
    scheme, found, place = url.partition("://")
    path, mark, query = place.partition("?")
    return f"{scheme}{found}{path.rpartition('@')[2] if found else path}{mark}{query}"


_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION")


@cache  # a client keeps connections; opened again only where what it was made from has changed
def _s3(user: str, bucket: str, query: str, variables: tuple[tuple[str, str], ...]) -> fs.FileSystem:
    found, given = dict(variables), dict(parse_qsl(query))
    unknown = sorted(set(given) - set(_S3_KEYS))
    if unknown:
        raise StorageError(f"s3://{bucket}?{query}: {unknown[0]} is unknown; known: {', '.join(_S3_KEYS)}")
    key, _, secret = user.partition(":")
    options: dict[str, Any] = {  # Any: keywords of pyarrow
        "region": given.get("region") or found["AWS_REGION"] or found["AWS_DEFAULT_REGION"] or None,
        "access_key": unquote(key) or None,
        "secret_key": unquote(secret) or None,
        "connect_timeout": _CONNECT_S,
        "request_timeout": _SILENT_S,
        # A small object is one PUT then, instead of the three requests of an upload in parts.
        "allow_delayed_open": True,
        "retry_strategy": fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    }
    for name in ("force_virtual_addressing", "anonymous"):
        if name in given:
            options[name] = given[name].lower() in ("1", "true", "yes")
    if "tls_ca_file_path" in given:
        options["tls_ca_file_path"] = given["tls_ca_file_path"]
    endpoint = given.get("endpoint_override") or found["AWS_ENDPOINT_URL_S3"] or found["AWS_ENDPOINT_URL"]
    if endpoint:
        parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
        options["endpoint_override"] = parts.netloc + parts.path.rstrip("/")
        options["scheme"] = given.get("scheme") or parts.scheme or "https"
        options["region"] = options["region"] or "us-east-1"  # or the client looks for it in places that are not there
    elif options["region"] is None:
        options["region"] = _region(bucket)
    return asked(lambda: fs.S3FileSystem(**options), f"s3://{bucket}")


def _region(bucket: str) -> str | None:
    try:
        region: str = fs.resolve_s3_region(bucket)
    except (OSError, ValueError):
        return None  # the first request says what is wrong
    return region


@cache
def _gs(user: str, bucket: str, query: str, _variables: tuple[tuple[str, str], ...]) -> fs.FileSystem:
    # Google's client would go on for 15 minutes; by its own name for it, in seconds.
    limited = query if "retry_limit_seconds" in query else f"{query}{'&' if query else ''}retry_limit_seconds=120"
    at = f"{user}@" if user else ""
    return asked(lambda: fs.FileSystem.from_uri(f"gs://{at}{bucket}?{limited}")[0], f"gs://{bucket}")


@cache
def _by_fsspec(scheme: str) -> fs.FileSystem:
    import fsspec  # here, since it is not needed for anything local

    try:
        return fs.PyFileSystem(fs.FSSpecHandler(fsspec.filesystem(scheme)))
    except (ImportError, ValueError, TypeError, OSError) as error:
        remedy = f"pip install {_EXTRA[scheme]}" if scheme in _EXTRA else "use a folder, s3:// or gs://"
        raise StorageError(f"{scheme}://: cannot be opened here ({one_line(error)}); {remedy}") from error


def asked(request: Callable[[], Answer], place: str) -> Answer:
    """Return what a request to a store answers. Raises FileNotFoundError as it is, else StorageError that names `place`."""
    try:
        return request()
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException, ValueError) as error:
        raise StorageError(
            f"{place}: {one_line(error)}; see that the store, its address and the keys are right"
        ) from error


def one_line(error: BaseException) -> str:
    """Return what an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def got(system: fs.FileSystem, path: str) -> bytes:
    """Return one object, whole, whoever replaces it meanwhile. Raises FileNotFoundError, OSError.

    In one request: pyarrow's `read()` sends several, and could return the beginning of one object and the end of the next. It
    asks for the size first; where that was of the one before, reading fails, or the size is another one afterwards.
    """
    for _ in range(_ATTEMPTS):
        size, error = -1, None
        try:
            with system.open_input_file(path) as stream:
                size = stream.size()
                content: bytes = stream.read_at(size, 0) if size else b""
        except OSError as found:
            if size < 0:
                raise
            error = found
        if system.get_file_info(path).size == size:
            if error is not None:
                raise error
            if len(content) == size:
                return content
    raise OSError("replaced again and again while it is read")


def put(system: fs.FileSystem, path: str, content: pa.Buffer) -> None:
    """Write one object, whole or not at all. Raises OSError.

    pyarrow finishes an upload whenever its stream is closed or collected, also on the way out of an exception, and would leave
    half an object under the name. Only a signal's exception can come between the three calls, and never in another thread.
    """

    def upload() -> None:
        stream = system.open_output_stream(path)
        stream.write(content)
        stream.close()

    try:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(upload).result()
    except FileNotFoundError as error:  # of the bucket; nobody asked for a file that could be absent
        raise OSError(one_line(error)) from error


def listed(system: fs.FileSystem, path: str, *, recursive: bool) -> list[fs.FileInfo]:
    """Return what lies under a folder, nothing where it does not exist. Raises OSError."""
    found: list[fs.FileInfo] = system.get_file_info(fs.FileSelector(path, recursive=recursive, allow_not_found=True))
    return found


def removed(system: fs.FileSystem, paths: Iterable[str]) -> None:
    """Remove objects; those that are not there do not matter. Raises OSError."""

    def one(path: str) -> None:
        with suppress(FileNotFoundError):
            system.delete_file(path)

    together(one, list(paths))


def together(do: Callable[[str], Answer], names: Sequence[str]) -> list[Answer]:
    """Return what `do` returns for each name, several at once, in order."""
    if len(names) < 2:
        return [do(name) for name in names]
    with ThreadPoolExecutor(min(_AT_ONCE, len(names))) as threads:
        return list(threads.map(do, names))


FLUSH_S, FLUSH_BYTES = 2.0, 256 * 1024
"""When lines go out as one object: what a kill may lose, against the price of a request."""


class Buffered:
    """A file that grows by lines, as a row of objects `<name>-<number>`, each of whole lines and never changed.

    A thread puts them, so that whoever writes a line does not wait for the store; what goes wrong there is raised at the next
    line, or at the end.
    """

    def __init__(self, write: Callable[[str, bytes], None], name: str) -> None:
        self._write, self._name, self._number = write, name, 0
        self._lines: list[bytes] = []
        self._size = 0
        self._error: StorageError | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._flushing, name="journal", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Append one line; it is on the store within seconds. Raises StorageError where an earlier one is not."""
        with self._changed:
            if self._error is not None:
                raise self._error
            self._lines.append(line)
            self._size += len(line)
            if self._size >= FLUSH_BYTES:
                self._changed.notify()

    def close(self) -> None:
        """Put down what is left. Raises StorageError."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _flushing(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._size >= FLUSH_BYTES, timeout=FLUSH_S)
                content, self._lines, self._size = b"".join(self._lines), [], 0
                ended = self._closed
            if content:
                try:
                    self._write(f"{self._name}-{self._number:08d}", content)
                except StorageError as error:
                    self._error = error
                    return
                self._number += 1
            if ended:
                return
