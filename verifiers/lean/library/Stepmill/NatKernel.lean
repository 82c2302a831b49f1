prelude
import Stepmill.NatDiv
/-!
# Natural numbers: the remaining functions that the kernel computes by name

Lean's kernel evaluates `Nat.add sub mul div mod pow gcd log2 land lor xor shiftLeft shiftRight beq ble` on literals with big-number
arithmetic and looks at nothing but the name. Whoever could define one of these names otherwise would have a proof of `False`, so
this library defines them all, rightly; the examples compare each definition, unfolded, with what the kernel computes.
-/
set_option autoImplicit false
namespace Nat
/-! ## Greatest common divisor, by Euclid; `m` is enough fuel, because `n % m < m` -/
def gcdFuel : Nat → Nat → Nat → Nat
  | 0, _, n => n
  | fuel + 1, m, n => if m = 0 then n else gcdFuel fuel (n % m) m
@[extern "lean_nat_gcd"] def gcd (m n : @& Nat) : Nat := gcdFuel m m n
@[simp] theorem gcd_zero_left (n : Nat) : gcd 0 n = n := rfl

/-! ## Bits; a number has fewer bits than its own size -/
def log2Fuel : Nat → Nat → Nat
  | 0, _ => 0
  | fuel + 1, n => if n < 2 then 0 else log2Fuel fuel (n / 2) + 1
@[extern "lean_nat_log2"] def log2 (n : @& Nat) : Nat := log2Fuel n n
def bitwiseFuel (f : Bool → Bool → Bool) : Nat → Nat → Nat → Nat
  | 0, _, _ => 0
  | fuel + 1, m, n =>
    cond (f (decide (m % 2 = 1)) (decide (n % 2 = 1))) 1 0 + 2 * bitwiseFuel f fuel (m / 2) (n / 2)
@[extern "lean_nat_land"] def land (m n : @& Nat) : Nat := bitwiseFuel and (m + n) m n
@[extern "lean_nat_lor"] def lor (m n : @& Nat) : Nat := bitwiseFuel or (m + n) m n
@[extern "lean_nat_lxor"] def xor (m n : @& Nat) : Nat := bitwiseFuel Bool.xor (m + n) m n
@[extern "lean_nat_shiftl"] def shiftLeft (m n : @& Nat) : Nat := m * 2 ^ n
@[extern "lean_nat_shiftr"] def shiftRight (m n : @& Nat) : Nat := m / 2 ^ n

/-! ## The definitions agree with the kernel -/
example : ∀ m < 9, ∀ n < 9, gcdFuel m m n = gcd m n := by decide
example : ∀ n < 40, log2Fuel n n = log2 n := by decide
example : ∀ m < 9, ∀ n < 9, bitwiseFuel and (m + n) m n = land m n := by decide
example : ∀ m < 9, ∀ n < 9, bitwiseFuel or (m + n) m n = lor m n := by decide
example : ∀ m < 9, ∀ n < 9, bitwiseFuel Bool.xor (m + n) m n = xor m n := by decide
example : ∀ m < 9, ∀ n < 9, divFuel m m n = m / n ∧ modFuel m m n = m % n := by decide
example : ∀ m < 9, ∀ n < 9, m * 2 ^ n = shiftLeft m n ∧ m / 2 ^ n = shiftRight m n := by decide
end Nat
