"""Screening servers: what they refuse is refused, what they pass is checked again the slow way."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.verifiers.lean import standin
from verifiers.lean import repl
from verifiers.lean.native import Native
from verifiers.lean.rows import Limits, Proof

LIMITS = Limits(cpu_s=5.0, wall_s=20.0)
ROWS = (
    Proof(name="t", statement="theorem t : True", proof=":= True.intro"),
    Proof(name="t", statement="theorem t : False", proof=":= True.intro"),
    Proof(name="t", statement="theorem t : False", proof=":= sorry"),
    Proof(name="t", statement="theorem t : False", proof=":= bad", header="axiom bad : False"),
    Proof(name="t", statement="theorem t : False", proof=":= sorry", header="set_option warn.sorry false"),
    Proof(name="t", statement="theorem t : False", proof=":= bad\naxiom bad : False"),
)
WORDS = ["verified", "rejected", "sorry", "axioms", "sorry", "rejected"]
BY = ["native 4.35.0", "X", "X", "native 4.35.0", "native 4.35.0", "X"]


@pytest.fixture(scope="module")
def process(lean: Native, tmp_path_factory: pytest.TempPathFactory) -> Iterator[repl.ReplProcess]:
    screen = repl.ReplProcess(standin.repl(tmp_path_factory.mktemp("repl")))
    yield screen
    screen.close()


def words(screen: repl.Screen, lean: Native) -> tuple[list[str], list[str]]:
    found = list(repl.screened(ROWS, screen, lean, LIMITS))
    return [one.verdict for one in found], [one.backend.replace(screen.name, "X") for one in found]


def test_a_repl_screens_and_the_kernel_decides(lean: Native, process: repl.ReplProcess) -> None:
    assert words(process, lean) == (WORDS, BY)


def test_a_repl_that_dies_or_hangs_is_replaced(lean: Native, process: repl.ReplProcess) -> None:
    process.screen(["theorem t : True := True.intro"], 20)
    start = time.monotonic()
    answers = process.screen(["-- die", "-- hang"], 1.0)
    assert [one.verdict for one in answers] == [None, None] and time.monotonic() - start < 10
    assert process.screen(["theorem t : False := True.intro"], 20)[0].verdict == "rejected"


def test_kimina_gets_all_in_one_request(lean: Native, process: repl.ReplProcess) -> None:
    asked: list[int] = []

    class KiminaServer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(len(body["snippets"]))
            results = [
                {"id": one["id"], "time": 0.1, "error": None, "response": process.ask({"cmd": one["code"]}, 20)}
                for one in body["snippets"]
            ]
            data = json.dumps({"results": results[:-1]}).encode()  # one answer is lost
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), KiminaServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert words(repl.Kimina(f"http://127.0.0.1:{server.server_port}"), lean) == (WORDS, BY)
    finally:
        server.shutdown()
        server.server_close()
    assert asked == [5]


def test_a_server_that_is_not_there_leaves_all_to_the_slow_way(lean: Native) -> None:
    assert words(repl.Kimina("http://127.0.0.1:9"), lean)[0] == WORDS


def test_any_function_can_screen_and_what_it_raises_is_no_verdict(lean: Native, process: repl.ReplProcess) -> None:
    def ask(source: str, seconds: float) -> object:
        if "sorry" in source:
            raise ConnectionAbortedError
        return process.ask({"cmd": source}, seconds)

    assert words(repl.Asked("lean-interact", ask), lean)[0] == WORDS


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ({"messages": [], "sorries": []}, None),
        ({"messages": [{"severity": "error", "data": "no"}]}, "rejected"),
        ({"messages": [{"severity": "warning", "data": "declaration uses 'sorry'"}]}, "sorry"),
        ({"messages": [{"severity": "warning", "data": "declaration uses `sorry`"}]}, "sorry"),
        ({"sorries": [{"goal": "⊢ False"}]}, "sorry"),
        ({"message": "Unknown environment."}, None),
        ("nonsense", None),
        (None, None),
        ({"messages": "x", "sorries": None}, None),
    ],
)
def test_answers_are_read(answer: object, verdict: str | None) -> None:
    assert repl.answered(answer).verdict == verdict


def test_nothing_that_a_screen_says_is_verified() -> None:
    assert Path(repl.__file__).read_text().count('verdict="verified"') == 0
