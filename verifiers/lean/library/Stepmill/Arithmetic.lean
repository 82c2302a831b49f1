prelude
import Stepmill.Core
/-!
# Operators, natural numbers and plain data: the second half of what the elaborator knows by name
-/
set_option bootstrap.inductiveCheckResultingUniverse false
set_option linter.defProp false
set_option autoImplicit false
universe u v w

/-! ## Natural numbers -/
set_option genCtorIdx false in
inductive Nat where
  | zero : Nat
  | succ (n : Nat) : Nat
instance instInhabitedNat : Inhabited Nat where
  default := Nat.zero

/-! ## Operator classes -/
class OfNat (α : Type u) (_ : Nat) where
  ofNat : α
@[default_instance 100] instance instOfNatNat (n : Nat) : OfNat Nat n where
  ofNat := n
class Add (α : Type u) where
  add : α → α → α
class HAdd (α : Type u) (β : Type v) (γ : outParam (Type w)) where
  hAdd : α → β → γ
@[reducible, default_instance] instance instHAdd {α : Type u} [Add α] : HAdd α α α where
  hAdd := Add.add
class Sub (α : Type u) where
  sub : α → α → α
class HSub (α : Type u) (β : Type v) (γ : outParam (Type w)) where
  hSub : α → β → γ
@[reducible, default_instance] instance instHSub {α : Type u} [Sub α] : HSub α α α where
  hSub := Sub.sub
class Mul (α : Type u) where
  mul : α → α → α
class HMul (α : Type u) (β : Type v) (γ : outParam (Type w)) where
  hMul : α → β → γ
@[reducible, default_instance] instance instHMul {α : Type u} [Mul α] : HMul α α α where
  hMul := Mul.mul
class Div (α : Type u) where
  div : α → α → α
class HDiv (α : Type u) (β : Type v) (γ : outParam (Type w)) where
  hDiv : α → β → γ
@[reducible, default_instance] instance instHDiv {α : Type u} [Div α] : HDiv α α α where
  hDiv := Div.div
class Mod (α : Type u) where
  mod : α → α → α
class HMod (α : Type u) (β : Type v) (γ : outParam (Type w)) where
  hMod : α → β → γ
@[reducible, default_instance] instance instHMod {α : Type u} [Mod α] : HMod α α α where
  hMod := Mod.mod
class Append (α : Type u) where
  append : α → α → α
class HAppend (α : Type u) (β : Type v) (γ : outParam (Type w)) where
  hAppend : α → β → γ
@[reducible, default_instance] instance instHAppendOfAppend {α : Type u} [Append α] : HAppend α α α where
  hAppend := Append.append
class Pow (α : Type u) (β : Type v) where
  pow : α → β → α
class NatPow (α : Type u) where
  pow : α → Nat → α
class HPow (α : Type u) (β : Type v) (γ : outParam (Type w)) where
  hPow : α → β → γ
@[default_instance 10000] instance instHPow {α : Type u} {β : Type v} [Pow α β] : HPow α β α where
  hPow := Pow.pow
@[default_instance 10000] instance instPowNat {α : Type u} [NatPow α] : Pow α Nat where
  pow := NatPow.pow
class LE (α : Type u) where
  le : α → α → Prop
class LT (α : Type u) where
  lt : α → α → Prop
@[reducible] def GE.ge {α : Type u} [LE α] (a b : α) : Prop := LE.le b a
@[reducible] def GT.gt {α : Type u} [LT α] (a b : α) : Prop := LT.lt b a
class Max (α : Type u) where
  max : α → α → α
class Min (α : Type u) where
  min : α → α → α
export Max (max)
export Min (min)
class Dvd (α : Type u) where
  dvd : α → α → Prop
class BEq (α : Type u) where
  beq : α → α → Bool
class Membership (α : outParam (Type u)) (γ : Type v) where
  mem : (γ : γ) → (a : α) → Prop
class EmptyCollection (α : Type u) where
  emptyCollection : α
class Neg (α : Type u) where
  neg : α → α
/-- Transitivity as `calc` uses it: `Trans r s t` joins an `r` step and an `s` step into a `t` step. -/
class Trans.{x, y, z, a, b, c} {α : Sort a} {β : Sort b} {γ : Sort c} (r : α → β → Sort x) (s : β → γ → Sort y)
    (t : outParam (α → γ → Sort z)) where
  trans {a : α} {b : β} {c : γ} : r a b → s b c → t a c
export Trans (trans)
/-- A type whose members may be used as functions. -/
class CoeFun (α : Sort u) (γ : outParam (α → Sort v)) where
  coe : (f : α) → γ f
/-- A type whose members may be used as types. -/
class CoeSort (α : Sort u) (β : outParam (Sort v)) where
  coe : α → β
class CoeT (α : Sort u) (_ : α) (β : Sort v) where
  coe : β
class Coe (α : semiOutParam (Sort u)) (β : Sort v) where
  coe : α → β
instance instCoeTOfCoe {α : Sort u} {β : Sort v} [Coe α β] (a : α) : CoeT α a β where
  coe := Coe.coe a
/-- `b : Bool` used as a proposition means `b = true`. -/
instance instCoeTBoolProp (b : Bool) : CoeT Bool b Prop where
  coe := Eq b true
instance instCoeSortBool : CoeSort Bool Prop where
  coe b := Eq b true
attribute [coe_decl] CoeT.coe Coe.coe CoeSort.coe CoeFun.coe

instance instDecidableEqBool : DecidableEq Bool
  | true, true => isTrue rfl
  | true, false => isFalse (fun h => Bool.noConfusion h)
  | false, true => isFalse (fun h => Bool.noConfusion h)
  | false, false => isTrue rfl

/-! ## Arithmetic
The extern names are those of Lean's run time and of the kernel's big-number arithmetic; the equations are the definition. -/
@[extern "lean_nat_add"]
protected def Nat.add : (@& Nat) → (@& Nat) → Nat
  | n, .zero => n
  | n, .succ m => .succ (Nat.add n m)
instance instAddNat : Add Nat where
  add := Nat.add
@[extern "lean_nat_mul"]
protected def Nat.mul : (@& Nat) → (@& Nat) → Nat
  | _, .zero => .zero
  | n, .succ m => Nat.add (Nat.mul n m) n
instance instMulNat : Mul Nat where
  mul := Nat.mul
@[extern "lean_nat_pow"]
protected def Nat.pow (m : @& Nat) : (@& Nat) → Nat
  | .zero => 1
  | .succ n => Nat.mul (Nat.pow m n) m
instance instNatPowNat : NatPow Nat where
  pow := Nat.pow
@[extern "lean_nat_pred"]
def Nat.pred : (@& Nat) → Nat
  | .zero => .zero
  | .succ n => n
@[extern "lean_nat_sub"]
protected def Nat.sub : (@& Nat) → (@& Nat) → Nat
  | n, .zero => n
  | n, .succ m => Nat.pred (Nat.sub n m)
instance instSubNat : Sub Nat where
  sub := Nat.sub
@[extern "lean_nat_dec_eq"]
def Nat.beq : (@& Nat) → (@& Nat) → Bool
  | .zero, .zero => true
  | .zero, .succ _ => false
  | .succ _, .zero => false
  | .succ n, .succ m => Nat.beq n m
@[extern "lean_nat_dec_le"]
def Nat.ble : (@& Nat) → (@& Nat) → Bool
  | .zero, _ => true
  | .succ _, .zero => false
  | .succ n, .succ m => Nat.ble n m
inductive Nat.le (n : Nat) : Nat → Prop where
  | refl : Nat.le n n
  | step {m : Nat} : Nat.le n m → Nat.le n (Nat.succ m)
protected def Nat.lt (n m : Nat) : Prop := Nat.le (Nat.succ n) m
instance instLENat : LE Nat where
  le := Nat.le
instance instLTNat : LT Nat where
  lt := Nat.lt

attribute [match_pattern] Nat.add Add.add HAdd.hAdd

/-! Decidable equality and order of `Nat`, by way of the fast Boolean tests. -/
theorem Nat.eq_of_beq_eq_true : {n m : Nat} → Eq (Nat.beq n m) true → Eq n m
  | .zero, .zero, _ => rfl
  | .zero, .succ _, h => Bool.noConfusion h
  | .succ _, .zero, h => Bool.noConfusion h
  | .succ n, .succ m, h => congrArg Nat.succ (@Nat.eq_of_beq_eq_true n m h)
theorem Nat.beq_self_eq_true : (n : Nat) → Eq (Nat.beq n n) true
  | .zero => rfl
  | .succ n => Nat.beq_self_eq_true n
/-! Written by hand because these two types are older than `Nat.add`; Lean makes `ctorIdx` for every later type. -/
@[reducible] protected def Bool.ctorIdx (b : Bool) : Nat := b.casesOn Nat.zero (Nat.succ Nat.zero)
/-- Distinct constructors of an enumeration differ: what `Color.noConfusion` and `cases` call. -/
theorem noConfusion_of_Nat {α : Sort u} (f : α → Nat) {a b : α} (h : Eq a b) : (Nat.beq (f a) (f b)).rec False True :=
  h.rec ((Nat.beq_self_eq_true (f a)).symm.rec True.intro : (Nat.beq (f a) (f a)).rec False True)
theorem Nat.ne_of_beq_eq_false {n m : Nat} (h : Eq (Nat.beq n m) false) : Not (Eq n m) :=
  fun e => Bool.noConfusion ((h.symm.trans (e.rec (Nat.beq_self_eq_true n)) : Eq false true))
@[extern "lean_nat_dec_eq"]
def Nat.decEq (n m : @& Nat) : Decidable (Eq n m) :=
  match h : Nat.beq n m with
  | true => isTrue (Nat.eq_of_beq_eq_true h)
  | false => isFalse (Nat.ne_of_beq_eq_false h)
@[reducible] protected def Nat.ctorIdx (n : Nat) : Nat := n.casesOn Nat.zero (fun _ => Nat.succ Nat.zero)
instance instDecidableEqNat : DecidableEq Nat := Nat.decEq
theorem Nat.zero_le : (n : Nat) → LE.le 0 n
  | .zero => Nat.le.refl
  | .succ n => Nat.le.step (Nat.zero_le n)
theorem Nat.succ_le_succ {n m : Nat} (h : LE.le n m) : LE.le (Nat.succ n) (Nat.succ m) :=
  h.rec Nat.le.refl (fun _ ih => Nat.le.step ih)
theorem Nat.le_of_ble_eq_true : {n m : Nat} → Eq (Nat.ble n m) true → LE.le n m
  | .zero, m, _ => Nat.zero_le m
  | .succ _, .zero, h => Bool.noConfusion h
  | .succ n, .succ m, h => Nat.succ_le_succ (@Nat.le_of_ble_eq_true n m h)
theorem Nat.ble_self_eq_true : (n : Nat) → Eq (Nat.ble n n) true
  | .zero => rfl
  | .succ n => Nat.ble_self_eq_true n
theorem Nat.ble_succ_eq_true : {n m : Nat} → Eq (Nat.ble n m) true → Eq (Nat.ble n (Nat.succ m)) true
  | .zero, _, _ => rfl
  | .succ _, .zero, h => Bool.noConfusion h
  | .succ n, .succ m, h => @Nat.ble_succ_eq_true n m h
theorem Nat.ble_eq_true_of_le {n m : Nat} (h : LE.le n m) : Eq (Nat.ble n m) true :=
  h.rec (Nat.ble_self_eq_true n) (fun _ ih => Nat.ble_succ_eq_true ih)
theorem Nat.not_le_of_ble_eq_false {n m : Nat} (h : Eq (Nat.ble n m) false) : Not (LE.le n m) :=
  fun hle => Bool.noConfusion ((h.symm.trans (Nat.ble_eq_true_of_le hle) : Eq false true))
@[extern "lean_nat_dec_le"]
instance Nat.decLe (n m : @& Nat) : Decidable (LE.le n m) :=
  match h : Nat.ble n m with
  | true => isTrue (Nat.le_of_ble_eq_true h)
  | false => isFalse (Nat.not_le_of_ble_eq_false h)
@[extern "lean_nat_dec_lt"]
instance Nat.decLt (n m : @& Nat) : Decidable (LT.lt n m) := Nat.decLe (Nat.succ n) m
instance instBEqOfDecidableEq {α : Type u} [DecidableEq α] : BEq α where
  beq a b := decide (Eq a b)

@[inline] def bne {α : Type u} [BEq α] (a b : α) : Bool := not (BEq.beq a b)

/-! ## Data -/
inductive List (α : Type u) where
  | nil : List α
  | cons (head : α) (tail : List α) : List α
inductive Option (α : Type u) where
  | none : Option α
  | some (val : α) : Option α
export Option (none some)
instance instInhabitedOption {α : Type u} : Inhabited (Option α) where
  default := none
instance instInhabitedList {α : Type u} : Inhabited (List α) where
  default := List.nil
@[inline] protected def Option.map {α : Type u} {β : Type v} (f : α → β) : Option α → Option β
  | some x => some (f x)
  | none => none
structure Fin (n : Nat) where
  mk ::
  val : Nat
  isLt : LT.lt val n
/-! Types that Lean's parser and compiler name. They carry no theory here: only their names, constructors and run-time layout
matter, so the proofs that Lean's own versions hold are left out. -/
structure Array (α : Type u) where
  mk ::
  toList : List α
structure BitVec (w : Nat) where
  ofFin ::
  toFin : Fin (Nat.pow 2 w)
structure UInt8 where
  ofBitVec ::
  toBitVec : BitVec 8
structure UInt16 where
  ofBitVec ::
  toBitVec : BitVec 16
structure UInt32 where
  ofBitVec ::
  toBitVec : BitVec 32
structure UInt64 where
  ofBitVec ::
  toBitVec : BitVec 64
structure USize where
  ofBitVec ::
  toBitVec : BitVec 64
structure Char where
  val : UInt32
structure ByteArray where
  data : Array UInt8
structure String where
  ofByteArray ::
  toByteArray : ByteArray
