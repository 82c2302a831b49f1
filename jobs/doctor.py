"""Say what is installed and active on this machine, what is missing, and the command that adds it: python -m jobs.doctor.

Exit code 0 when a run on a laptop would work and untrusted code can be confined; 1 otherwise, with what to do. No value of the
environment is printed.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from schemas.errors import StepmillError
from verifiers.sandbox import layers

# Whatever is not in the standard library is imported where it is looked at: this must run where it is not installed.

ROOT = Path(__file__).resolve().parents[1]
DATA_VARIABLE = "STEPMILL_DATA"
_DATA = {"gsm8k": "test.jsonl", "math500": "test.jsonl", "humaneval": "problems.jsonl"}
_OLDEST, _NEWEST = (3, 11), (3, 14)
_INSTALL = "make setup"

State = Literal["active", "missing", "off"]
"""`off`: not there and not needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    group: str
    name: str
    state: State
    found: str
    """Version, or why it is not there."""
    remedy: str = ""
    """The command or setting that adds it."""
    needed: bool = False
    """Without it a run on a laptop, or the judging of code, does not work."""


def main(argv: list[str] | None = None) -> int:
    """Print the findings; 0 where everything needed is there, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m jobs.doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the findings as one JSON object")
    arguments = parser.parse_args(argv)
    findings = [*_python(), *_packages(), *_engines(), *_ray(), *_sandbox(), *_lean(), *_data()]
    lacking = [one for one in findings if one.needed and one.state != "active"]
    if arguments.json:
        print(json.dumps({"ok": not lacking, "findings": [asdict(one) for one in findings]}))
    else:
        _print(findings, lacking)
    return 1 if lacking else 0


def _python() -> Iterator[Finding]:
    version = sys.version_info[:2]
    yield Finding(
        group="python",
        name="Python",
        state="active" if _OLDEST <= version <= _NEWEST else "missing",
        found=sys.version.split()[0],
        remedy=""
        if _OLDEST <= version <= _NEWEST
        else "install Python 3.11 to 3.14, then make setup PYTHON=python3.12",
        needed=True,
    )


def _packages() -> Iterator[Finding]:
    """Yield the packages that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for wanted in project["dependencies"]:
        name = re.split(r"[\[<>=!~ ]", wanted, maxsplit=1)[0]
        version = _version(name)
        yield Finding(
            group="packages",
            name=name,
            state="active" if version else "missing",
            found=version or f"not installed; {wanted} is needed",
            remedy="" if version else _INSTALL,
            needed=True,
        )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _engines() -> Iterator[Finding]:
    try:
        from pipeline.models import vllm
        from pipeline.models.catalog import AUTO, ENGINES, choose
    except ImportError as error:
        yield Finding(group="engines", name="engines", state="missing", found=str(error), remedy=_INSTALL, needed=True)
        return
    chosen, why = choose(AUTO)
    for name, engine in ENGINES.items():
        reason = engine.missing()
        # "vLLM is not installed; add it with `pip install ...`": what is wrong, and what to do.
        said, _, remedy = (reason or "").partition("; ")
        yield Finding(
            group="engines",
            name=name,
            state="active" if reason is None else "missing" if name == "openvino" else "off",
            found=(f"engine=auto takes it: {why}" if name == chosen else "ready") if reason is None else said,
            remedy=remedy,
            needed=name == "openvino",
        )
    yield _policies()
    gpu = vllm.has_gpu()
    yield Finding(
        group="engines",
        name="GPU",
        state="active" if gpu else "off",
        found="NVIDIA or AMD, may be used" if gpu else "none that this process may use",
        remedy="" if gpu else "a driver that makes /dev/nvidia0 or /dev/kfd; CUDA_VISIBLE_DEVICES must not be empty",
    )


def _policies() -> Finding:
    from pipeline.models import policy

    try:
        found = ", ".join(f"{name}: {policy.find(name).vocabulary} tokens" for name in policy.embedded())
        return Finding(group="engines", name="policies", state="active", found=found, needed=True)
    except StepmillError as error:
        return Finding(group="engines", name="policies", state="missing", found=str(error), needed=True)


def _ray() -> Iterator[Finding]:
    version, joins = _version("ray"), bool(os.environ.get("RAY_ADDRESS"))
    where = "joins the cluster that RAY_ADDRESS names" if joins else "starts its own on this machine"
    yield Finding(
        group="flow",
        name="Ray",
        state="active" if version else "missing",
        found=f"{where}; {os.cpu_count()} cores" if version else "not installed; --local runs without it",
        remedy="" if version else _INSTALL,
    )


def _sandbox() -> Iterator[Finding]:
    """Yield whether programs can be confined, tried on this machine, and each wall."""
    found = layers.probe()
    remedies = found.remedies()
    whys = "; ".join(f"{name}: {why}" for name, why in found.missing.items())
    yield Finding(
        group="sandbox",
        name="confinement",
        state="active" if found.confined else "missing",
        found=f"rung {found.rung!r}, {len(found.layers)} layers" if found.confined else f"nothing confines: {whys}",
        remedy="" if found.confined else next(filter(None, remedies.values()), "run as root on Linux"),
        needed=True,
    )
    for name in layers.RUNGS["root"]:
        there = name in found.layers
        yield Finding(
            group="sandbox",
            name=name,
            state="active" if there else "missing",
            found="up" if there else found.missing.get(name, "not tried"),
            remedy="" if there else remedies.get(name, "") or "see the layers above",
        )
    bwrap, used = shutil.which("bwrap") is not None, "bwrap" in found.layers
    yield Finding(
        group="sandbox",
        name="bwrap",
        state="active" if used else "off",
        found="up" if used else f"{'installed' if bwrap else 'not installed'}; asked only where nothing else confines",
        remedy="" if bwrap else "apt-get install bubblewrap",
    )


def _lean() -> Iterator[Finding]:
    """Yield each backend for proofs, with its stages."""
    from verifiers.lean import native

    why = native.missing()
    yield Finding(
        group="lean",
        name="native",
        state="active" if why is None else "missing",
        found=f"Lean {native.LEAN_VERSION}: {', '.join(native.STAGES)}" if why is None else why,
        remedy="" if why is None else f"pip install {native.WHEEL}=={native.WHEEL_VERSION}, on Linux",
    )
    there = shutil.which("lake") is not None
    yield Finding(
        group="lean",
        name="lake",
        state="active" if there else "off",
        found="on PATH; header, compile, statement, axioms; leanchecker where the toolchain has it"
        if there
        else "not on PATH; only proofs over Mathlib or your own project need it",
        remedy=""
        if there
        else "install elan, then `lake build` in the project; the head of verifiers/lean/lake.py has the commands",
    )


def _data() -> Iterator[Finding]:
    folder = os.environ.get(DATA_VARIABLE)
    for name, file in _DATA.items():
        there = folder is not None and (Path(folder) / name / file).is_file()
        yield Finding(
            group="data",
            name=name,
            state="active" if there else "off",
            found=f"in the folder that {DATA_VARIABLE} names" if there else "not there; tests on it are skipped",
            remedy="" if there else f"{DATA_VARIABLE}=FOLDER, with {name}/{file} in it",
        )


_STYLES = {"active": "green", "missing": "red", "off": "yellow"}


def _print(findings: list[Finding], lacking: list[Finding]) -> None:
    """Print a table where somebody looks at it, a line for each finding otherwise."""
    if not (sys.stdout.isatty() and _version("rich")):
        for one in findings:
            remedy = f"  -> {one.remedy}" if one.remedy else ""
            print(f"{one.group:<9} {one.name:<16} {one.state:<8} {one.found}{remedy}")
    else:
        _print_table(findings)
    if not lacking:
        print("A run on this machine works, and code can be confined.")
    for one in lacking:
        print(f"needed: {one.name} ({one.found}){f': {one.remedy}' if one.remedy else ''}")


def _print_table(findings: list[Finding]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "", "state", "found", "what adds it"):
        table.add_column(heading)
    for one in findings:
        table.add_row(one.group, one.name, Text(one.state, _STYLES[one.state]), Text(one.found), Text(one.remedy))
    Console(highlight=False).print(table)


if __name__ == "__main__":
    sys.exit(main())
