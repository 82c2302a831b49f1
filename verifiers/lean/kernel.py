"""The last word: modules read as data, replayed in the kernel, the locked statement declared from the proof.

Runs in a process that has loaded Lean and compiled nothing. No parser, elaborator or extension is used here, and nothing but the
constants of the proof's module counts, so no message, macro, notation, instance or option of it can speak:

1. The imports of the statement's module are loaded; the proof's module must import the same.
2. Every constant of the proof's module goes through the kernel again (what `leanchecker` does; a declaration that got past the
   kernel, as with `debug.skipKernelTC`, or a module that was written by hand, is refused here).
3. Constants that the statement's type reaches must be the same in both modules: the statement means the same in both.
4. `theorem stmt_ok : <type in the statement's module> := @name` is added to the environment by the kernel.
5. The axioms are collected over everything that `name` reaches.
"""

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from verifiers.lean.objects import Address, Lean, LeanError, Size, array, box, field, is_box, items, name, tag

_AXIOM, _DEFINITION, _THEOREM, _OPAQUE, _QUOT, _INDUCTIVE = range(6)
_HAS_VALUE = (_DEFINITION, _THEOREM, _OPAQUE)
_STMT_OK = "_stepmill_stmt_ok"
_MAX_DEPTH = 10_000
"""Recursion that the kernel may take for comparing a type with itself."""


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """The modules do not hold a proof of the statement."""

    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Module:
    """A compiled module as data."""

    imports: Address
    names: dict[str, Address]
    constants: dict[str, Address]

    @property
    def imported(self) -> list[str]:
        """Names of what it imports."""
        return [name(field(one, 0)) for one in array(self.imports)]


class Reached(NamedTuple):
    """What one constant says about axioms."""

    axiom: bool
    uses: list[tuple[str, Address]]
    """The constants in its type and value, by name."""


class Imported(NamedTuple):
    """What modules with the same imports share; no case changes the environment."""

    environment: Address
    reached: dict[str, Reached]


class Case(NamedTuple):
    """One proof to judge; files of modules, and names."""

    statement: str
    proof: str
    plain: str
    """"" where there is none."""
    stated: str
    """The theorem's name in the statement's module."""
    theorem: str


def judge_all(lean: Lean, cases: Iterable[Case]) -> list[dict[str, object]]:
    """Return for each case its axioms, or verdict and reason, as JSON has them."""
    bases: dict[tuple[str, ...], Imported] = {}
    results: list[dict[str, object]] = []
    for case in cases:
        try:
            results.append({"axioms": judge(lean, case, bases)})
        except Refused as refused:
            results.append({"verdict": refused.verdict, "reason": refused.reason})
        except LeanError as error:
            results.append({"verdict": "crash", "reason": f"the modules cannot be read: {error}"})
    return results


def judge(lean: Lean, case: Case, bases: dict[tuple[str, ...], Imported] | None = None) -> list[str]:
    """Return the axioms that a theorem rests on, sorted. Raises Refused and LeanError.

    `bases` keeps what is imported, which no case changes.
    """
    stated, proved = read(lean, case.statement), read(lean, case.proof)
    if case.stated not in stated.constants:
        raise Refused("statement_mismatch", f"the statement does not declare {case.theorem}")
    if case.theorem not in proved.constants:
        raise Refused("statement_mismatch", f"the compiled proof does not declare {case.theorem}")
    if stated.imported != proved.imported:
        raise Refused("statement_mismatch", "the proof's file imports other modules than the header")
    wanted = stated.constants[case.stated]
    if case.plain:
        _same_without_header(lean, read(lean, case.plain), wanted, case.theorem)
    bases = {} if bases is None else bases
    imported = tuple(stated.imported)
    if imported not in bases:
        bases[imported] = Imported(import_modules(lean, stated), {})
    base = bases[imported]
    environment = replay(lean, base.environment, proved)
    found = _find(lean, environment, proved.names[case.theorem])
    if found is None or tag(found) != _THEOREM:
        raise Refused("rejected", f"{case.theorem} is no theorem after the replay (unsafe, partial, or another kind)")
    _same_meaning(lean, stated, proved, wanted)
    _declare(lean, environment, wanted, proved.names[case.theorem])
    return axioms(lean, environment, proved, base.reached, proved.names[case.theorem])


def read(lean: Lean, path: str) -> Module:
    """Read a .olean file. Raises LeanError."""
    # Not the plain function: it borrows its argument, whose count the boxed one takes care of.
    data = field(lean.io("l_Lean_readModuleData___boxed", lean.string(path)), 0)
    names = array(field(data, 1))
    constants = array(field(data, 2))
    keyed = [name(one) for one in names]
    return Module(field(data, 0), dict(zip(keyed, names, strict=True)), dict(zip(keyed, constants, strict=True)))


def import_modules(lean: Lean, module: Module) -> Address:
    """Return the kernel's environment of what `module` imports. Raises LeanError."""
    no, all_levels, no_artifacts = box(0), box(2), box(1)
    environment = lean.io(
        "l_Lean_importModules___boxed",
        module.imports,
        lean.constant("l_Lean_Options_empty"),
        box(0),  # trust level 0: nothing is taken without a type check
        lean.array([]),
        no,
        no,
        all_levels,
        no_artifacts,
    )
    return lean.call("lean_elab_environment_to_kernel_env", environment)


def replay(lean: Lean, base: Address, module: Module) -> Address:
    """Send every constant of `module` through the kernel again, over `base`. Raises Refused.

    Unsafe and partial constants are left out: nothing that is logic may use them.
    """
    table = lean.constructor(0, [box(0), lean.array([box(0)] * 64)])
    equal, hashable = lean.constant("l_Lean_Name_instBEq"), lean.constant("l_Lean_instHashableName")
    for key, one in module.constants.items():
        table = lean.call("l_Std_HashMap_insert___redArg", equal, hashable, table, module.names[key], one)
    result = lean.call("l_Lean_Kernel_Environment_replay", table, base)
    if tag(result) != 0:
        raise Refused("rejected", "the kernel refuses the compiled proof when it is replayed")
    return field(result, 0)


def axioms(lean: Lean, environment: Address, module: Module, imported: dict[str, Reached], start: Address) -> list[str]:
    """Return the names of all axioms that a constant reaches, sorted. Raises LeanError.

    `imported` keeps what constants outside of `module` reach, which is the same for all modules with these imports.
    """
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [(name(start), start)]
    while waiting:
        key, one = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        reached = imported.get(key)
        if reached is None or key in module.constants:
            reached = _reached(lean, environment, key, one)
            if key not in module.constants:
                imported[key] = reached
        if reached.axiom:
            found.add(key)
        waiting += reached.uses
    return sorted(found)


def _reached(lean: Lean, environment: Address, key: str, one: Address) -> Reached:
    info = _find(lean, environment, one)
    if info is None:
        raise LeanError(f"{key} is not in the environment")
    uses = _used(lean, info)
    if tag(info) == _INDUCTIVE:
        uses += items(field(field(info, 0), 4))  # its constructors
    return Reached(tag(info) == _AXIOM, [(name(use), use) for use in uses])


def _used(lean: Lean, info: Address) -> list[Address]:
    used = array(lean.call("l_Lean_Expr_getUsedConstants", _type(info)))
    if tag(info) in _HAS_VALUE:
        used = used + array(lean.call("l_Lean_Expr_getUsedConstants", field(field(info, 0), 1)))
    return used


def _find(lean: Lean, environment: Address, key: Address) -> Address | None:
    option = lean.call("lean_environment_find", environment, key)
    return None if is_box(option) else field(option, 0)


def _constant(info: Address) -> Address:
    """Return the name, universe parameters and type that every constant has."""
    return field(field(info, 0), 0)


def _type(info: Address) -> Address:
    return field(_constant(info), 2)


def _levels(info: Address) -> list[str]:
    return [name(one) for one in items(field(_constant(info), 1))]


def _same(lean: Lean, left: Address, right: Address) -> bool:
    """Whether two constants are of one kind, with the same universes, type and value."""
    if tag(left) != tag(right) or _levels(left) != _levels(right) or not _equal(lean, _type(left), _type(right)):
        return False
    if tag(left) in _HAS_VALUE:
        return _equal(lean, field(field(left, 0), 1), field(field(right, 0), 1))
    if tag(left) == _INDUCTIVE:
        constructors = [[name(one) for one in items(field(field(info, 0), 4))] for info in (left, right)]
        return constructors[0] == constructors[1]
    return True


def _equal(lean: Lean, left: Address, right: Address) -> bool:
    return lean.bool("lean_expr_eqv", left, right)


def _same_meaning(lean: Lean, stated: Module, proved: Module, wanted: Address) -> None:
    """Raise Refused unless what the statement's type reaches in its own module is the same in the proof's."""
    seen: set[str] = set()
    waiting = [name(one) for one in array(lean.call("l_Lean_Expr_getUsedConstants", _type(wanted)))]
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        mine, theirs = stated.constants.get(key), proved.constants.get(key)
        if mine is None and theirs is None:
            continue  # imported, and both import the same
        if mine is None or theirs is None or not _same(lean, mine, theirs):
            raise Refused("statement_mismatch", f"{key} is not the same in the statement's and in the proof's file")
        waiting += [name(one) for one in _used(lean, mine)]


def _same_without_header(lean: Lean, plain: Module, wanted: Address, theorem: str) -> None:
    """Raise Refused where the statement, which has a meaning without the header's definitions, has another with them."""
    before = plain.constants.get(theorem)
    if before is not None and not _equal(lean, _type(before), _type(wanted)):
        raise Refused("statement_mismatch", "the header gives the statement another meaning than its imports alone do")


def _declare(lean: Lean, environment: Address, wanted: Address, theorem: Address) -> None:
    """Have the kernel add a theorem of the wanted type whose proof is the constant `theorem`. Raises Refused."""
    parameters = list(items(field(_constant(wanted), 1)))
    levels = lean.list([lean.call("lean_level_mk_param", one) for one in parameters])
    key = lean.call("lean_name_mk_string", box(0), lean.string(_STMT_OK))
    constant = lean.constructor(0, [key, field(_constant(wanted), 1), _type(wanted)])
    value = lean.call("lean_expr_mk_const", theorem, levels)
    declaration = lean.constructor(2, [lean.constructor(0, [constant, value, lean.list([key])])])
    no_heartbeats, depth, no_cancelling = Size(0), Size(_MAX_DEPTH), box(0)
    result = lean.call("lean_add_decl", environment, no_heartbeats, depth, declaration, no_cancelling)
    if tag(result) != 1:
        raise Refused("statement_mismatch", "the kernel refuses the theorem as a proof of the locked statement")


def library(path: str) -> ctypes.CDLL:
    """Load and initialise Lean in this process. Once per process: two of them cannot live in one."""
    loaded = ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
    loaded.lean_initialize.restype = None
    loaded.lean_initialize()
    return loaded
