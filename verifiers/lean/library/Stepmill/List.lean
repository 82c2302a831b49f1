prelude
import Stepmill.NatKernel
/-!
# Lists, options and pairs
-/
set_option autoImplicit false
universe u v w
variable {α : Type u} {β : Type v} {γ : Type w}

namespace Prod
theorem eta (p : α × β) : (p.1, p.2) = p := rfl
@[simp] theorem mk_inj {a a' : α} {b b' : β} : (a, b) = (a', b') ↔ a = a' ∧ b = b' := by
  constructor
  · intro h; cases h; exact ⟨rfl, rfl⟩
  · rintro ⟨rfl, rfl⟩; rfl
def swap (p : α × β) : β × α := (p.2, p.1)
@[simp] theorem swap_swap (p : α × β) : p.swap.swap = p := rfl
@[ext] protected theorem ext {p q : α × β} (h : p.1 = q.1) (k : p.2 = q.2) : p = q := by
  cases p; cases q; exact mk_inj.mpr ⟨h, k⟩
instance instDecidableEqProd [DecidableEq α] [DecidableEq β] : DecidableEq (α × β) :=
  fun (_, _) (_, _) => decidable_of_iff' mk_inj
end Prod

namespace Option
@[simp] theorem some_inj {a b : α} : some a = some b ↔ a = b := ⟨fun h => by cases h; rfl, fun h => h ▸ rfl⟩
@[simp] theorem some_ne_none (a : α) : some a ≠ none := fun h => by cases h
theorem ne_none_iff_exists {o : Option α} : o ≠ none ↔ ∃ a, o = some a := by
  cases o with
  | none => exact ⟨fun h => absurd rfl h, fun ⟨_, h⟩ => by cases h⟩
  | some a => exact ⟨fun _ => ⟨a, rfl⟩, fun _ => some_ne_none a⟩
def isSome : Option α → Bool
  | some _ => true
  | none => false
def isNone : Option α → Bool
  | some _ => false
  | none => true
def getD (o : Option α) (d : α) : α :=
  match o with
  | some a => a
  | none => d
protected def bind (o : Option α) (f : α → Option β) : Option β :=
  match o with
  | some a => f a
  | none => none
@[simp] theorem map_none (f : α → β) : Option.map f none = none := rfl
@[simp] theorem map_some (f : α → β) (a : α) : Option.map f (some a) = some (f a) := rfl
@[simp] theorem map_id (o : Option α) : Option.map id o = o := by cases o <;> rfl
@[simp] theorem map_map (g : β → γ) (f : α → β) (o : Option α) : Option.map g (Option.map f o) = Option.map (g ∘ f) o :=
  by
  cases o <;> rfl
@[simp] theorem isSome_none : isSome (none : Option α) = false := rfl
@[simp] theorem isSome_some (a : α) : isSome (some a) = true := rfl
@[simp] theorem isNone_none : isNone (none : Option α) = true := rfl
@[simp] theorem isNone_some (a : α) : isNone (some a) = false := rfl
@[simp] theorem getD_none (d : α) : getD none d = d := rfl
@[simp] theorem getD_some (a d : α) : getD (some a) d = a := rfl
@[simp] theorem bind_none (f : α → Option β) : Option.bind none f = none := rfl
@[simp] theorem bind_some (f : α → Option β) (a : α) : Option.bind (some a) f = f a := rfl
instance instDecidableEqOption [DecidableEq α] : DecidableEq (Option α)
  | none, none => isTrue rfl
  | none, some _ => isFalse fun h => by cases h
  | some _, none => isFalse fun h => by cases h
  | some _, some _ => decidable_of_iff' some_inj
end Option

namespace List
/-! ## Functions -/
def length : List α → Nat
  | [] => 0
  | _ :: xs => length xs + 1
protected def append : List α → List α → List α
  | [], ys => ys
  | x :: xs, ys => x :: List.append xs ys
instance instAppendList : Append (List α) := ⟨List.append⟩
def map (f : α → β) : List α → List β
  | [] => []
  | x :: xs => f x :: map f xs
def filter (p : α → Bool) : List α → List α
  | [] => []
  | x :: xs => if p x then x :: filter p xs else filter p xs
def foldr (f : α → β → β) (init : β) : List α → β
  | [] => init
  | x :: xs => f x (foldr f init xs)
def foldl (f : β → α → β) (init : β) : List α → β
  | [] => init
  | x :: xs => foldl f (f init x) xs
def reverse : List α → List α
  | [] => []
  | x :: xs => reverse xs ++ [x]
def replicate : Nat → α → List α
  | 0, _ => []
  | n + 1, a => a :: replicate n a
def take : Nat → List α → List α
  | 0, _ => []
  | _ + 1, [] => []
  | n + 1, x :: xs => x :: take n xs
def drop : Nat → List α → List α
  | 0, xs => xs
  | _ + 1, [] => []
  | n + 1, _ :: xs => drop n xs
def head? : List α → Option α
  | [] => none
  | x :: _ => some x
def tail : List α → List α
  | [] => []
  | _ :: xs => xs
def isEmpty : List α → Bool
  | [] => true
  | _ :: _ => false
def all (p : α → Bool) : List α → Bool
  | [] => true
  | x :: xs => p x && all p xs
def any (p : α → Bool) : List α → Bool
  | [] => false
  | x :: xs => p x || any p xs
def sum : List Nat → Nat
  | [] => 0
  | x :: xs => x + sum xs
def zip : List α → List β → List (α × β)
  | x :: xs, y :: ys => (x, y) :: zip xs ys
  | _, _ => []
def flatten : List (List α) → List α
  | [] => []
  | xs :: xss => xs ++ flatten xss
def range' (start : Nat) : Nat → List Nat
  | 0 => []
  | n + 1 => start :: range' (start + 1) n
def range (n : Nat) : List Nat := range' 0 n
def count [DecidableEq α] (a : α) : List α → Nat
  | [] => 0
  | x :: xs => if x = a then count a xs + 1 else count a xs
inductive Mem (a : α) : List α → Prop where
  | head (xs : List α) : Mem a (a :: xs)
  | tail (x : α) {xs : List α} (h : Mem a xs) : Mem a (x :: xs)
instance instMembershipList : Membership α (List α) := ⟨fun xs a => Mem a xs⟩

/-! ## Equality -/
theorem cons_ne_nil (x : α) (xs : List α) : x :: xs ≠ [] := fun h => by cases h
@[simp] theorem cons_inj {x y : α} {xs ys : List α} : x :: xs = y :: ys ↔ x = y ∧ xs = ys := by
  constructor
  · intro h; cases h; exact ⟨rfl, rfl⟩
  · rintro ⟨rfl, rfl⟩; rfl
instance instDecidableEqList [DecidableEq α] : DecidableEq (List α)
  | [], [] => isTrue rfl
  | [], _ :: _ => isFalse fun h => by cases h
  | _ :: _, [] => isFalse fun h => by cases h
  | x :: xs, y :: ys =>
    match decEq x y, instDecidableEqList xs ys with
    | isTrue h, isTrue k => isTrue (cons_inj.mpr ⟨h, k⟩)
    | isFalse h, _ => isFalse fun e => h (cons_inj.mp e).1
    | _, isFalse k => isFalse fun e => k (cons_inj.mp e).2
theorem exists_cons_of_ne_nil {xs : List α} (h : xs ≠ []) : ∃ y ys, xs = y :: ys := by
  cases xs with
  | nil => exact absurd rfl h
  | cons y ys => exact ⟨y, ys, rfl⟩

/-! ## Append and length -/
@[simp] theorem nil_append (xs : List α) : [] ++ xs = xs := rfl
@[simp] theorem cons_append (x : α) (xs ys : List α) : x :: xs ++ ys = x :: (xs ++ ys) := rfl
@[simp] theorem append_nil (xs : List α) : xs ++ [] = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [cons_append, ih]
@[simp] theorem append_assoc (xs ys zs : List α) : xs ++ ys ++ zs = xs ++ (ys ++ zs) := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [cons_append, cons_append, cons_append, ih]
@[simp] theorem length_nil : length ([] : List α) = 0 := rfl
@[simp] theorem length_cons (x : α) (xs : List α) : length (x :: xs) = length xs + 1 := rfl
@[simp] theorem length_append (xs ys : List α) : length (xs ++ ys) = length xs + length ys := by
  induction xs with
  | nil => exact (Nat.zero_add _).symm
  | cons x xs ih => rw [cons_append, length_cons, length_cons, ih, Nat.add_right_comm]
theorem eq_nil_of_length_eq_zero {xs : List α} (h : length xs = 0) : xs = [] := by
  cases xs with
  | nil => rfl
  | cons x xs => exact absurd h (Nat.add_one_ne_zero _)
@[simp] theorem length_eq_zero_iff {xs : List α} : length xs = 0 ↔ xs = [] :=
  ⟨eq_nil_of_length_eq_zero, fun h => h ▸ rfl⟩
@[simp] theorem append_eq_nil_iff {xs ys : List α} : xs ++ ys = [] ↔ xs = [] ∧ ys = [] := by
  cases xs with
  | nil => simp
  | cons x xs => exact ⟨fun h => absurd h (cons_ne_nil _ _), fun h => absurd h.1 (cons_ne_nil _ _)⟩
theorem append_cancel_left {xs ys zs : List α} (h : xs ++ ys = xs ++ zs) : ys = zs := by
  induction xs with
  | nil => exact h
  | cons x xs ih => exact ih (cons_inj.mp h).2

/-! ## Map, filter, folds -/
@[simp] theorem map_nil (f : α → β) : map f [] = [] := rfl
@[simp] theorem map_cons (f : α → β) (x : α) (xs : List α) : map f (x :: xs) = f x :: map f xs := rfl
@[simp] theorem length_map (f : α → β) (xs : List α) : length (map f xs) = length xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [map_cons, length_cons, length_cons, ih]
@[simp] theorem map_append (f : α → β) (xs ys : List α) : map f (xs ++ ys) = map f xs ++ map f ys := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [cons_append, map_cons, map_cons, cons_append, ih]
@[simp] theorem map_map (g : β → γ) (f : α → β) (xs : List α) : map g (map f xs) = map (g ∘ f) xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [map_cons, map_cons, map_cons, ih]; rfl
@[simp] theorem map_id (xs : List α) : map id xs = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [map_cons, ih]; rfl
@[simp] theorem filter_nil (p : α → Bool) : filter p [] = [] := rfl
theorem filter_cons (p : α → Bool) (x : α) (xs : List α) :
    filter p (x :: xs) = if p x then x :: filter p xs else filter p xs := rfl
theorem filter_cons_of_pos {p : α → Bool} {x : α} (xs : List α) (h : p x = true) :
    filter p (x :: xs) = x :: filter p xs :=
  if_pos h
theorem filter_cons_of_neg {p : α → Bool} {x : α} (xs : List α) (h : ¬p x = true) : filter p (x :: xs) = filter p xs :=
  if_neg h
theorem length_filter_le (p : α → Bool) (xs : List α) : length (filter p xs) ≤ length xs := by
  induction xs with
  | nil => exact Nat.le_refl 0
  | cons x xs ih =>
    rw [filter_cons]
    split
    · exact Nat.succ_le_succ ih
    · exact Nat.le_step ih
@[simp] theorem filter_append (p : α → Bool) (xs ys : List α) : filter p (xs ++ ys) = filter p xs ++ filter p ys := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    rw [cons_append, filter_cons, filter_cons, ih]
    split
    · rfl
    · rfl
@[simp] theorem foldr_nil (f : α → β → β) (b : β) : foldr f b [] = b := rfl
@[simp] theorem foldr_cons (f : α → β → β) (b : β) (x : α) (xs : List α) : foldr f b (x :: xs) = f x (foldr f b xs) :=
  rfl
@[simp] theorem foldl_nil (f : β → α → β) (b : β) : foldl f b [] = b := rfl
@[simp] theorem foldl_cons (f : β → α → β) (b : β) (x : α) (xs : List α) : foldl f b (x :: xs) = foldl f (f b x) xs :=
  rfl
theorem foldr_append (f : α → β → β) (b : β) (xs ys : List α) : foldr f b (xs ++ ys) = foldr f (foldr f b ys) xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [cons_append, foldr_cons, foldr_cons, ih]
theorem foldl_append (f : β → α → β) (b : β) (xs ys : List α) : foldl f b (xs ++ ys) = foldl f (foldl f b xs) ys := by
  induction xs generalizing b with
  | nil => rfl
  | cons x xs ih => rw [cons_append, foldl_cons, foldl_cons, ih]
@[simp] theorem sum_nil : sum [] = 0 := rfl
@[simp] theorem sum_cons (x : Nat) (xs : List Nat) : sum (x :: xs) = x + sum xs := rfl
@[simp] theorem sum_append (xs ys : List Nat) : sum (xs ++ ys) = sum xs + sum ys := by
  induction xs with
  | nil => exact (Nat.zero_add _).symm
  | cons x xs ih => rw [cons_append, sum_cons, sum_cons, ih, Nat.add_assoc]
@[simp] theorem flatten_nil : flatten ([] : List (List α)) = [] := rfl
@[simp] theorem flatten_cons (xs : List α) (xss : List (List α)) : flatten (xs :: xss) = xs ++ flatten xss := rfl
@[simp] theorem all_nil (p : α → Bool) : all p [] = true := rfl
@[simp] theorem all_cons (p : α → Bool) (x : α) (xs : List α) : all p (x :: xs) = (p x && all p xs) := rfl
@[simp] theorem any_nil (p : α → Bool) : any p [] = false := rfl
@[simp] theorem any_cons (p : α → Bool) (x : α) (xs : List α) : any p (x :: xs) = (p x || any p xs) := rfl

/-! ## Reverse -/
@[simp] theorem reverse_nil : reverse ([] : List α) = [] := rfl
@[simp] theorem reverse_cons (x : α) (xs : List α) : reverse (x :: xs) = reverse xs ++ [x] := rfl
@[simp] theorem reverse_append (xs ys : List α) : reverse (xs ++ ys) = reverse ys ++ reverse xs := by
  induction xs with
  | nil => rw [nil_append, reverse_nil, append_nil]
  | cons x xs ih => rw [cons_append, reverse_cons, reverse_cons, ih, append_assoc]
@[simp] theorem reverse_reverse (xs : List α) : reverse (reverse xs) = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [reverse_cons, reverse_append, ih]; rfl
@[simp] theorem length_reverse (xs : List α) : length (reverse xs) = length xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [reverse_cons, length_append, ih]; rfl
theorem map_reverse (f : α → β) (xs : List α) : map f (reverse xs) = reverse (map f xs) := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [reverse_cons, map_append, ih]; rfl

/-! ## Take, drop, replicate, zip -/
@[simp] theorem take_zero (xs : List α) : take 0 xs = [] := by cases xs <;> rfl
@[simp] theorem take_nil (n : Nat) : take n ([] : List α) = [] := by cases n <;> rfl
@[simp] theorem take_succ_cons (n : Nat) (x : α) (xs : List α) : take (n + 1) (x :: xs) = x :: take n xs := rfl
@[simp] theorem drop_zero (xs : List α) : drop 0 xs = xs := by cases xs <;> rfl
@[simp] theorem drop_nil (n : Nat) : drop n ([] : List α) = [] := by cases n <;> rfl
@[simp] theorem drop_succ_cons (n : Nat) (x : α) (xs : List α) : drop (n + 1) (x :: xs) = drop n xs := rfl
@[simp] theorem take_append_drop (n : Nat) (xs : List α) : take n xs ++ drop n xs = xs := by
  induction n generalizing xs with
  | zero => rw [take_zero, drop_zero]; rfl
  | succ n ih =>
    cases xs with
    | nil => rfl
    | cons x xs => rw [take_succ_cons, drop_succ_cons, cons_append, ih]
@[simp] theorem length_replicate (n : Nat) (a : α) : length (replicate n a) = n := by
  induction n with
  | zero => rfl
  | succ n ih => exact congrArg (· + 1) ih
theorem replicate_succ (n : Nat) (a : α) : replicate (n + 1) a = a :: replicate n a := rfl
theorem replicate_add (m n : Nat) (a : α) : replicate (m + n) a = replicate m a ++ replicate n a := by
  induction m with
  | zero => rw [Nat.zero_add]; rfl
  | succ m ih => rw [Nat.add_one_add, replicate_succ, ih]; rfl

/-! ## Membership -/
@[simp] theorem not_mem_nil (a : α) : a ∉ ([] : List α) := fun h => by cases h
@[simp] theorem mem_cons {a x : α} {xs : List α} : a ∈ x :: xs ↔ a = x ∨ a ∈ xs := by
  constructor
  · intro h
    cases h with
    | head => exact .inl rfl
    | tail _ h => exact .inr h
  · rintro (rfl | h)
    · exact Mem.head xs
    · exact Mem.tail x h
theorem mem_cons_self {a : α} {xs : List α} : a ∈ a :: xs := Mem.head xs
theorem mem_cons_of_mem (x : α) {a : α} {xs : List α} (h : a ∈ xs) : a ∈ x :: xs := Mem.tail x h
theorem mem_singleton {a b : α} : a ∈ [b] ↔ a = b := by simp
@[simp] theorem mem_append {a : α} {xs ys : List α} : a ∈ xs ++ ys ↔ a ∈ xs ∨ a ∈ ys := by
  induction xs with
  | nil => simp
  | cons x xs ih => simp [ih, or_assoc]
@[simp] theorem mem_reverse {a : α} {xs : List α} : a ∈ reverse xs ↔ a ∈ xs := by
  induction xs with
  | nil => simp
  | cons x xs ih => simp [ih, or_comm]
@[simp] theorem mem_map {f : α → β} {b : β} {xs : List α} : b ∈ map f xs ↔ ∃ a, a ∈ xs ∧ f a = b := by
  induction xs with
  | nil => exact ⟨fun h => absurd h (not_mem_nil b), fun ⟨a, h, _⟩ => absurd h (not_mem_nil a)⟩
  | cons x xs ih =>
    rw [map_cons, mem_cons, ih]
    constructor
    · rintro (rfl | ⟨a, h, rfl⟩)
      · exact ⟨x, mem_cons_self, rfl⟩
      · exact ⟨a, mem_cons_of_mem x h, rfl⟩
    · rintro ⟨a, h, rfl⟩
      rcases mem_cons.mp h with e | h
      · exact .inl (congrArg f e)
      · exact .inr ⟨a, h, rfl⟩
theorem mem_map_of_mem {f : α → β} {a : α} {xs : List α} (h : a ∈ xs) : f a ∈ map f xs := mem_map.mpr ⟨a, h, rfl⟩
theorem mem_filter {p : α → Bool} {a : α} {xs : List α} : a ∈ filter p xs ↔ a ∈ xs ∧ p a = true := by
  induction xs with
  | nil => simp
  | cons x xs ih =>
    rw [filter_cons]
    split
    · rename_i h
      rw [mem_cons, mem_cons, ih]
      constructor
      · rintro (rfl | ⟨k, l⟩)
        · exact ⟨.inl rfl, h⟩
        · exact ⟨.inr k, l⟩
      · rintro ⟨e | k, l⟩
        · exact .inl e
        · exact .inr ⟨k, l⟩
    · rename_i h
      rw [mem_cons, ih]
      constructor
      · exact fun ⟨k, l⟩ => ⟨.inr k, l⟩
      · rintro ⟨rfl | k, l⟩
        · exact absurd l h
        · exact ⟨k, l⟩
theorem all_eq_true {p : α → Bool} {xs : List α} : all p xs = true ↔ ∀ x, x ∈ xs → p x = true := by
  induction xs with
  | nil => simp
  | cons x xs ih => simp [ih, or_imp, forall_and]
theorem eq_nil_iff_forall_not_mem {xs : List α} : xs = [] ↔ ∀ a, a ∉ xs := by
  cases xs with
  | nil => simp
  | cons x xs => exact ⟨fun h => absurd h (cons_ne_nil _ _), fun h => absurd mem_cons_self (h x)⟩
instance instDecidableMemList [DecidableEq α] (a : α) : (xs : List α) → Decidable (a ∈ xs)
  | [] => isFalse (not_mem_nil a)
  | _ :: xs =>
    have := instDecidableMemList a xs
    decidable_of_iff' mem_cons
instance decidableBAll (p : α → Prop) [DecidablePred p] : (xs : List α) → Decidable (∀ x ∈ xs, p x)
  | [] => isTrue fun x h => absurd h (not_mem_nil x)
  | x :: xs =>
    have := decidableBAll p xs
    if h : p x ∧ ∀ y ∈ xs, p y then
      isTrue fun y hy => (mem_cons.mp hy).elim (fun e => e.symm ▸ h.1) (h.2 y)
    else
      isFalse fun k => h ⟨k x mem_cons_self, fun y hy => k y (mem_cons_of_mem x hy)⟩
instance decidableBEx (p : α → Prop) [DecidablePred p] : (xs : List α) → Decidable (∃ x ∈ xs, p x)
  | [] => isFalse fun ⟨x, h, _⟩ => not_mem_nil x h
  | x :: xs =>
    have := decidableBEx p xs
    if h : p x ∨ ∃ y ∈ xs, p y then
      isTrue (h.elim (fun k => ⟨x, mem_cons_self, k⟩) (fun ⟨y, hy, k⟩ => ⟨y, mem_cons_of_mem x hy, k⟩))
    else
      isFalse fun ⟨y, hy, k⟩ => h ((mem_cons.mp hy).elim (fun e => .inl (e ▸ k)) (fun hy => .inr ⟨y, hy, k⟩))
end List
