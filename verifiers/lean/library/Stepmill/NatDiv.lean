prelude
import Stepmill.NatSimp
/-!
# Natural numbers: division, remainder, divisibility, parity

`Nat.div` and `Nat.mod` are among the functions that Lean's kernel computes with big numbers when both arguments are literals, so
their definitions must agree with floor division, `n / 0 = 0` and `n % 0 = n`: `div_add_mod`, `mod_lt`, `div_zero` and `mod_zero`
below prove that they do.
-/
set_option autoImplicit false
namespace Nat
/-! ## Division and remainder
By repeated subtraction. The first argument is fuel, so that the recursion is structural; `n` is enough fuel for `n / m`. -/
def divFuel : Nat → Nat → Nat → Nat
  | 0, _, _ => 0
  | fuel + 1, n, m => if 0 < m ∧ m ≤ n then divFuel fuel (n - m) m + 1 else 0
def modFuel : Nat → Nat → Nat → Nat
  | 0, n, _ => n
  | fuel + 1, n, m => if 0 < m ∧ m ≤ n then modFuel fuel (n - m) m else n
@[extern "lean_nat_div"] protected def div (n m : @& Nat) : Nat := divFuel n n m
@[extern "lean_nat_mod"] protected def mod (n m : @& Nat) : Nat := modFuel n n m
instance instDivNat : Div Nat := ⟨Nat.div⟩
instance instModNat : Mod Nat := ⟨Nat.mod⟩

theorem divFuel_modFuel (fuel n m : Nat) : m * divFuel fuel n m + modFuel fuel n m = n := by
  induction fuel generalizing n with
  | zero => exact Nat.zero_add n
  | succ fuel ih =>
    unfold divFuel modFuel
    by_cases h : 0 < m ∧ m ≤ n
    · rw [if_pos h, if_pos h, mul_add_one, Nat.add_right_comm, ih, Nat.sub_add_cancel h.2]
    · rw [if_neg h, if_neg h, Nat.mul_zero, Nat.zero_add]
theorem modFuel_lt (fuel n m : Nat) (h : n ≤ fuel) (hm : 0 < m) : modFuel fuel n m < m := by
  induction fuel generalizing n with
  | zero => rw [eq_zero_of_le_zero h]; exact hm
  | succ fuel ih =>
    unfold modFuel
    by_cases c : 0 < m ∧ m ≤ n
    · rw [if_pos c]
      exact ih (n - m) (le_of_lt_succ (Nat.lt_of_lt_of_le (sub_lt (Nat.lt_of_lt_of_le hm c.2) hm) h))
    · rw [if_neg c]
      exact Nat.not_le.mp fun l => c ⟨hm, l⟩
theorem div_add_mod (n m : Nat) : m * (n / m) + n % m = n := divFuel_modFuel n n m
theorem mod_add_div (n m : Nat) : n % m + m * (n / m) = n := by rw [Nat.add_comm, div_add_mod]
theorem mod_lt (n : Nat) {m : Nat} (h : m > 0) : n % m < m := modFuel_lt n n m (Nat.le_refl n) h
@[simp] protected theorem zero_div (m : Nat) : 0 / m = 0 := rfl
@[simp] protected theorem zero_mod (m : Nat) : 0 % m = 0 := rfl
@[simp] protected theorem div_zero (n : Nat) : n / 0 = 0 := by
  cases n with
  | zero => rfl
  | succ n =>
    show (if 0 < 0 ∧ 0 ≤ n + 1 then divFuel n (n + 1 - 0) 0 + 1 else 0) = 0
    exact if_neg fun h => Nat.lt_irrefl 0 h.1
@[simp] protected theorem mod_zero (n : Nat) : n % 0 = n := by
  have h := div_add_mod n 0
  rw [Nat.zero_mul, Nat.zero_add] at h
  exact h
/-- Quotient and remainder are the only pair that fits. -/
theorem div_mod_unique {n m q r : Nat} (h : m * q + r = n) (hr : r < m) : n / m = q ∧ n % m = r := by
  have hm : 0 < m := Nat.lt_of_le_of_lt (zero_le r) hr
  have key : ∀ {q q' r r' : Nat}, r < m → m * q + r = m * q' + r' → q ≤ q' → r' < m → q' ≤ q := by
    intro q q' r r' hr e _ _
    apply Nat.not_lt.mp
    intro l
    have big : m * q + m ≤ m * q' := mul_le_mul_left m l
    have small : m * q' + r' < m * q + m := e ▸ Nat.add_lt_add_left hr (m * q)
    exact Nat.lt_irrefl _ (Nat.lt_of_le_of_lt (Nat.le_trans big (le_add_right _ r')) small)
  have e : m * (n / m) + n % m = m * q + r := (div_add_mod n m).trans h.symm
  have hq : n / m = q := by
    rcases Nat.le_total (n / m) q with l | l
    · exact Nat.le_antisymm l (key (mod_lt n hm) e l hr)
    · exact Nat.le_antisymm (key hr e.symm l (mod_lt n hm)) l
  refine ⟨hq, ?_⟩
  rw [hq] at e
  exact Nat.add_left_cancel e
theorem mod_eq_of_lt {n m : Nat} (h : n < m) : n % m = n :=
  (div_mod_unique (q := 0) (by rw [Nat.mul_zero, Nat.zero_add]) h).2
theorem div_eq_of_lt {n m : Nat} (h : n < m) : n / m = 0 :=
  (div_mod_unique (r := n) (by rw [Nat.mul_zero, Nat.zero_add]) h).1
@[simp] theorem mod_self (n : Nat) : n % n = 0 := by
  rcases eq_zero_or_pos n with e | h
  · rw [e]; rfl
  · exact (div_mod_unique (q := 1) (by rw [Nat.mul_one, Nat.add_zero]) h).2
protected theorem div_self {n : Nat} (h : 0 < n) : n / n = 1 :=
  (div_mod_unique (r := 0) (by rw [Nat.mul_one, Nat.add_zero]) h).1
@[simp] protected theorem div_one (n : Nat) : n / 1 = n :=
  (div_mod_unique (r := 0) (by rw [Nat.one_mul, Nat.add_zero]) Nat.zero_lt_one).1
@[simp] theorem mod_one (n : Nat) : n % 1 = 0 :=
  (div_mod_unique (q := n) (by rw [Nat.one_mul, Nat.add_zero]) Nat.zero_lt_one).2
@[simp] theorem mul_mod_right (n m : Nat) : n * m % n = 0 := by
  rcases eq_zero_or_pos n with e | h
  · rw [e, Nat.zero_mul]; rfl
  · exact (div_mod_unique (Nat.add_zero _) h).2
@[simp] theorem mul_mod_left (n m : Nat) : m * n % n = 0 := by rw [Nat.mul_comm, mul_mod_right]
protected theorem mul_div_cancel_left (m : Nat) {n : Nat} (h : 0 < n) : n * m / n = m :=
  (div_mod_unique (Nat.add_zero _) h).1
protected theorem mul_div_cancel (m : Nat) {n : Nat} (h : 0 < n) : m * n / n = m := by
  rw [Nat.mul_comm, Nat.mul_div_cancel_left m h]
@[simp] theorem add_mul_mod_self_left (a b n : Nat) : (a + n * b) % n = a % n := by
  rcases eq_zero_or_pos n with e | h
  · rw [e, Nat.zero_mul, Nat.add_zero]
  · refine (div_mod_unique (q := a / n + b) ?_ (mod_lt a h)).2
    rw [Nat.mul_add, Nat.add_right_comm, div_add_mod]
@[simp] theorem add_mod_right (a n : Nat) : (a + n) % n = a % n := by
  have h := add_mul_mod_self_left a 1 n
  rw [Nat.mul_one] at h
  exact h
@[simp] theorem mod_mod (a n : Nat) : a % n % n = a % n := by
  rcases eq_zero_or_pos n with e | h
  · rw [e, Nat.mod_zero]
  · exact mod_eq_of_lt (mod_lt a h)
theorem add_mod (a b n : Nat) : (a + b) % n = (a % n + b % n) % n := by
  have h : a + b = a % n + b % n + n * (a / n + b / n) := by
    rw [Nat.mul_add, Nat.add_add_add_comm, mod_add_div, mod_add_div]
  rw [h, add_mul_mod_self_left]
theorem mul_mod (a b n : Nat) : a * b % n = a % n * (b % n) % n := by
  have h : a * b = a % n * (b % n) + n * (a / n * b + a % n * (b / n)) := by
    rw [Nat.mul_add, Nat.mul_left_comm n (a % n), Nat.add_comm (n * _), ← Nat.add_assoc, ← Nat.mul_add, mod_add_div,
      ← Nat.mul_assoc, ← Nat.add_mul, mod_add_div]
  rw [h, add_mul_mod_self_left]
theorem mod_two_eq_zero_or_one (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  have h : n % 2 < 2 := mod_lt n (zero_lt_succ 1)
  rcases Nat.eq_or_lt_of_le (le_of_lt_succ h) with e | l
  · exact .inr e
  · exact .inl (eq_zero_of_le_zero (le_of_lt_succ l))

/-! ## Divisibility -/
instance instDvdNat : Dvd Nat := ⟨fun a b => ∃ c, b = a * c⟩
protected theorem dvd_def {a b : Nat} : a ∣ b ↔ ∃ c, b = a * c := Iff.rfl
@[simp, refl] protected theorem dvd_refl (a : Nat) : a ∣ a := ⟨1, (Nat.mul_one a).symm⟩
@[simp] protected theorem dvd_zero (a : Nat) : a ∣ 0 := ⟨0, rfl⟩
@[simp] protected theorem one_dvd (a : Nat) : 1 ∣ a := ⟨a, (Nat.one_mul a).symm⟩
@[simp] protected theorem dvd_mul_right (a b : Nat) : a ∣ a * b := ⟨b, rfl⟩
@[simp] protected theorem dvd_mul_left (a b : Nat) : a ∣ b * a := ⟨b, Nat.mul_comm b a⟩
protected theorem dvd_trans {a b c : Nat} (h : a ∣ b) (k : b ∣ c) : a ∣ c := by
  obtain ⟨x, rfl⟩ := h
  obtain ⟨y, rfl⟩ := k
  exact ⟨x * y, Nat.mul_assoc a x y⟩
instance : Trans (α := Nat) (β := Nat) (γ := Nat) Dvd.dvd Dvd.dvd Dvd.dvd := ⟨Nat.dvd_trans⟩
protected theorem dvd_add {a b c : Nat} (h : a ∣ b) (k : a ∣ c) : a ∣ b + c := by
  obtain ⟨x, rfl⟩ := h
  obtain ⟨y, rfl⟩ := k
  exact ⟨x + y, (Nat.mul_add a x y).symm⟩
theorem dvd_mul_right_of_dvd {a b : Nat} (h : a ∣ b) (c : Nat) : a ∣ b * c := Nat.dvd_trans h (Nat.dvd_mul_right b c)
theorem dvd_mul_left_of_dvd {a b : Nat} (h : a ∣ b) (c : Nat) : a ∣ c * b := Nat.dvd_trans h (Nat.dvd_mul_left b c)
protected theorem eq_zero_of_zero_dvd {a : Nat} (h : 0 ∣ a) : a = 0 := by
  obtain ⟨c, rfl⟩ := h
  exact Nat.zero_mul c
theorem le_of_dvd {a b : Nat} (hb : 0 < b) (h : a ∣ b) : a ≤ b := by
  obtain ⟨c, rfl⟩ := h
  cases c with
  | zero => exact absurd hb (Nat.lt_irrefl 0)
  | succ c => exact le_add_left a (a * c)
protected theorem dvd_antisymm {a b : Nat} (h : a ∣ b) (k : b ∣ a) : a = b := by
  rcases eq_zero_or_pos a with e | ha
  · rw [e] at h ⊢; exact (Nat.eq_zero_of_zero_dvd h).symm
  · rcases eq_zero_or_pos b with e | hb
    · rw [e] at k ⊢; exact Nat.eq_zero_of_zero_dvd k
    · exact Nat.le_antisymm (le_of_dvd hb h) (le_of_dvd ha k)
theorem mod_eq_zero_of_dvd {a b : Nat} (h : a ∣ b) : b % a = 0 := by
  obtain ⟨c, rfl⟩ := h
  exact mul_mod_right a c
theorem dvd_of_mod_eq_zero {a b : Nat} (h : b % a = 0) : a ∣ b := by
  refine ⟨b / a, ?_⟩
  have e := div_add_mod b a
  rw [h, Nat.add_zero] at e
  exact e.symm
theorem dvd_iff_mod_eq_zero {a b : Nat} : a ∣ b ↔ b % a = 0 := ⟨mod_eq_zero_of_dvd, dvd_of_mod_eq_zero⟩
instance decidable_dvd (a b : Nat) : Decidable (a ∣ b) :=
  if h : b % a = 0 then isTrue (dvd_of_mod_eq_zero h) else isFalse fun d => h (mod_eq_zero_of_dvd d)
protected theorem mul_div_cancel' {a b : Nat} (h : a ∣ b) : a * (b / a) = b := by
  have e := div_add_mod b a
  rw [mod_eq_zero_of_dvd h, Nat.add_zero] at e
  exact e
protected theorem dvd_add_right {a b c : Nat} (h : a ∣ b) : a ∣ b + c ↔ a ∣ c := by
  constructor
  · intro k
    apply dvd_of_mod_eq_zero
    have e := mod_eq_zero_of_dvd k
    rw [Nat.add_comm] at e
    obtain ⟨x, rfl⟩ := h
    rw [add_mul_mod_self_left] at e
    exact e
  · exact Nat.dvd_add h

/-! ## Even and odd -/
def Even (n : Nat) : Prop := ∃ k, n = k + k
def Odd (n : Nat) : Prop := ∃ k, n = 2 * k + 1
theorem even_iff {n : Nat} : Even n ↔ n % 2 = 0 := by
  constructor
  · rintro ⟨k, rfl⟩
    rw [← two_mul, mul_mod_right]
  · intro h
    obtain ⟨k, e⟩ := dvd_of_mod_eq_zero h
    exact ⟨k, by rw [e, two_mul]⟩
theorem odd_iff {n : Nat} : Odd n ↔ n % 2 = 1 := by
  constructor
  · rintro ⟨k, rfl⟩
    rw [Nat.add_comm, add_mul_mod_self_left]
    rfl
  · intro h
    have e := div_add_mod n 2
    rw [h] at e
    exact ⟨n / 2, e.symm⟩
theorem even_or_odd (n : Nat) : Even n ∨ Odd n := (mod_two_eq_zero_or_one n).imp even_iff.mpr odd_iff.mpr
theorem not_even_iff_odd {n : Nat} : ¬Even n ↔ Odd n := by
  constructor
  · exact (even_or_odd n).resolve_left
  · intro h k
    have e := (even_iff.mp k).symm.trans (odd_iff.mp h)
    exact absurd e (zero_ne_add_one 0)
instance (n : Nat) : Decidable (Even n) := decidable_of_iff' even_iff
instance (n : Nat) : Decidable (Odd n) := decidable_of_iff' odd_iff
theorem Even.add {a b : Nat} (h : Even a) (k : Even b) : Even (a + b) := by
  obtain ⟨x, rfl⟩ := h
  obtain ⟨y, rfl⟩ := k
  exact ⟨x + y, Nat.add_add_add_comm x x y y⟩
theorem Even.mul_left {a : Nat} (h : Even a) (b : Nat) : Even (b * a) := by
  obtain ⟨x, rfl⟩ := h
  exact ⟨b * x, Nat.mul_add b x x⟩
theorem Odd.add_odd {a b : Nat} (h : Odd a) (k : Odd b) : Even (a + b) := by
  obtain ⟨x, rfl⟩ := h
  obtain ⟨y, rfl⟩ := k
  refine ⟨x + y + 1, ?_⟩
  rw [two_mul, two_mul, Nat.add_add_add_comm, Nat.add_add_add_comm x x, Nat.add_add_add_comm (x + y) 1]
theorem Even.succ {a : Nat} (h : Even a) : Odd (a + 1) := by
  obtain ⟨x, rfl⟩ := h
  exact ⟨x, by rw [two_mul]⟩
end Nat
