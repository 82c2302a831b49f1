prelude
import Stepmill.Laws
/-!
# Bool
-/
set_option autoImplicit false
namespace Bool
@[simp] theorem not_true : (!true) = false := rfl
@[simp] theorem not_false : (!false) = true := rfl
@[simp] theorem not_not (b : Bool) : (!!b) = b := by cases b <;> rfl
@[simp] theorem and_true (b : Bool) : (b && true) = b := by cases b <;> rfl
@[simp] theorem true_and (b : Bool) : (true && b) = b := rfl
@[simp] theorem and_false (b : Bool) : (b && false) = false := by cases b <;> rfl
@[simp] theorem false_and (b : Bool) : (false && b) = false := rfl
@[simp] theorem and_self (b : Bool) : (b && b) = b := by cases b <;> rfl
@[simp] theorem or_true (b : Bool) : (b || true) = true := by cases b <;> rfl
@[simp] theorem true_or (b : Bool) : (true || b) = true := rfl
@[simp] theorem or_false (b : Bool) : (b || false) = b := by cases b <;> rfl
@[simp] theorem false_or (b : Bool) : (false || b) = b := rfl
@[simp] theorem or_self (b : Bool) : (b || b) = b := by cases b <;> rfl
theorem and_comm (a b : Bool) : (a && b) = (b && a) := by cases a <;> cases b <;> rfl
theorem or_comm (a b : Bool) : (a || b) = (b || a) := by cases a <;> cases b <;> rfl
theorem and_assoc (a b c : Bool) : ((a && b) && c) = (a && (b && c)) := by cases a <;> rfl
theorem or_assoc (a b c : Bool) : ((a || b) || c) = (a || (b || c)) := by cases a <;> rfl
theorem and_or_distrib_left (a b c : Bool) : (a && (b || c)) = ((a && b) || (a && c)) := by cases a <;> rfl
theorem or_and_distrib_left (a b c : Bool) : (a || (b && c)) = ((a || b) && (a || c)) := by cases a <;> rfl
theorem not_and (a b : Bool) : (!(a && b)) = (!a || !b) := by cases a <;> rfl
theorem not_or (a b : Bool) : (!(a || b)) = (!a && !b) := by cases a <;> rfl
@[simp] theorem and_not_self (b : Bool) : (b && !b) = false := by cases b <;> rfl
@[simp] theorem or_not_self (b : Bool) : (b || !b) = true := by cases b <;> rfl
theorem xor_comm (a b : Bool) : (a ^^ b) = (b ^^ a) := by cases a <;> cases b <;> rfl
theorem xor_assoc (a b c : Bool) : ((a ^^ b) ^^ c) = (a ^^ (b ^^ c)) := by cases a <;> cases b <;> cases c <;> rfl
@[simp] theorem xor_self (b : Bool) : (b ^^ b) = false := by cases b <;> rfl
@[simp] theorem xor_false (b : Bool) : (b ^^ false) = b := by cases b <;> rfl
@[simp] theorem false_xor (b : Bool) : (false ^^ b) = b := rfl
@[simp] theorem true_xor (b : Bool) : (true ^^ b) = !b := rfl
@[simp] theorem and_eq_true (a b : Bool) : ((a && b) = true) = (a = true ∧ b = true) := by cases a <;> cases b <;> simp
@[simp] theorem or_eq_true (a b : Bool) : ((a || b) = true) = (a = true ∨ b = true) := by cases a <;> cases b <;> simp
@[simp] theorem not_eq_true' (b : Bool) : ((!b) = true) = (b = false) := by cases b <;> simp
@[simp] theorem not_eq_false' (b : Bool) : ((!b) = false) = (b = true) := by cases b <;> simp
@[simp] theorem not_eq_true (b : Bool) : (¬b = true) = (b = false) := by cases b <;> simp
@[simp] theorem not_eq_false (b : Bool) : (¬b = false) = (b = true) := by cases b <;> simp
theorem eq_false_or_eq_true (b : Bool) : b = true ∨ b = false := by cases b <;> simp
theorem eq_iff_iff {a b : Bool} : a = b ↔ (a = true ↔ b = true) := by cases a <;> cases b <;> simp
/-- A statement about every truth value is decided by trying both. -/
instance decidableForall (p : Bool → Prop) [DecidablePred p] : Decidable (∀ b, p b) :=
  decidable_of_iff (p true ∧ p false) ⟨fun h b => b.casesOn h.2 h.1, fun h => ⟨h true, h false⟩⟩
instance decidableExists (p : Bool → Prop) [DecidablePred p] : Decidable (∃ b, p b) :=
  decidable_of_iff (p true ∨ p false) ⟨fun h => h.elim (⟨true, ·⟩) (⟨false, ·⟩),
    fun ⟨b, h⟩ => by cases b with
      | true => exact .inl h
      | false => exact .inr h⟩
end Bool
@[simp] theorem cond_true {α : Sort _} (a b : α) : cond true a b = a := rfl
@[simp] theorem cond_false {α : Sort _} (a b : α) : cond false a b = b := rfl
@[simp] theorem decide_not {p : Prop} [h : Decidable p] : decide (¬p) = !decide p := by cases h <;> rfl
@[simp] theorem decide_and {p q : Prop} [h : Decidable p] [k : Decidable q] : decide (p ∧ q) = (decide p && decide q) :=
  by
  cases h <;> cases k <;> rfl
@[simp] theorem decide_or {p q : Prop} [h : Decidable p] [k : Decidable q] : decide (p ∨ q) = (decide p || decide q) :=
  by
  cases h <;> cases k <;> rfl
@[simp] theorem beq_self_eq_true {α : Type _} [DecidableEq α] (a : α) : (a == a) = true := decide_eq_true rfl
@[simp] theorem beq_iff_eq {α : Type _} [DecidableEq α] {a b : α} : (a == b) = true ↔ a = b :=
  ⟨of_decide_eq_true, decide_eq_true⟩
theorem eq_of_beq {α : Type _} [DecidableEq α] {a b : α} (h : (a == b) = true) : a = b := of_decide_eq_true h
