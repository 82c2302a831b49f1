"""Graders of other projects that this environment has, as functions of two answers. None of them is needed."""

import importlib.util
import logging
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

Grade = Callable[[str, str], bool]


@cache
def installed() -> dict[str, Grade]:
    """Return what is installed, by name; the names of the rest go to standard error."""
    found: dict[str, Grade] = {}
    for name, load in (("math-verify", _math_verify), ("lm-eval", _lm_eval)):
        grade = load()
        if grade is None:
            print(f"{name} is not installed: pip install '.[bench]'", file=sys.stderr)
        else:
            found[name] = grade
    return found


def _math_verify() -> Grade | None:
    """math-verify between dollars, where it is most often right; a deadline as it comes."""
    if importlib.util.find_spec("math_verify") is None:
        return None
    library = import_module("math_verify")
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    parse, verify = library.parse, library.verify

    def grade(gold: str, pred: str) -> bool:
        return bool(verify(parse(f"${gold}$"), parse(f"${pred}$")))

    grade("1", "1")
    return grade


def _lm_eval() -> Grade | None:
    """The minerva_math task of lm-eval: its normaliser and its equality. Only that file is loaded, not the package."""
    package = importlib.util.find_spec("lm_eval")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "tasks" / "minerva_math" / "utils.py"
    spec = importlib.util.spec_from_file_location("lm_eval_minerva_math", path)
    if spec is None or spec.loader is None:
        return None
    library = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(library)
    logging.getLogger("lm-eval").setLevel(logging.CRITICAL)
    logging.getLogger("lm_eval").setLevel(logging.CRITICAL)

    def grade(gold: str, pred: str) -> bool:
        left, right = (library.normalize_final_answer(side) for side in (gold, pred))
        return bool(left == right or library.is_equiv(left, right))

    grade("1", "1")
    return grade
