prelude
import Stepmill.Macros
/-!
# Notation: the symbols of ordinary mathematics

Each symbol has the precedence that Lean users expect (the levels are Lean 4's). Arithmetic and relations pass through the
compiled `binop%` and `binrel%` elaborators, so that a literal takes the type of its neighbours; the plain `infix` line before
each gives the printer its way back from `HAdd.hAdd a b` to `a + b`.
-/
set_option autoImplicit false

/-! ## Precedences and the postfix operators of `syntax` -/
macro "max" : prec => `(prec| 1024)
macro "arg" : prec => `(prec| 1023)
macro "lead" : prec => `(prec| 1022)
macro "min" : prec => `(prec| 10)
macro "default" : prio => `(prio| 1000)
macro "low" : prio => `(prio| 100)
macro "mid" : prio => `(prio| 500)
macro "high" : prio => `(prio| 10000)
macro:max x:stx noWs "*" : stx => `(stx| many($x))
macro:max x:stx noWs "+" : stx => `(stx| many1($x))
macro:max x:stx noWs "?" : stx => `(stx| optional($x))
macro:2 x:stx:2 " <|> " y:stx:1 : stx => `(stx| orelse($x, $y))
macro x:stx:max ",*" : stx => `(stx| sepBy($x, ",", ", "))
macro x:stx:max ",+" : stx => `(stx| sepBy1($x, ",", ", "))
macro x:stx:max ",*,?" : stx => `(stx| sepBy($x, ",", ", ", allowTrailingSep))
macro x:stx:max ",+,?" : stx => `(stx| sepBy1($x, ",", ", ", allowTrailingSep))


/-! ## Logic -/
notation:max "¬" p:40 => Not p
infixr:35 " ∧ " => And
infixr:30 " ∨ " => Or
infix:20 " ↔ " => Iff
infix:50 " = " => Eq
infix:50 " ≠ " => Ne
infix:50 " ≍ " => HEq
macro_rules | `($x = $y) => `(binrel% Eq $x $y)
macro_rules | `($x ≠ $y) => `(binrel% Ne $x $y)

/-! ## Order and divisibility -/
infix:50 " ≤ " => LE.le
infix:50 " < " => LT.lt
infix:50 " ≥ " => GE.ge
infix:50 " > " => GT.gt
infix:50 " ∣ " => Dvd.dvd
macro_rules | `($x ≤ $y) => `(binrel% LE.le $x $y)
macro_rules | `($x < $y) => `(binrel% LT.lt $x $y)
macro_rules | `($x ≥ $y) => `(binrel% GE.ge $x $y)
macro_rules | `($x > $y) => `(binrel% GT.gt $x $y)
/-! ## Arithmetic -/
infixl:65 " + " => HAdd.hAdd
infixl:65 " - " => HSub.hSub
infixl:70 " * " => HMul.hMul
infixl:70 " / " => HDiv.hDiv
infixl:70 " % " => HMod.hMod
infixr:75 " ^ " => HPow.hPow
infixl:65 " ++ " => HAppend.hAppend
macro_rules | `($x + $y) => `(binop% HAdd.hAdd $x $y)
macro_rules | `($x - $y) => `(binop% HSub.hSub $x $y)
macro_rules | `($x * $y) => `(binop% HMul.hMul $x $y)
macro_rules | `($x / $y) => `(binop% HDiv.hDiv $x $y)
macro_rules | `($x % $y) => `(binop% HMod.hMod $x $y)
macro_rules | `($x ^ $y) => `(rightact% HPow.hPow $x $y)
macro_rules | `($x ++ $y) => `(binop% HAppend.hAppend $x $y)

/-! ## Bool -/
infix:50 " == " => BEq.beq
infix:50 " != " => bne
infixl:35 " && " => and
infixl:30 " || " => or
infixl:33 " ^^ " => Bool.xor
notation:max "!" b:40 => not b
macro_rules | `($x == $y) => `(binrel_no_prop% BEq.beq $x $y)
macro_rules | `($x != $y) => `(binrel_no_prop% bne $x $y)

/-! ## Functions, pairs, lists, membership, subtypes -/
infixr:90 " ∘ " => Function.comp
infixr:35 " × " => Prod
infixr:67 " :: " => List.cons
notation:50 a:50 " ∈ " s:50 => Membership.mem s a
notation:50 a:50 " ∉ " s:50 => Not (Membership.mem s a)
macro:10 f:term:11 " <| " x:term:10 : term => `($f $x)
macro:10 x:term:10 " |> " f:term:11 : term => `($f $x)
notation "∅" => EmptyCollection.emptyCollection

syntax "[" term,*,? "]" : term
macro_rules
  | `([]) => `(List.nil)
  | `([$x]) => `(List.cons $x List.nil)
  | `([$x, $xs,*]) => `(List.cons $x [$xs,*])
@[app_unexpander List.nil] def List.nil.unexpander : Lean.PrettyPrinter.Unexpander
  | `($_) => `([])
@[app_unexpander List.cons] def List.cons.unexpander : Lean.PrettyPrinter.Unexpander
  | `($_ $x []) => `([$x])
  | `($_ $x [$xs,*]) => `([$x, $xs,*])
  | `($_ $x $xs) => `($x :: $xs)
  | _ => throw ()

namespace Lean
syntax binderIdent := ident <|> hole
end Lean
syntax "{ " ident (" : " term)? " // " term " }" : term
macro_rules
  | `({ $x:ident : $t // $p }) => `(Subtype fun $x:ident : $t => $p)
  | `({ $x:ident // $p }) => `(Subtype fun $x:ident => $p)

/-! ## Conditionals -/
syntax (name := termDepIfThenElse) "if " Lean.binderIdent " : " term " then " ppSpace term " else " term : term
macro_rules
  | `(if $h:ident : $c then $t else $e) => `(dite $c (fun $h:ident => $t) (fun $h:ident => $e))
  | `(if _ : $c then $t else $e) => `(dite $c (fun _ => $t) (fun _ => $e))
syntax (name := termIfThenElse) "if " term " then " ppSpace term " else " term : term
macro_rules
  | `(if $c then $t else $e) => `(ite $c $t $e)
syntax (name := boolIfThenElse) "bif " term " then " ppSpace term " else " term : term
macro_rules
  | `(bif $c then $t else $e) => `(cond $c $t $e)
@[app_unexpander ite] def ite.unexpander : Lean.PrettyPrinter.Unexpander
  | `($_ $c $t $e) => `(if $c then $t else $e)
  | _ => throw ()
@[app_unexpander dite] def dite.unexpander : Lean.PrettyPrinter.Unexpander
  | `($_ $c fun $h:ident => $t fun $_ => $e) => `(if $h:ident : $c then $t else $e)
  | _ => throw ()

/-! ## Quantifiers
`∃ x, p`, `∃ x y : α, p`, `∃ (x : α) (y : β), p`, and both quantifiers bounded: `∀ x ∈ s, p`, `∃ x < n, p`. -/
namespace Lean
/-- The `x` or `_` of a binder, as the term that `fun` takes. -/
def binderTerm (b : Syntax) : Term := TSyntax.mk (b.getArg 0)
end Lean
syntax existsBinder := "(" Lean.binderIdent+ " : " term ")"
syntax (name := existsPlain) "∃ " Lean.binderIdent+ (" : " term)? ", " term : term
syntax (name := existsTyped) "∃ " existsBinder+ ", " term : term
macro_rules (kind := existsPlain)
  | `(∃ $x:binderIdent, $p) => `(Exists fun $(Lean.binderTerm x):term => $p)
  | `(∃ $x:binderIdent : $t, $p) => `(Exists fun ($(Lean.binderTerm x):term : $t) => $p)
  | `(∃ $x:binderIdent $y:binderIdent $ys:binderIdent*, $p) =>
    `(∃ $x:binderIdent, ∃ $y:binderIdent $ys:binderIdent*, $p)
  | `(∃ $x:binderIdent $y:binderIdent $ys:binderIdent* : $t, $p) =>
    `(∃ $x:binderIdent : $t, ∃ $y:binderIdent $ys:binderIdent* : $t, $p)
macro_rules (kind := existsTyped)
  | `(∃ ($xs:binderIdent* : $t), $p) => `(∃ $xs:binderIdent* : $t, $p)
  | `(∃ ($xs:binderIdent* : $t) $b:existsBinder $bs:existsBinder*, $p) =>
    `(∃ $xs:binderIdent* : $t, ∃ $b:existsBinder $bs:existsBinder*, $p)
@[app_unexpander Exists] def Exists.unexpander : Lean.PrettyPrinter.Unexpander
  | `($_ fun $x:ident => ∃ $xs:binderIdent*, $p) => `(∃ $x:ident $xs:binderIdent*, $p)
  | `($_ fun $x:ident => $p) => `(∃ $x:ident, $p)
  | `($_ fun ($x:ident : $t) => $p) => `(∃ ($x:ident : $t), $p)
  | _ => throw ()

/-! A bound after the variable: `∀ x ∈ s, p` is `∀ x, x ∈ s → p`, and `∃ x ∈ s, p` is `∃ x, x ∈ s ∧ p`. -/
macro "∀ " x:ident " ∈ " s:term ", " p:term : term => `(∀ $x:ident, $x:ident ∈ $s → $p)
macro "∀ " x:ident " < " s:term ", " p:term : term => `(∀ $x:ident, $x:ident < $s → $p)
macro "∀ " x:ident " ≤ " s:term ", " p:term : term => `(∀ $x:ident, $x:ident ≤ $s → $p)
macro "∀ " x:ident " > " s:term ", " p:term : term => `(∀ $x:ident, $x:ident > $s → $p)
macro "∀ " x:ident " ≥ " s:term ", " p:term : term => `(∀ $x:ident, $x:ident ≥ $s → $p)
macro "∃ " x:ident " ∈ " s:term ", " p:term : term => `(∃ $x:ident, $x:ident ∈ $s ∧ $p)
macro "∃ " x:ident " < " s:term ", " p:term : term => `(∃ $x:ident, $x:ident < $s ∧ $p)
macro "∃ " x:ident " ≤ " s:term ", " p:term : term => `(∃ $x:ident, $x:ident ≤ $s ∧ $p)
macro "∃ " x:ident " > " s:term ", " p:term : term => `(∃ $x:ident, $x:ident > $s ∧ $p)
macro "∃ " x:ident " ≥ " s:term ", " p:term : term => `(∃ $x:ident, $x:ident ≥ $s ∧ $p)
