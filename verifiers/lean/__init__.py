"""Formal proofs: is this Lean text a proof of the locked statement, from allowed axioms only? By the real kernel, failing closed.

`check.check_proofs` is the way in; `rows` what goes in and comes out; `judgement.by_axioms` the one place that says `verified`.
Backends: `native` (Lean 4.35 from a wheel, with the library in `library/`), `lake` (a user's project, any version, Mathlib), and
`repl` (REPL, LeanInteract, Kimina) which only screens. `statement` locks the statement and says why no proof can bend it, `scan`
is the gate before anything is compiled, `kernel` with `objects` replays compiled proofs, `fork_server`, `process`, `launch` and
`walls` run Lean; `modules` compiles the library; `messages` and `goals` read what Lean prints. While a run goes on, `route`
gathers what is asked: `states` of scripts, and proofs that `screen` looks through in one file (`shared`) before each is checked.

The tests hold the traps that the embedded library can express (tests/verifiers/lean/test_traps.py). These it cannot, for want of
a compiler, of IO and of the types of syntax trees and elaborators; with what stops each, by backend:

- `native_decide`, `decide +native`: every use makes an axiom of its own, outside the allow-list. Needs lake to be seen.
- `debug.skipKernelTC` in an `elab` or a macro: the gate refuses both; lake needs leanchecker; the native replay.
- `#eval` of IO, `initialize`, `run_cmd`, `run_tac`: the gate in a proof, the walls around every process for a header.
- A macro that turns `#print axioms` into something else: natively axioms are read after the replay, without a command; in a
  Lake project the gate leaves a proof no macro.
- An imported macro, notation or instance that bends the second file: natively the statement is compiled where the proof has never
  been, and the kernel compares constants, so that nothing imported from the proof is ever parsed with. In a Lake project the
  gate leaves a proof no command; against a *library* that is itself hostile comparator closes it, which exports the trusted and
  the submitted module and compares them outside of Lean.
- A module file written by code that runs while Lean compiles: the native replay, in a process that has not run the proof; lake
  needs leanchecker.
- Bugs of the kernel (lean4#14576, lean4#14484): a recent toolchain, and comparator with a second kernel (nanoda).

A header is trusted: it may define what the statement needs, not redefine what the statement says without it (`statement`).
"""
