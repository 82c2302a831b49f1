prelude
import Stepmill.Logic
/-!
# Laws of the connectives and quantifiers, and the tactics that rest on them
-/
set_option autoImplicit false
universe u
variable {p q r : Prop}

/-! ## Laws of the connectives -/
theorem and_comm : p ∧ q ↔ q ∧ p := And.comm
theorem or_comm : p ∨ q ↔ q ∨ p := Or.comm
theorem and_assoc : (p ∧ q) ∧ r ↔ p ∧ q ∧ r := ⟨fun ⟨⟨a, b⟩, c⟩ => ⟨a, b, c⟩, fun ⟨a, b, c⟩ => ⟨⟨a, b⟩, c⟩⟩
theorem or_assoc : (p ∨ q) ∨ r ↔ p ∨ q ∨ r := by
  constructor
  · rintro ((h | h) | h)
    · exact .inl h
    · exact .inr (.inl h)
    · exact .inr (.inr h)
  · rintro (h | h | h)
    · exact .inl (.inl h)
    · exact .inl (.inr h)
    · exact .inr h
theorem and_left_comm : p ∧ q ∧ r ↔ q ∧ p ∧ r := ⟨fun ⟨a, b, c⟩ => ⟨b, a, c⟩, fun ⟨b, a, c⟩ => ⟨a, b, c⟩⟩
theorem and_or_left : p ∧ (q ∨ r) ↔ (p ∧ q) ∨ (p ∧ r) :=
  ⟨fun ⟨a, h⟩ => h.elim (fun b => .inl ⟨a, b⟩) (fun c => .inr ⟨a, c⟩),
    fun h => h.elim (fun ⟨a, b⟩ => ⟨a, .inl b⟩) (fun ⟨a, c⟩ => ⟨a, .inr c⟩)⟩
theorem or_and_left : p ∨ (q ∧ r) ↔ (p ∨ q) ∧ (p ∨ r) := by
  constructor
  · rintro (h | ⟨h, k⟩)
    · exact ⟨.inl h, .inl h⟩
    · exact ⟨.inr h, .inr k⟩
  · rintro ⟨h | h, k⟩
    · exact .inl h
    · exact k.elim .inl fun k => .inr ⟨h, k⟩
@[simp] theorem and_imp : (p ∧ q → r) ↔ (p → q → r) := ⟨fun h a b => h ⟨a, b⟩, fun h ⟨a, b⟩ => h a b⟩
@[simp] theorem not_or : ¬(p ∨ q) ↔ ¬p ∧ ¬q :=
  ⟨fun h => ⟨fun a => h (.inl a), fun b => h (.inr b)⟩, fun ⟨a, b⟩ h => h.elim a b⟩
theorem or_imp : (p ∨ q → r) ↔ (p → r) ∧ (q → r) :=
  ⟨fun h => ⟨fun a => h (.inl a), fun b => h (.inr b)⟩, fun ⟨a, b⟩ h => h.elim a b⟩
theorem not_and : ¬(p ∧ q) ↔ (p → ¬q) := and_imp
@[simp] theorem not_exists {α : Sort u} {P : α → Prop} : (¬∃ x, P x) ↔ ∀ x, ¬P x :=
  ⟨fun h x hx => h ⟨x, hx⟩, fun h ⟨x, hx⟩ => h x hx⟩
theorem exists_or {α : Sort u} {P Q : α → Prop} : (∃ x, P x ∨ Q x) ↔ (∃ x, P x) ∨ ∃ x, Q x := by
  constructor
  · rintro ⟨x, h | h⟩
    · exact .inl ⟨x, h⟩
    · exact .inr ⟨x, h⟩
  · rintro (⟨x, h⟩ | ⟨x, h⟩)
    · exact ⟨x, .inl h⟩
    · exact ⟨x, .inr h⟩
theorem forall_and {α : Sort u} {P Q : α → Prop} : (∀ x, P x ∧ Q x) ↔ (∀ x, P x) ∧ ∀ x, Q x :=
  ⟨fun h => ⟨fun x => (h x).1, fun x => (h x).2⟩, fun h x => ⟨h.1 x, h.2 x⟩⟩
theorem exists_imp {α : Sort u} {P : α → Prop} {b : Prop} : ((∃ x, P x) → b) ↔ ∀ x, P x → b :=
  ⟨fun h x hx => h ⟨x, hx⟩, fun h ⟨x, hx⟩ => h x hx⟩
@[simp] theorem exists_eq {α : Sort u} {a : α} : ∃ x, x = a := ⟨a, rfl⟩
@[simp] theorem exists_eq' {α : Sort u} {a : α} : ∃ x, a = x := ⟨a, rfl⟩
@[simp] theorem exists_eq_left {α : Sort u} {P : α → Prop} {a : α} : (∃ x, x = a ∧ P x) ↔ P a :=
  ⟨fun ⟨_, e, h⟩ => e ▸ h, fun h => ⟨a, rfl, h⟩⟩
@[simp] theorem exists_eq_right {α : Sort u} {P : α → Prop} {a : α} : (∃ x, P x ∧ x = a) ↔ P a :=
  ⟨fun ⟨_, h, e⟩ => e ▸ h, fun h => ⟨a, h, rfl⟩⟩
@[simp] theorem forall_eq {α : Sort u} {P : α → Prop} {a : α} : (∀ x, x = a → P x) ↔ P a :=
  ⟨fun h => h a rfl, fun h _ e => e.symm ▸ h⟩
@[simp] theorem forall_eq' {α : Sort u} {P : α → Prop} {a : α} : (∀ x, a = x → P x) ↔ P a :=
  ⟨fun h => h a rfl, fun h _ e => e ▸ h⟩
@[simp] theorem forall_const {b : Prop} (α : Sort u) [i : Nonempty α] : (α → b) ↔ b := ⟨fun h => i.elim h, fun h _ => h⟩
@[simp] theorem exists_const {b : Prop} (α : Sort u) [i : Nonempty α] : (∃ _ : α, b) ↔ b :=
  ⟨fun ⟨_, h⟩ => h, fun h => i.elim fun y => ⟨y, h⟩⟩

/-! ## Exactly one -/
def ExistsUnique {α : Sort u} (P : α → Prop) : Prop := ∃ x, P x ∧ ∀ y, P y → y = x
macro "∃! " x:ident ", " p:term : term => `(ExistsUnique fun $x:ident => $p)
macro "∃! " x:ident " : " t:term ", " p:term : term => `(ExistsUnique fun $x:ident : $t => $p)
theorem ExistsUnique.exists {α : Sort u} {P : α → Prop} (h : ∃! x, P x) : ∃ x, P x := h.elim fun x hx => ⟨x, hx.1⟩
theorem ExistsUnique.unique {α : Sort u} {P : α → Prop} (h : ∃! x, P x) {a b : α} (ha : P a) (hb : P b) : a = b :=
  h.elim fun _ hx => (hx.2 a ha).trans (hx.2 b hb).symm

/-! ## Tactics that rest on the theorems above -/
/-- `by_cases h : p` proves the goal once from `h : p` and once from `h : ¬p`. -/
syntax "by_cases " (atomic(ident " : "))? term : tactic
macro_rules
  | `(tactic| by_cases $h:ident : $p) =>
    `(tactic| (first | refine dite $p ?pos ?neg | refine Or.elim (Classical.em $p) ?pos ?neg) <;> intro $h:ident)
  | `(tactic| by_cases $p:term) =>
    `(tactic| (first | refine dite $p ?pos ?neg | refine Or.elim (Classical.em $p) ?pos ?neg) <;> intro h)
/-- `if h : p then … else …` is `by_cases` with its two proofs in place. -/
macro "if " h:ident " : " p:term " then " t:tacticSeq " else " e:tacticSeq : tactic =>
  `(tactic| (by_cases $h:ident : $p; (focus ($t)); (focus ($e))))
/-- `by_contra h` assumes the negation of the goal as `h` and asks for `False`. -/
macro "by_contra " h:ident : tactic => `(tactic| (refine Classical.byContradiction ?_; intro $h:ident))
attribute [ext] funext propext
/-- `funext x` turns `f = g` into `f x = g x`. -/
syntax "funext" (ppSpace colGt term:max)* : tactic
macro_rules
  | `(tactic| funext) => `(tactic| apply funext)
  | `(tactic| funext $x) => `(tactic| (apply funext; intro $x:term))
  | `(tactic| funext $x $y $ys*) => `(tactic| (funext $x; funext $y $ys*))
macro "absurd " h:term : tactic => `(tactic| refine absurd ?_ $h)
