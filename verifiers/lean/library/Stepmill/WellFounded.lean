prelude
import Stepmill.List
/-!
# Well-founded recursion
-/
set_option autoImplicit false
universe u v
variable {α : Sort u} {β : Sort v}

inductive Acc {α : Sort u} (r : α → α → Prop) : α → Prop where
  | intro (x : α) (h : (y : α) → r y x → Acc r y) : Acc r x
theorem Acc.inv {r : α → α → Prop} {x y : α} (h₁ : Acc r x) (h₂ : r y x) : Acc r y := h₁.rec (fun _ h _ => h) y h₂
inductive WellFounded {α : Sort u} (r : α → α → Prop) : Prop where
  | intro (h : ∀ a, Acc r a) : WellFounded r
class WellFoundedRelation (α : Sort u) where
  rel : α → α → Prop
  wf : WellFounded rel
namespace WellFounded
theorem apply {r : α → α → Prop} (wf : WellFounded r) (a : α) : Acc r a := wf.rec (fun p => p) a
theorem induction {r : α → α → Prop} (wf : WellFounded r) {C : α → Prop} (a : α) (h : ∀ x, (∀ y, r y x → C y) → C x) :
    C a :=
  (wf.apply a).rec fun x _ ih => h x ih
noncomputable def fixF {r : α → α → Prop} {C : α → Sort v} (F : ∀ x, (∀ y, r y x → C y) → C x) (x : α) (a : Acc r x) :
    C x :=
  a.rec fun x _ ih => F x ih
theorem fixF_eq {r : α → α → Prop} {C : α → Sort v} (F : ∀ x, (∀ y, r y x → C y) → C x) (x : α) (acx : Acc r x) :
    fixF F x acx = F x (fun y p => fixF F y (Acc.inv acx p)) := by
  cases acx
  rfl
noncomputable def fix {r : α → α → Prop} {C : α → Sort v} (hwf : WellFounded r)
    (F : ∀ x, (∀ y, r y x → C y) → C x) (x : α) : C x := fixF F x (hwf.apply x)
theorem fix_eq {r : α → α → Prop} {C : α → Sort v} (hwf : WellFounded r) (F : ∀ x, (∀ y, r y x → C y) → C x) (x : α) :
    fix hwf F x = F x (fun y _ => fix hwf F y) := fixF_eq F x (hwf.apply x)
end WellFounded
theorem InvImage.accessible {r : β → β → Prop} {f : α → β} {a : α} (h : Acc r (f a)) :
    Acc (fun x y => r (f x) (f y)) a := by
  generalize e : f a = b at h
  induction h generalizing a with
  | intro _ _ ih =>
    subst e
    exact Acc.intro a fun y hy => ih (f y) hy rfl
def InvImage (r : β → β → Prop) (f : α → β) : α → α → Prop := fun x y => r (f x) (f y)
theorem InvImage.wf {r : β → β → Prop} (f : α → β) (h : WellFounded r) : WellFounded (InvImage r f) :=
  ⟨fun a => InvImage.accessible (r := r) (f := f) (h.apply (f a))⟩
@[reducible] def invImage (f : α → β) (h : WellFoundedRelation β) : WellFoundedRelation α where
  rel := InvImage h.rel f
  wf := InvImage.wf f h.wf
theorem Nat.lt_wf : WellFounded (α := Nat) (· < ·) :=
  ⟨fun n => Nat.strongRecOn n fun n ih => Acc.intro n ih⟩
@[reducible] def Nat.lt_wfRel : WellFoundedRelation Nat where
  rel := (· < ·)
  wf := Nat.lt_wf
class SizeOf (α : Sort u) where
  sizeOf : α → Nat
export SizeOf (sizeOf)
/-- A type without a size of its own counts nothing. -/
instance (priority := low) instSizeOfDefault (α : Sort u) : SizeOf α := ⟨fun _ => 0⟩
instance instSizeOfNat : SizeOf Nat := ⟨fun n => n⟩
@[simp] theorem sizeOf_nat (n : Nat) : sizeOf n = n := rfl
deriving instance SizeOf for List, Option, Prod, PSigma, PSum, Sum
@[reducible] def sizeOfWFRel {α : Sort u} [SizeOf α] : WellFoundedRelation α := invImage sizeOf Nat.lt_wfRel
instance (priority := low) instWellFoundedRelationOfSizeOf {α : Sort u} [SizeOf α] : WellFoundedRelation α :=
  sizeOfWFRel
/-! ## What `termination_by` calls
`clean_wf` shows the goal of a recursive call as `a < b`; `decreasing_tactic` proves it where `decreasing_by` is not written. -/
macro "clean_wf" : tactic => `(tactic| try simp only [invImage, InvImage, WellFoundedRelation.rel, sizeOf_nat, Nat.lt_eq])
macro "decreasing_with " t:tacticSeq : tactic => `(tactic| (clean_wf; ($t:tacticSeq)))
syntax "decreasing_trivial" : tactic
macro_rules | `(tactic| decreasing_trivial) => `(tactic| exact Nat.mod_lt _ (Nat.pos_of_ne_zero ‹_›))
macro_rules | `(tactic| decreasing_trivial) => `(tactic| exact Nat.sub_lt (Nat.pos_of_ne_zero ‹_›) (Nat.zero_lt_add_one _))
macro_rules | `(tactic| decreasing_trivial) => `(tactic| (simp_all; done))
macro_rules | `(tactic| decreasing_trivial) => `(tactic| exact Nat.lt_add_one _)
macro_rules | `(tactic| decreasing_trivial) => `(tactic| assumption)
macro "decreasing_tactic" : tactic => `(tactic| decreasing_with decreasing_trivial)
/-- A mark that Lean puts on the parameter of a recursion, and takes away. -/
@[irreducible] def wfParam {α : Sort u} (a : α) : α := a

/-- The branches of an `if` may use its condition to show that they decrease. -/
@[wf_preprocess] theorem ite_eq_dite {γ : Sort u} {P : Prop} [Decidable P] {a b : γ} :
    ite P a b = dite P (fun _ => a) (fun _ => b) := rfl

/-! ## Recursion on a measure, with the measure as fuel -/
namespace WellFounded.Nat
variable {motive : α → Sort v} (h : α → _root_.Nat)
  (F : (x : α) → ((y : α) → InvImage (· < ·) h y x → motive y) → motive x)
def fix.go : (fuel : _root_.Nat) → (x : α) → h x < fuel → motive x
  | 0, x, hx => absurd hx (Nat.not_lt_zero (h x))
  | fuel + 1, x, hx => F x fun y hy => fix.go fuel y (Nat.lt_of_lt_of_le hy (Nat.le_of_lt_succ hx))
@[irreducible] def fix (x : α) : motive x := fix.go h F (h x + 1) x (Nat.lt_add_one (h x))
theorem fix.go_eq (m n : _root_.Nat) (x : α) (hm : h x < m) (hn : h x < n) : fix.go h F m x hm = fix.go h F n x hn := by
  induction m generalizing x n with
  | zero => exact absurd hm (Nat.not_lt_zero _)
  | succ m ih =>
    cases n with
    | zero => exact absurd hn (Nat.not_lt_zero _)
    | succ n =>
      show F x _ = F x _
      exact congrArg (F x) (funext fun y => funext fun hy => ih n y _ _)
theorem fix_eq (x : α) : fix h F x = F x fun y _ => fix h F y := by
  unfold fix
  exact congrArg (F x) (funext fun y => funext fun hy => fix.go_eq h F _ _ y _ _)
end WellFounded.Nat
