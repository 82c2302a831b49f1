prelude
import Stepmill.Nat
/-!
# Natural numbers: order, subtraction, minimum and maximum, strong induction
-/
set_option autoImplicit false
universe u
namespace Nat
/-! ## Order -/
@[simp, refl] protected theorem le_refl (n : Nat) : n ≤ n := Nat.le.refl
protected theorem le_rfl {n : Nat} : n ≤ n := Nat.le.refl
attribute [simp] zero_le
theorem le_succ (n : Nat) : n ≤ succ n := .step .refl
theorem le_step {n m : Nat} (h : n ≤ m) : n ≤ succ m := .step h
protected theorem le_trans {n m k : Nat} (h : n ≤ m) (l : m ≤ k) : n ≤ k := l.rec h (fun _ ih => le_step ih)
instance : Trans (α := Nat) (β := Nat) (γ := Nat) LE.le LE.le LE.le := ⟨Nat.le_trans⟩
theorem le_of_succ_le {n m : Nat} (h : succ n ≤ m) : n ≤ m := Nat.le_trans (le_succ n) h
theorem pred_le_pred {n m : Nat} (h : n ≤ m) : pred n ≤ pred m := by
  cases h with
  | refl => exact Nat.le_refl _
  | @step m h =>
    cases n with
    | zero => exact h
    | succ n => exact le_of_succ_le h
theorem le_of_succ_le_succ {n m : Nat} (h : succ n ≤ succ m) : n ≤ m := pred_le_pred h
protected theorem succ_le_succ_iff {n m : Nat} : succ n ≤ succ m ↔ n ≤ m := ⟨le_of_succ_le_succ, succ_le_succ⟩
theorem not_succ_le_zero (n : Nat) : ¬succ n ≤ 0 := fun h => by cases h
theorem not_succ_le_self (n : Nat) : ¬succ n ≤ n := by
  induction n with
  | zero => exact not_succ_le_zero 0
  | succ n ih => exact fun h => ih (le_of_succ_le_succ h)
protected theorem lt_irrefl (n : Nat) : ¬n < n := not_succ_le_self n
protected theorem le_of_lt {n m : Nat} (h : n < m) : n ≤ m := le_of_succ_le h
protected theorem le_of_eq {n m : Nat} (h : n = m) : n ≤ m := h ▸ Nat.le_refl n
protected theorem lt_of_lt_of_le {n m k : Nat} (h : n < m) (l : m ≤ k) : n < k := Nat.le_trans h l
protected theorem lt_of_le_of_lt {n m k : Nat} (h : n ≤ m) (l : m < k) : n < k := Nat.le_trans (succ_le_succ h) l
protected theorem lt_trans {n m k : Nat} (h : n < m) (l : m < k) : n < k := Nat.lt_of_lt_of_le h (Nat.le_of_lt l)
instance : Trans (α := Nat) (β := Nat) (γ := Nat) LT.lt LT.lt LT.lt := ⟨Nat.lt_trans⟩
instance : Trans (α := Nat) (β := Nat) (γ := Nat) LT.lt LE.le LT.lt := ⟨Nat.lt_of_lt_of_le⟩
instance : Trans (α := Nat) (β := Nat) (γ := Nat) LE.le LT.lt LT.lt := ⟨Nat.lt_of_le_of_lt⟩
theorem lt_succ_self (n : Nat) : n < succ n := Nat.le_refl _
protected theorem lt_add_one (n : Nat) : n < n + 1 := Nat.le_refl _
theorem lt_succ_of_le {n m : Nat} (h : n ≤ m) : n < succ m := succ_le_succ h
theorem le_of_lt_succ {n m : Nat} (h : n < succ m) : n ≤ m := le_of_succ_le_succ h
theorem lt_succ {n m : Nat} : n < succ m ↔ n ≤ m := ⟨le_of_lt_succ, lt_succ_of_le⟩
theorem lt_add_one_iff {n m : Nat} : n < m + 1 ↔ n ≤ m := lt_succ
theorem succ_le_of_lt {n m : Nat} (h : n < m) : succ n ≤ m := h
theorem lt_of_succ_le {n m : Nat} (h : succ n ≤ m) : n < m := h
theorem succ_le {n m : Nat} : succ n ≤ m ↔ n < m := Iff.rfl
theorem add_one_le_iff {n m : Nat} : n + 1 ≤ m ↔ n < m := Iff.rfl
theorem zero_lt_succ (n : Nat) : 0 < succ n := succ_le_succ (zero_le n)
@[simp] theorem zero_lt_add_one (n : Nat) : 0 < n + 1 := zero_lt_succ n
protected theorem succ_pos (n : Nat) : 0 < succ n := zero_lt_succ n
protected theorem zero_lt_one : 0 < 1 := zero_lt_succ 0
@[simp] theorem not_lt_zero (n : Nat) : ¬n < 0 := not_succ_le_zero n
protected theorem le_antisymm {n m : Nat} (h : n ≤ m) (k : m ≤ n) : n = m := by
  cases h with
  | refl => rfl
  | step h => exact absurd (Nat.lt_of_le_of_lt k (lt_succ_of_le h)) (Nat.lt_irrefl _)
protected theorem le_antisymm_iff {n m : Nat} : n = m ↔ n ≤ m ∧ m ≤ n :=
  ⟨fun h => ⟨Nat.le_of_eq h, Nat.le_of_eq h.symm⟩, fun h => Nat.le_antisymm h.1 h.2⟩
protected theorem eq_or_lt_of_le {n m : Nat} (h : n ≤ m) : n = m ∨ n < m := by
  cases h with
  | refl => exact .inl rfl
  | step h => exact .inr (succ_le_succ h)
protected theorem lt_or_ge (n m : Nat) : n < m ∨ n ≥ m := by
  induction m with
  | zero => exact .inr (zero_le n)
  | succ m ih =>
    rcases ih with h | h
    · exact .inl (le_step h)
    · rcases Nat.eq_or_lt_of_le h with e | l
      · exact .inl (e ▸ Nat.le_refl _)
      · exact .inr l
protected theorem le_total (n m : Nat) : n ≤ m ∨ m ≤ n := (Nat.lt_or_ge n m).imp Nat.le_of_lt id
protected theorem lt_trichotomy (n m : Nat) : n < m ∨ n = m ∨ m < n := by
  rcases Nat.lt_or_ge n m with h | h
  · exact .inl h
  · rcases Nat.eq_or_lt_of_le h with e | l
    · exact .inr (.inl e.symm)
    · exact .inr (.inr l)
protected theorem not_le_of_gt {n m : Nat} (h : n > m) : ¬n ≤ m := fun k => Nat.lt_irrefl _ (Nat.lt_of_le_of_lt k h)
protected theorem not_lt_of_ge {n m : Nat} (h : n ≥ m) : ¬n < m := fun k => Nat.lt_irrefl _ (Nat.lt_of_le_of_lt h k)
@[simp] protected theorem not_le {n m : Nat} : ¬n ≤ m ↔ m < n :=
  ⟨fun h => (Nat.lt_or_ge m n).elim id fun k => (h k).elim, Nat.not_le_of_gt⟩
@[simp] protected theorem not_lt {n m : Nat} : ¬n < m ↔ m ≤ n :=
  ⟨fun h => (Nat.lt_or_ge n m).elim (fun k => (h k).elim) id, Nat.not_lt_of_ge⟩
protected theorem ne_of_lt {n m : Nat} (h : n < m) : n ≠ m := fun e => Nat.lt_irrefl n (e ▸ h)
protected theorem ne_of_gt {n m : Nat} (h : m < n) : n ≠ m := fun e => Nat.lt_irrefl m (e ▸ h)
protected theorem lt_of_le_of_ne {n m : Nat} (h : n ≤ m) (k : n ≠ m) : n < m := (Nat.eq_or_lt_of_le h).resolve_left k
protected theorem lt_iff_le_and_ne {n m : Nat} : n < m ↔ n ≤ m ∧ n ≠ m :=
  ⟨fun h => ⟨Nat.le_of_lt h, Nat.ne_of_lt h⟩, fun h => Nat.lt_of_le_of_ne h.1 h.2⟩
protected theorem pos_of_ne_zero {n : Nat} (h : n ≠ 0) : 0 < n := by
  cases n with
  | zero => exact absurd rfl h
  | succ n => exact zero_lt_succ n
protected theorem pos_iff_ne_zero {n : Nat} : 0 < n ↔ n ≠ 0 := ⟨Nat.ne_of_gt, Nat.pos_of_ne_zero⟩
theorem eq_zero_of_le_zero {n : Nat} (h : n ≤ 0) : n = 0 := Nat.le_antisymm h (zero_le n)
@[simp] protected theorem le_zero_eq (n : Nat) : (n ≤ 0) = (n = 0) := propext ⟨eq_zero_of_le_zero, Nat.le_of_eq⟩
theorem eq_zero_or_pos (n : Nat) : n = 0 ∨ 0 < n := by
  cases n with
  | zero => exact .inl rfl
  | succ n => exact .inr (zero_lt_succ n)

/-! ## Order and arithmetic -/
@[simp] theorem le_add_right (n k : Nat) : n ≤ n + k := by
  induction k with
  | zero => exact Nat.le_refl n
  | succ k ih => exact le_step ih
@[simp] theorem le_add_left (n k : Nat) : n ≤ k + n := Nat.add_comm n k ▸ le_add_right n k
theorem le_add_right_of_le {n m k : Nat} (h : n ≤ m) : n ≤ m + k := Nat.le_trans h (le_add_right m k)
theorem le.dest {n m : Nat} (h : n ≤ m) : ∃ k, n + k = m := by
  induction h with
  | refl => exact ⟨0, rfl⟩
  | step _ ih =>
    obtain ⟨k, rfl⟩ := ih
    exact ⟨k + 1, rfl⟩
theorem le.intro {n m k : Nat} (h : n + k = m) : n ≤ m := h ▸ le_add_right n k
theorem le_iff_exists_add {n m : Nat} : n ≤ m ↔ ∃ k, n + k = m := ⟨le.dest, fun ⟨_, h⟩ => le.intro h⟩
protected theorem add_le_add_left {n m : Nat} (h : n ≤ m) (k : Nat) : k + n ≤ k + m := by
  obtain ⟨d, rfl⟩ := le.dest h
  rw [← Nat.add_assoc]
  exact le_add_right _ _
protected theorem add_le_add_right {n m : Nat} (h : n ≤ m) (k : Nat) : n + k ≤ m + k := by
  rw [Nat.add_comm n, Nat.add_comm m]
  exact Nat.add_le_add_left h k
protected theorem add_le_add {a b c d : Nat} (h : a ≤ b) (k : c ≤ d) : a + c ≤ b + d :=
  Nat.le_trans (Nat.add_le_add_right h c) (Nat.add_le_add_left k b)
protected theorem add_lt_add_left {n m : Nat} (h : n < m) (k : Nat) : k + n < k + m := Nat.add_le_add_left h k
protected theorem add_lt_add_right {n m : Nat} (h : n < m) (k : Nat) : n + k < m + k := by
  rw [Nat.add_comm n, Nat.add_comm m]
  exact Nat.add_lt_add_left h k
protected theorem add_lt_add {a b c d : Nat} (h : a < b) (k : c < d) : a + c < b + d :=
  Nat.lt_trans (Nat.add_lt_add_right h c) (Nat.add_lt_add_left k b)
protected theorem le_of_add_le_add_left {a b c : Nat} (h : a + b ≤ a + c) : b ≤ c := by
  obtain ⟨d, e⟩ := le.dest h
  rw [Nat.add_assoc] at e
  exact le.intro (Nat.add_left_cancel e)
protected theorem le_of_add_le_add_right {a b c : Nat} (h : b + a ≤ c + a) : b ≤ c := by
  rw [Nat.add_comm b, Nat.add_comm c] at h
  exact Nat.le_of_add_le_add_left h
@[simp] protected theorem add_le_add_iff_left {a b c : Nat} : a + b ≤ a + c ↔ b ≤ c :=
  ⟨Nat.le_of_add_le_add_left, fun h => Nat.add_le_add_left h a⟩
@[simp] protected theorem add_le_add_iff_right {a b c : Nat} : b + a ≤ c + a ↔ b ≤ c :=
  ⟨Nat.le_of_add_le_add_right, fun h => Nat.add_le_add_right h a⟩
theorem lt_add_of_pos_right {n k : Nat} (h : 0 < k) : n < n + k := Nat.add_lt_add_left h n
@[simp] theorem lt_add_right_iff_pos {n k : Nat} : n < n + k ↔ 0 < k :=
  ⟨fun h => Nat.le_of_add_le_add_left (a := n) h, lt_add_of_pos_right⟩
@[simp] protected theorem add_lt_add_iff_left {a b c : Nat} : a + b < a + c ↔ b < c :=
  Nat.add_le_add_iff_left (a := a) (b := b + 1)
@[simp] protected theorem add_lt_add_iff_right {a b c : Nat} : b + a < c + a ↔ b < c := by
  rw [Nat.add_comm b, Nat.add_comm c, Nat.add_lt_add_iff_left]
theorem mul_le_mul {a b c d : Nat} (h : a ≤ b) (k : c ≤ d) : a * c ≤ b * d := by
  obtain ⟨x, rfl⟩ := le.dest h
  obtain ⟨y, rfl⟩ := le.dest k
  rw [Nat.add_mul, Nat.mul_add, Nat.add_assoc]
  exact le_add_right _ _
theorem mul_le_mul_left {n m : Nat} (k : Nat) (h : n ≤ m) : k * n ≤ k * m := mul_le_mul (Nat.le_refl k) h
theorem mul_le_mul_right {n m : Nat} (k : Nat) (h : n ≤ m) : n * k ≤ m * k := mul_le_mul h (Nat.le_refl k)
protected theorem mul_pos {n m : Nat} (h : 0 < n) (k : 0 < m) : 0 < n * m :=
  Nat.pos_of_ne_zero (Nat.mul_ne_zero (Nat.ne_of_gt h) (Nat.ne_of_gt k))
protected theorem mul_lt_mul_of_pos_left {n m k : Nat} (h : n < m) (hk : 0 < k) : k * n < k * m :=
  Nat.lt_of_lt_of_le (lt_add_of_pos_right hk) (mul_le_mul_left k h)
protected theorem eq_of_mul_eq_mul_left {a b c : Nat} (ha : 0 < a) (h : a * b = a * c) : b = c := by
  rcases Nat.lt_trichotomy b c with l | e | l
  · exact absurd h (Nat.ne_of_lt (Nat.mul_lt_mul_of_pos_left l ha))
  · exact e
  · exact absurd h (Nat.ne_of_gt (Nat.mul_lt_mul_of_pos_left l ha))
protected theorem pow_pos {b : Nat} (h : 0 < b) {n : Nat} : 0 < b ^ n := by
  induction n with
  | zero => exact Nat.zero_lt_one
  | succ n ih => exact Nat.mul_pos ih h
protected theorem pow_le_pow_left {a b : Nat} (h : a ≤ b) (n : Nat) : a ^ n ≤ b ^ n := by
  induction n with
  | zero => exact Nat.le_refl 1
  | succ n ih => exact mul_le_mul ih h
protected theorem lt_two_pow_self {n : Nat} : n < 2 ^ n := by
  induction n with
  | zero => exact Nat.zero_lt_one
  | succ n ih =>
    rw [Nat.pow_add_one, Nat.mul_two]
    exact Nat.lt_of_lt_of_le (Nat.add_lt_add_right ih 1) (Nat.add_le_add_left (Nat.pow_pos (zero_lt_succ 1)) _)

/-! ## Subtraction, which stops at `0` -/
@[simp] protected theorem sub_zero (n : Nat) : n - 0 = n := rfl
theorem sub_succ (n m : Nat) : n - succ m = pred (n - m) := rfl
@[simp] protected theorem zero_sub (n : Nat) : 0 - n = 0 := by
  induction n with
  | zero => rfl
  | succ n ih => exact congrArg pred ih
theorem succ_sub_succ_eq_sub (n m : Nat) : succ n - succ m = n - m := by
  induction m with
  | zero => rfl
  | succ m ih => exact congrArg pred ih
@[simp] theorem add_one_sub_add_one (n m : Nat) : n + 1 - (m + 1) = n - m := succ_sub_succ_eq_sub n m
@[simp] protected theorem sub_self (n : Nat) : n - n = 0 := by
  induction n with
  | zero => rfl
  | succ n ih => rw [add_one_sub_add_one, ih]
@[simp] theorem add_one_sub_one (n : Nat) : n + 1 - 1 = n := rfl
@[simp] protected theorem add_sub_cancel (n m : Nat) : n + m - m = n := by
  induction m with
  | zero => rfl
  | succ m ih =>
    show n + m + 1 - (m + 1) = n
    rw [add_one_sub_add_one, ih]
@[simp] protected theorem add_sub_cancel_left (n m : Nat) : n + m - n = m := by rw [Nat.add_comm, Nat.add_sub_cancel]
protected theorem sub_add_cancel {n m : Nat} (h : m ≤ n) : n - m + m = n := by
  obtain ⟨k, rfl⟩ := le.dest h
  rw [Nat.add_sub_cancel_left, Nat.add_comm]
protected theorem add_sub_of_le {n m : Nat} (h : n ≤ m) : n + (m - n) = m := by rw [Nat.add_comm, Nat.sub_add_cancel h]
theorem sub_le (n m : Nat) : n - m ≤ n := by
  induction m with
  | zero => exact Nat.le_refl n
  | succ m ih => exact Nat.le_trans (pred_le_pred (le_step ih)) (Nat.le_refl n)
protected theorem sub_eq_zero_of_le {n m : Nat} (h : n ≤ m) : n - m = 0 := by
  obtain ⟨k, rfl⟩ := le.dest h
  induction n with
  | zero => exact Nat.zero_sub _
  | succ n ih => rw [add_one_add, add_one_sub_add_one]; exact ih (le_add_right n k)
protected theorem sub_sub (n m k : Nat) : n - m - k = n - (m + k) := by
  induction k with
  | zero => rfl
  | succ k ih => exact congrArg pred ih
theorem sub_lt {n m : Nat} (hn : 0 < n) (hm : 0 < m) : n - m < n := by
  cases n with
  | zero => exact absurd hn (Nat.lt_irrefl 0)
  | succ n =>
    cases m with
    | zero => exact absurd hm (Nat.lt_irrefl 0)
    | succ m => rw [add_one_sub_add_one]; exact lt_succ_of_le (sub_le n m)

/-! ## Minimum and maximum -/
protected def max (n m : Nat) : Nat := if n ≤ m then m else n
protected def min (n m : Nat) : Nat := if n ≤ m then n else m
instance : Max Nat := ⟨Nat.max⟩
instance : Min Nat := ⟨Nat.min⟩
protected theorem max_def {n m : Nat} : max n m = if n ≤ m then m else n := rfl
protected theorem min_def {n m : Nat} : min n m = if n ≤ m then n else m := rfl
protected theorem max_eq_right {n m : Nat} (h : n ≤ m) : max n m = m := if_pos h
protected theorem min_eq_left {n m : Nat} (h : n ≤ m) : min n m = n := if_pos h
@[simp] protected theorem max_self (n : Nat) : max n n = n := Nat.max_eq_right (Nat.le_refl n)
@[simp] protected theorem min_self (n : Nat) : min n n = n := Nat.min_eq_left (Nat.le_refl n)
protected theorem le_max_left (n m : Nat) : n ≤ max n m := by
  rw [Nat.max_def]
  split
  · assumption
  · exact Nat.le_refl n
protected theorem le_max_right (n m : Nat) : m ≤ max n m := by
  rw [Nat.max_def]
  split
  · exact Nat.le_refl m
  · rename_i h; exact Nat.le_of_lt (Nat.not_le.mp h)
protected theorem min_le_left (n m : Nat) : min n m ≤ n := by
  rw [Nat.min_def]
  split
  · exact Nat.le_refl n
  · rename_i h; exact Nat.le_of_lt (Nat.not_le.mp h)
protected theorem min_le_right (n m : Nat) : min n m ≤ m := by
  rw [Nat.min_def]
  split
  · assumption
  · exact Nat.le_refl m
protected theorem max_comm (n m : Nat) : max n m = max m n := by
  rw [Nat.max_def, Nat.max_def]
  split
  · rename_i h
    split
    · rename_i k; exact Nat.le_antisymm k h
    · rfl
  · rename_i h
    rw [if_pos (Nat.le_of_lt (Nat.not_le.mp h))]
protected theorem min_comm (n m : Nat) : min n m = min m n := by
  rw [Nat.min_def, Nat.min_def]
  split
  · rename_i h
    split
    · rename_i k; exact Nat.le_antisymm h k
    · rfl
  · rename_i h
    rw [if_pos (Nat.le_of_lt (Nat.not_le.mp h))]

/-! ## Induction over all smaller numbers -/
theorem strongRecOn {motive : Nat → Prop} (n : Nat) (step : ∀ n, (∀ m, m < n → motive m) → motive n) : motive n := by
  have all : ∀ n m, m < n → motive m := by
    intro n
    induction n with
    | zero => exact fun m h => absurd h (not_lt_zero m)
    | succ n ih =>
      intro m h
      rcases Nat.eq_or_lt_of_le (le_of_lt_succ h) with e | l
      · exact step m (fun k hk => ih k (e ▸ hk))
      · exact ih m l
  exact all (n + 1) n (Nat.lt_add_one n)
theorem two_step_induction {motive : Nat → Prop} (zero : motive 0) (one : motive 1)
    (step : ∀ n, motive n → motive (n + 1) → motive (n + 2)) (n : Nat) : motive n := by
  have both : motive n ∧ motive (n + 1) := by
    induction n with
    | zero => exact ⟨zero, one⟩
    | succ n ih => exact ⟨ih.2, step n ih.1 ih.2⟩
  exact both.1

/-! ## Bounded quantifiers can be decided by trying -/
instance decidableBallLT (P : Nat → Prop) [DecidablePred P] : (n : Nat) → Decidable (∀ i < n, P i)
  | 0 => isTrue fun i h => absurd h (not_lt_zero i)
  | n + 1 =>
    have := decidableBallLT P n
    if h : P n ∧ ∀ i < n, P i then
      isTrue fun i hi => (Nat.eq_or_lt_of_le (le_of_lt_succ hi)).elim (fun e => e.symm ▸ h.1) (h.2 i)
    else
      isFalse fun k => h ⟨k n (Nat.lt_add_one n), fun i hi => k i (le_step hi)⟩
instance decidableExistsLT (P : Nat → Prop) [DecidablePred P] : (n : Nat) → Decidable (∃ i < n, P i)
  | 0 => isFalse fun ⟨i, h, _⟩ => not_lt_zero i h
  | n + 1 =>
    have := decidableExistsLT P n
    if h : P n ∨ ∃ i < n, P i then
      isTrue (h.elim (fun k => ⟨n, Nat.lt_add_one n, k⟩) (fun ⟨i, hi, k⟩ => ⟨i, le_step hi, k⟩))
    else
      isFalse fun ⟨_, hi, k⟩ => h ((Nat.eq_or_lt_of_le (le_of_lt_succ hi)).elim
        (fun e => .inl (e ▸ k)) (fun l => .inr ⟨_, l, k⟩))
theorem gt_of_not_le {n m : Nat} (h : ¬n ≤ m) : n > m := Nat.not_le.mp h
theorem ge_of_not_lt {n m : Nat} (h : ¬n < m) : n ≥ m := Nat.not_lt.mp h
end Nat
