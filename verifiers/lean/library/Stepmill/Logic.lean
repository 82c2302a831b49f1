prelude
import Stepmill.Tactics
/-!
# Logic: the connectives, equality, quantifiers, decidability, the three axioms

The three axioms are Lean's own: `propext`, `Quot.sound` (from which `funext` follows) and `Classical.choice` (from which the
excluded middle follows). Lemmas that the compiled simplifier calls by name stand in the section that says so.
-/
set_option autoImplicit false
universe u v w
variable {p q r s : Prop}

/-! ## Axioms -/
axiom propext {a b : Prop} : (a ↔ b) → a = b
axiom Quot.sound {α : Sort u} {r : α → α → Prop} {a b : α} : r a b → Quot.mk r a = Quot.mk r b
axiom Classical.choice {α : Sort u} : Nonempty α → α

/-! ## Connectives -/
theorem And.symm (h : p ∧ q) : q ∧ p := ⟨h.2, h.1⟩
theorem And.imp (f : p → r) (g : q → s) (h : p ∧ q) : r ∧ s := ⟨f h.1, g h.2⟩
theorem And.comm : p ∧ q ↔ q ∧ p := ⟨And.symm, And.symm⟩
theorem Or.symm (h : p ∨ q) : q ∨ p := h.rec .inr .inl
theorem Or.elim (h : p ∨ q) (f : p → r) (g : q → r) : r := h.rec f g
theorem Or.imp (f : p → r) (g : q → s) (h : p ∨ q) : r ∨ s := h.elim (fun x => .inl (f x)) (fun x => .inr (g x))
theorem Or.comm : p ∨ q ↔ q ∨ p := ⟨Or.symm, Or.symm⟩
theorem Or.resolve_left (h : p ∨ q) (hn : ¬p) : q := h.elim (fun hp => (hn hp).elim) id
theorem Or.resolve_right (h : p ∨ q) (hn : ¬q) : p := h.elim id (fun hq => (hn hq).elim)
theorem Nonempty.elim {α : Sort u} {b : Prop} (h : Nonempty α) (k : α → b) : b := h.rec k
theorem Exists.elim {α : Sort u} {P : α → Prop} {b : Prop} (h : ∃ x, P x) (k : ∀ x, P x → b) : b := h.rec k
theorem Exists.imp {α : Sort u} {P Q : α → Prop} (h : ∀ x, P x → Q x) : (∃ x, P x) → ∃ x, Q x :=
  fun ⟨x, hx⟩ => ⟨x, h x hx⟩

/-! ## Negation and falsity -/
theorem trivial : True := ⟨⟩
theorem not_false : ¬False := id
theorem mt (h : p → q) (hq : ¬q) : ¬p := fun hp => hq (h hp)
def Not.elim {α : Sort u} (h : ¬p) (hp : p) : α := (h hp).elim
theorem Not.intro (h : p → False) : ¬p := h
theorem not_not_intro (h : p) : ¬¬p := fun hn => hn h
theorem not_not_not : ¬¬¬p ↔ ¬p := ⟨fun h hp => h (not_not_intro hp), not_not_intro⟩
theorem false_of_ne {α : Sort u} {a : α} (h : a ≠ a) : False := h rfl
theorem ne_of_apply_ne {α : Sort u} {β : Sort v} (f : α → β) {a b : α} (h : f a ≠ f b) : a ≠ b :=
  fun e => h (congrArg f e)
theorem Ne.symm {α : Sort u} {a b : α} (h : a ≠ b) : b ≠ a := fun e => h e.symm
theorem Ne.intro {α : Sort u} {a b : α} (h : a = b → False) : a ≠ b := h
theorem Ne.elim {α : Sort u} {a b : α} (h : a ≠ b) : a = b → False := h
theorem ne_comm {α : Sort u} {a b : α} : a ≠ b ↔ b ≠ a := ⟨Ne.symm, Ne.symm⟩
theorem eq_comm {α : Sort u} {a b : α} : a = b ↔ b = a := ⟨Eq.symm, Eq.symm⟩

/-! ## Equivalence -/
@[refl] theorem Iff.refl (a : Prop) : a ↔ a := ⟨id, id⟩
protected theorem Iff.rfl {a : Prop} : a ↔ a := Iff.refl a
theorem Iff.trans (h : p ↔ q) (k : q ↔ r) : p ↔ r := ⟨fun x => k.mp (h.mp x), fun x => h.mpr (k.mpr x)⟩
@[symm] theorem Iff.symm (h : p ↔ q) : q ↔ p := ⟨h.mpr, h.mp⟩
theorem Iff.comm : (p ↔ q) ↔ (q ↔ p) := ⟨Iff.symm, Iff.symm⟩
theorem Iff.of_eq (h : p = q) : p ↔ q := h ▸ Iff.rfl
theorem iff_of_true (hp : p) (hq : q) : p ↔ q := ⟨fun _ => hq, fun _ => hp⟩
theorem iff_of_false (hp : ¬p) (hq : ¬q) : p ↔ q := ⟨hp.elim, hq.elim⟩
theorem not_congr (h : p ↔ q) : ¬p ↔ ¬q := ⟨mt h.mpr, mt h.mp⟩
theorem and_congr (h : p ↔ q) (k : r ↔ s) : p ∧ r ↔ q ∧ s :=
  ⟨fun x => ⟨h.mp x.1, k.mp x.2⟩, fun x => ⟨h.mpr x.1, k.mpr x.2⟩⟩
theorem or_congr (h : p ↔ q) (k : r ↔ s) : p ∨ r ↔ q ∨ s := ⟨Or.rec (fun x => .inl (h.mp x)) (fun x => .inr (k.mp x)),
  Or.rec (fun x => .inl (h.mpr x)) (fun x => .inr (k.mpr x))⟩
theorem imp_congr (h : p ↔ q) (k : r ↔ s) : (p → r) ↔ (q → s) :=
  ⟨fun f x => k.mp (f (h.mpr x)), fun f x => k.mpr (f (h.mp x))⟩
theorem iff_congr (h : p ↔ q) (k : r ↔ s) : (p ↔ r) ↔ (q ↔ s) :=
  ⟨fun x => h.symm.trans (x.trans k), fun x => h.trans (x.trans k.symm)⟩
theorem iff_iff_implies_and_implies : (p ↔ q) ↔ (p → q) ∧ (q → p) := ⟨fun h => ⟨h.mp, h.mpr⟩, fun h => ⟨h.1, h.2⟩⟩
instance : Trans Iff Iff Iff := ⟨Iff.trans⟩
attribute [symm] Eq.symm
instance {α : Sort u} (t : α → α → Prop) : Trans Eq t t := ⟨fun h k => h ▸ k⟩
instance {α : Sort u} (t : α → α → Prop) : Trans t Eq t := ⟨fun h k => k ▸ h⟩
instance {α : Sort u} : Trans (α := α) (β := α) (γ := α) Eq Eq Eq := ⟨Eq.trans⟩

instance instDecidableTrue : Decidable True := isTrue trivial
instance instDecidableFalse : Decidable False := isFalse id
instance instDecidableNot [h : Decidable p] : Decidable (¬p) :=
  match h with
  | isTrue hp => isFalse (not_not_intro hp)
  | isFalse hn => isTrue hn
instance instDecidableAnd [h : Decidable p] [k : Decidable q] : Decidable (p ∧ q) :=
  match h, k with
  | isTrue hp, isTrue hq => isTrue ⟨hp, hq⟩
  | isFalse hn, _ => isFalse fun x => hn x.1
  | _, isFalse hn => isFalse fun x => hn x.2
instance instDecidableOr [h : Decidable p] [k : Decidable q] : Decidable (p ∨ q) :=
  match h, k with
  | isTrue hp, _ => isTrue (.inl hp)
  | _, isTrue hq => isTrue (.inr hq)
  | isFalse hp, isFalse hq => isFalse (Or.rec hp hq)
instance instDecidableForall [h : Decidable p] [k : Decidable q] : Decidable (p → q) :=
  match h, k with
  | isFalse hn, _ => isTrue fun x => (hn x).elim
  | _, isTrue hq => isTrue fun _ => hq
  | isTrue hp, isFalse hn => isFalse fun f => hn (f hp)
instance instDecidableIff [Decidable p] [Decidable q] : Decidable (p ↔ q) :=
  if h : (p → q) ∧ (q → p) then isTrue ⟨h.1, h.2⟩ else isFalse fun e => h ⟨e.mp, e.mpr⟩
instance instDecidableIte {c : Prop} [h : Decidable c] [Decidable p] [Decidable q] : Decidable (if c then p else q) :=
  match h with
  | isTrue _ => (inferInstance : Decidable p)
  | isFalse _ => (inferInstance : Decidable q)

theorem Subsingleton.elim {α : Sort u} [h : Subsingleton α] : (a b : α) → a = b := h.allEq
theorem Subsingleton.helim {α β : Sort u} [h : Subsingleton α] (e : α = β) (a : α) (b : β) : a ≍ b := by
  subst e
  exact heq_of_eq (h.allEq a b)
instance instSubsingletonProp (p : Prop) : Subsingleton p := ⟨fun _ _ => rfl⟩
instance instSubsingletonDecidable (p : Prop) : Subsingleton (Decidable p) where
  allEq
    | isTrue _, isTrue _ => rfl
    | isFalse _, isFalse _ => rfl
    | isTrue h, isFalse k => (k h).elim
    | isFalse h, isTrue k => (h k).elim

def decidable_of_iff (a : Prop) {b : Prop} (h : a ↔ b) [d : Decidable a] : Decidable b :=
  match d with
  | isTrue x => isTrue (h.mp x)
  | isFalse x => isFalse fun y => x (h.mpr y)
def decidable_of_iff' {a b : Prop} (h : a ↔ b) [Decidable b] : Decidable a := decidable_of_iff b h.symm

/-! ## What the simplifier calls by name -/
theorem of_eq_true (h : p = True) : p := h ▸ trivial
theorem of_eq_false (h : p = False) : ¬p := fun hp => h ▸ hp
theorem eq_true (h : p) : p = True := propext (iff_of_true h trivial)
theorem eq_false (h : ¬p) : p = False := propext (iff_of_false h id)
theorem eq_false' (h : p → False) : p = False := eq_false h
@[simp] theorem eq_self {α : Sort u} (a : α) : (a = a) = True := eq_true rfl
theorem ne_self {α : Sort u} (a : α) : (a ≠ a) = False := eq_false (not_not_intro rfl)
@[simp] theorem iff_self (p : Prop) : (p ↔ p) = True := eq_true Iff.rfl
theorem implies_congr {p₁ p₂ : Sort u} {q₁ q₂ : Sort v} (h : p₁ = p₂) (k : q₁ = q₂) : (p₁ → q₁) = (p₂ → q₂) :=
  h ▸ k ▸ rfl
theorem forall_congr {α : Sort u} {p q : α → Prop} (h : ∀ a, p a = q a) : (∀ a, p a) = (∀ a, q a) :=
  propext ⟨fun f a => h a ▸ f a, fun f a => (h a).symm ▸ f a⟩
theorem implies_congr_ctx {p₁ p₂ q₁ q₂ : Prop} (h : p₁ = p₂) (k : p₂ → q₁ = q₂) : (p₁ → q₁) = (p₂ → q₂) :=
  propext ⟨fun f x => k x ▸ f (h.symm ▸ x), fun f x => (k (h ▸ x)).symm ▸ f (h ▸ x)⟩
theorem implies_dep_congr_ctx {p₁ p₂ q₁ : Prop} (h : p₁ = p₂) {q₂ : p₂ → Prop} (k : (x : p₂) → q₁ = q₂ x) :
    (p₁ → q₁) = ((x : p₂) → q₂ x) :=
  propext ⟨fun f x => k x ▸ f (h.symm ▸ x), fun f x => (k (h ▸ x)).symm ▸ f (h ▸ x)⟩
theorem forall_prop_congr_dom {p₁ p₂ : Prop} (h : p₁ = p₂) (q : p₁ → Prop) :
    ((a : p₁) → q a) = ((a : p₂) → q (h ▸ a)) :=
  by
  cases h; rfl
theorem forall_prop_domain_congr {p₁ p₂ : Prop} {q₁ : p₁ → Prop} {q₂ : p₂ → Prop} (h : p₁ = p₂)
    (k : (a : p₂) → q₁ (h.symm ▸ a) = q₂ a) : ((a : p₁) → q₁ a) = ((a : p₂) → q₂ a) := by
  cases h; exact forall_congr k
theorem funext {α : Sort u} {β : α → Sort v} {f g : (x : α) → β x} (h : ∀ x, f x = g x) : f = g := by
  -- The functions agree on `α`, so they are one point of a quotient of the function type; evaluation respects the quotient.
  let agree (f g : (x : α) → β x) : Prop := ∀ x, f x = g x
  let eval (q : Quot agree) (x : α) : β x := Quot.lift (fun f => f x) (fun _ _ e => e x) q
  exact congrArg eval (Quot.sound (r := agree) h)
theorem proof_irrel {a : Prop} (h₁ h₂ : a) : h₁ = h₂ := rfl

/-! ## Decidability -/
theorem decide_eq_true {p : Prop} [inst : Decidable p] : p → decide p = true :=
  inst.rec (fun hn hp => (hn hp).elim) (fun _ _ => rfl)
theorem decide_eq_false {p : Prop} [inst : Decidable p] : ¬p → decide p = false :=
  inst.rec (fun _ _ => rfl) (fun hp hn => (hn hp).elim)
theorem of_decide_eq_true {p : Prop} [inst : Decidable p] : decide p = true → p :=
  inst.rec (fun _ h => Bool.noConfusion h) (fun hp _ => hp)
theorem of_decide_eq_false {p : Prop} [inst : Decidable p] : decide p = false → ¬p :=
  inst.rec (fun hn _ => hn) (fun _ h => Bool.noConfusion h)
theorem of_decide_eq_self_eq_true {α : Sort u} [DecidableEq α] (a : α) : decide (a = a) = true := decide_eq_true rfl
theorem eq_true_of_decide {p : Prop} [Decidable p] (h : decide p = true) : p = True := eq_true (of_decide_eq_true h)
theorem eq_false_of_decide {p : Prop} [Decidable p] (h : decide p = false) : p = False :=
  eq_false (of_decide_eq_false h)
@[simp] theorem decide_eq_true_eq {p : Prop} [Decidable p] : (decide p = true) = p :=
  propext ⟨of_decide_eq_true, decide_eq_true⟩
@[simp] theorem decide_eq_false_iff_not {p : Prop} [Decidable p] : decide p = false ↔ ¬p :=
  ⟨of_decide_eq_false, decide_eq_false⟩
theorem ne_false_of_eq_true : {b : Bool} → b = true → b ≠ false
  | true, _, h => Bool.noConfusion h
theorem ne_true_of_eq_false : {b : Bool} → b = false → b ≠ true
  | false, _, h => Bool.noConfusion h
@[simp] theorem decide_true : decide True = true := rfl
@[simp] theorem decide_false : decide False = false := rfl

/-! ## Simplification of connectives -/
theorem eq_iff_iff : (p = q) = (p ↔ q) := propext ⟨Iff.of_eq, propext⟩
@[simp] theorem ne_eq {α : Sort u} (a b : α) : (a ≠ b) = ¬(a = b) := rfl
@[simp] theorem not_true_eq_false : (¬True) = False := eq_false (not_not_intro trivial)
@[simp] theorem not_false_eq_true : (¬False) = True := eq_true not_false
@[simp] theorem and_true (p : Prop) : (p ∧ True) = p := propext ⟨And.left, fun h => ⟨h, trivial⟩⟩
@[simp] theorem true_and (p : Prop) : (True ∧ p) = p := propext ⟨And.right, fun h => ⟨trivial, h⟩⟩
@[simp] theorem and_false (p : Prop) : (p ∧ False) = False := eq_false And.right
@[simp] theorem false_and (p : Prop) : (False ∧ p) = False := eq_false And.left
@[simp] theorem and_self (p : Prop) : (p ∧ p) = p := propext ⟨And.left, fun h => ⟨h, h⟩⟩
@[simp] theorem or_true (p : Prop) : (p ∨ True) = True := eq_true (.inr trivial)
@[simp] theorem true_or (p : Prop) : (True ∨ p) = True := eq_true (.inl trivial)
@[simp] theorem or_false (p : Prop) : (p ∨ False) = p := propext ⟨Or.rec id False.elim, .inl⟩
@[simp] theorem false_or (p : Prop) : (False ∨ p) = p := propext ⟨Or.rec False.elim id, .inr⟩
@[simp] theorem or_self (p : Prop) : (p ∨ p) = p := propext ⟨Or.rec id id, .inl⟩
@[simp] theorem implies_true (α : Sort u) : (α → True) = True := eq_true fun _ => trivial
@[simp] theorem true_implies (p : Prop) : (True → p) = p := propext ⟨fun h => h trivial, fun h _ => h⟩
@[simp] theorem false_implies (p : Prop) : (False → p) = True := eq_true False.elim
@[simp] theorem imp_self (p : Prop) : (p → p) = True := eq_true id
@[simp] theorem implies_false (p : Prop) : (p → False) = ¬p := rfl
@[simp] theorem iff_true (p : Prop) : (p ↔ True) = p := propext ⟨fun h => h.mpr trivial, fun h => iff_of_true h trivial⟩
@[simp] theorem true_iff (p : Prop) : (True ↔ p) = p := propext ⟨fun h => h.mp trivial, fun h => iff_of_true trivial h⟩
@[simp] theorem iff_false (p : Prop) : (p ↔ False) = ¬p := propext ⟨fun h => h.mp, fun h => iff_of_false h id⟩
@[simp] theorem false_iff (p : Prop) : (False ↔ p) = ¬p := propext ⟨fun h => h.mpr, fun h => iff_of_false id h⟩
@[simp] theorem not_and_self (p : Prop) : (¬p ∧ p) = False := eq_false fun h => h.1 h.2
@[simp] theorem and_not_self (p : Prop) : (p ∧ ¬p) = False := eq_false fun h => h.2 h.1
@[simp] theorem eq_self_iff_true {α : Sort u} (a : α) : a = a ↔ True := iff_of_true rfl trivial
@[simp] theorem heq_eq_eq {α : Sort u} (a b : α) : (a ≍ b) = (a = b) := propext ⟨eq_of_heq, heq_of_eq⟩
@[simp] theorem eq_mpr_eq {α : Sort u} (h : α = α) (a : α) : h.mpr a = a := rfl
@[simp] theorem eq_mp_eq {α : Sort u} (h : α = α) (a : α) : h.mp a = a := rfl
@[simp] theorem cast_eq {α : Sort u} (h : α = α) (a : α) : cast h a = a := rfl

/-! ## Conditionals -/
theorem ite_eq_left {c : Prop} {h : Decidable c} (hc : c) {α : Sort u} {t e : α} : ite c t e = t :=
  match h with
  | isTrue _ => rfl
  | isFalse hn => (hn hc).elim
theorem ite_eq_right {c : Prop} {h : Decidable c} (hn : ¬c) {α : Sort u} {t e : α} : ite c t e = e :=
  match h with
  | isTrue hc => (hn hc).elim
  | isFalse _ => rfl
theorem dite_eq_left {c : Prop} {h : Decidable c} (hc : c) {α : Sort u} {t : c → α} {e : ¬c → α} : dite c t e = t hc :=
  match h with
  | isTrue _ => rfl
  | isFalse hn => (hn hc).elim
theorem dite_eq_right {c : Prop} {h : Decidable c} (hn : ¬c) {α : Sort u} {t : c → α} {e : ¬c → α} :
    dite c t e = e hn :=
  match h with
  | isTrue hc => (hn hc).elim
  | isFalse _ => rfl
/-! The names before Lean 4.34, which most written proofs use. -/
theorem if_pos {α : Sort u} {c : Prop} {_ : Decidable c} {t e : α} (hc : c) : ite c t e = t := ite_eq_left hc
theorem if_neg {α : Sort u} {c : Prop} {_ : Decidable c} {t e : α} (hn : ¬c) : ite c t e = e := ite_eq_right hn
theorem dif_pos {α : Sort u} {c : Prop} {_ : Decidable c} {t : c → α} {e : ¬c → α} (hc : c) : dite c t e = t hc :=
  dite_eq_left hc
theorem dif_neg {α : Sort u} {c : Prop} {_ : Decidable c} {t : c → α} {e : ¬c → α} (hn : ¬c) : dite c t e = e hn :=
  dite_eq_right hn
theorem ite_eq_left_of_eq_true {α : Sort u} {c : Prop} {_ : Decidable c} (a b : α) (h : c = True) : ite c a b = a :=
  ite_eq_left (of_eq_true h)
theorem ite_eq_right_of_eq_false {α : Sort u} {c : Prop} {_ : Decidable c} (a b : α) (h : c = False) : ite c a b = b :=
  ite_eq_right (of_eq_false h)
theorem dite_eq_left_of_eq_true {α : Sort u} {c : Prop} {_ : Decidable c} {t : c → α} {e : ¬c → α} (h : c = True) :
    dite c t e = t (of_eq_true h) := dite_eq_left (of_eq_true h)
theorem dite_eq_right_of_eq_false {α : Sort u} {c : Prop} {_ : Decidable c} {t : c → α} {e : ¬c → α} (h : c = False) :
    dite c t e = e (of_eq_false h) := dite_eq_right (of_eq_false h)
theorem ite_congr {α : Sort u} {b c : Prop} {x y u v : α} {s : Decidable b} [Decidable c]
    (h : b = c) (k : c → x = u) (l : ¬c → y = v) : ite b x y = ite c u v := by
  cases h
  cases (inferInstance : Decidable b) with
  | isTrue hb => rw [if_pos hb, if_pos hb, k hb]
  | isFalse hb => rw [if_neg hb, if_neg hb, l hb]
@[simp] theorem ite_true {α : Sort u} {_ : Decidable True} (t e : α) : ite True t e = t := ite_eq_left trivial
@[simp] theorem ite_false {α : Sort u} {_ : Decidable False} (t e : α) : ite False t e = e := ite_eq_right id
@[simp] theorem ite_self {α : Sort u} {c : Prop} [h : Decidable c] (a : α) : ite c a a = a :=
  match h with
  | isTrue _ => rfl
  | isFalse _ => rfl
theorem eq_or_ne {α : Sort u} [DecidableEq α] (a b : α) : a = b ∨ a ≠ b :=
  if h : a = b then .inl h else .inr h

/-! ## Decidable and classical case analysis -/
protected theorem Decidable.em (p : Prop) [h : Decidable p] : p ∨ ¬p :=
  match h with
  | isTrue hp => .inl hp
  | isFalse hn => .inr hn
protected theorem Decidable.byContradiction [Decidable p] (h : ¬p → False) : p :=
  (Decidable.em p).elim id fun hn => (h hn).elim
protected theorem Decidable.not_not [Decidable p] : ¬¬p ↔ p := ⟨Decidable.byContradiction, not_not_intro⟩
protected theorem Decidable.of_not_not [Decidable p] : ¬¬p → p := Decidable.not_not.mp
protected theorem Decidable.not_and_iff_or_not [Decidable p] : ¬(p ∧ q) ↔ ¬p ∨ ¬q :=
  ⟨fun h => (Decidable.em p).elim (fun hp => .inr fun hq => h ⟨hp, hq⟩) .inl, fun h x => h.elim (· x.1) (· x.2)⟩
protected theorem Decidable.by_cases {q : Prop} [Decidable p] (h : p → q) (k : ¬p → q) : q := (Decidable.em p).elim h k

namespace Classical
theorem choose_exists {α : Sort u} {P : α → Prop} (h : ∃ x, P x) : Nonempty { x // P x } := h.elim fun x hx => ⟨⟨x, hx⟩⟩
noncomputable def choose {α : Sort u} {P : α → Prop} (h : ∃ x, P x) : α := (choice (choose_exists h)).val
theorem choose_spec {α : Sort u} {P : α → Prop} (h : ∃ x, P x) : P (choose h) := (choice (choose_exists h)).property

/-- Excluded middle (Diaconescu). `U` and `V` hold a truth value each and coincide if `p` holds; choice picks one from each, and
whether the two picks agree tells whether `p` holds. -/
theorem em (p : Prop) : p ∨ ¬p := by
  let U (x : Prop) : Prop := x = True ∨ p
  let V (x : Prop) : Prop := x = False ∨ p
  have exU : ∃ x, U x := ⟨True, .inl rfl⟩
  have exV : ∃ x, V x := ⟨False, .inl rfl⟩
  have picks : choose exU ≠ choose exV ∨ p := by
    rcases (choose_spec exU : choose exU = True ∨ p) with hu | hp
    · rcases (choose_spec exV : choose exV = False ∨ p) with hv | hp
      · left
        intro e
        exact (hu.symm.trans (e.trans hv)).mp trivial
      · right; exact hp
    · right; exact hp
  rcases picks with hne | hp
  · right
    intro hp
    have same : U = V := funext fun x => propext ⟨fun _ => .inr hp, fun _ => .inr hp⟩
    have equal : ∀ exU exV, @choose Prop U exU = @choose Prop V exV := by
      rw [same]
      intro _ _
      rfl
    exact hne (equal exU exV)
  · left; exact hp
/-- Every proposition is decidable by choice: low priority, so that it never hides an instance that computes. -/
noncomputable scoped instance (priority := low) propDecidable (a : Prop) : Decidable a :=
  choice ((em a).elim (fun h => ⟨isTrue h⟩) (fun h => ⟨isFalse h⟩))
theorem byContradiction (h : ¬p → False) : p := (em p).elim id fun hn => (h hn).elim
theorem byCases (h : p → q) (k : ¬p → q) : q := (em p).elim h k
@[simp] theorem not_not : ¬¬p ↔ p := ⟨byContradiction, not_not_intro⟩
theorem not_forall {α : Sort u} {P : α → Prop} : (¬∀ x, P x) ↔ ∃ x, ¬P x :=
  ⟨fun h => byContradiction fun hn => h fun x => byContradiction fun hx => hn ⟨x, hx⟩, fun ⟨x, hx⟩ h => hx (h x)⟩
theorem not_and_iff_or_not : ¬(p ∧ q) ↔ ¬p ∨ ¬q :=
  ⟨fun h => (em p).elim (fun hp => .inr fun hq => h ⟨hp, hq⟩) .inl,
    fun h x => h.elim (fun hn => hn x.1) (fun hn => hn x.2)⟩
theorem not_imp : ¬(p → q) ↔ p ∧ ¬q :=
  ⟨fun h => ⟨byContradiction fun hn => h fun hp => (hn hp).elim, fun hq => h fun _ => hq⟩, fun h f => h.2 (f h.1)⟩
theorem imp_iff_not_or : (p → q) ↔ ¬p ∨ q :=
  ⟨fun f => (em p).elim (fun hp => .inr (f hp)) .inl, fun h hp => h.elim (fun hn => (hn hp).elim) id⟩
end Classical
