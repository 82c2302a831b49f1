prelude
import Stepmill.Arithmetic
/-!
# Macros: what `syntax`, `macro`, `notation` and `infix` need

A notation of Lean is a program: it reads a `Syntax` tree and returns another, in the monad `MacroM`. The compiled elaborator
runs such programs with Lean's own interpreter, so the types below must have the constructors, the fields and the order that the
compiled code expects (names and shapes: Lean 4, Apache-2.0). A function marked `extern` and `opaque` has no body here: the
interpreter finds the compiled one of the same name in `libleanshared`. `extern "native"` names no C symbol: the
interpreter goes by the Lean name. No theorem rests on any of them.
-/
set_option autoImplicit false
universe u v w

/-! ## Monads -/
class Functor (f : Type u → Type v) where
  map {α β : Type u} : (α → β) → f α → f β
  mapConst {α β : Type u} : α → f β → f α := Function.comp map (Function.const _)
class Pure (f : Type u → Type v) where
  pure {α : Type u} : α → f α
export Pure (pure)
class Seq (f : Type u → Type v) where
  seq {α β : Type u} : f (α → β) → (Unit → f α) → f β
class SeqLeft (f : Type u → Type v) where
  seqLeft {α β : Type u} : f α → (Unit → f β) → f α
class SeqRight (f : Type u → Type v) where
  seqRight {α β : Type u} : f α → (Unit → f β) → f β
class Applicative (f : Type u → Type v) extends Functor f, Pure f, Seq f, SeqLeft f, SeqRight f where
  map := fun x y => Seq.seq (pure x) fun _ => y
  seqLeft := fun a b => Seq.seq (Functor.map (Function.const _) a) b
  seqRight := fun a b => Seq.seq (Functor.map (Function.const _ id) a) b
class Bind (m : Type u → Type v) where
  bind {α β : Type u} : m α → (α → m β) → m β
export Bind (bind)
class Monad (m : Type u → Type v) extends Applicative m, Bind m where
  map f x := bind x fun a => pure (f a)
  seq f x := bind f fun y => Functor.map y (x ())
  seqLeft x y := bind x fun a => bind (y ()) fun _ => pure a
  seqRight x y := bind x fun _ => y ()
class MonadLiftT (m : Type u → Type v) (n : Type u → Type w) where
  monadLift {α : Type u} : m α → n α
class MonadExcept (ε : outParam (Type u)) (m : Type v → Type w) where
  throw {α : Type v} : ε → m α
  tryCatch {α : Type v} (body : m α) (handler : ε → m α) : m α

export MonadExcept (throw)

def ReaderT (ρ : Type u) (m : Type u → Type v) (α : Type u) : Type (max u v) := ρ → m α
inductive EStateM.Result (ε σ α : Type u) : Type u where
  | ok (a : α) (s : σ) : Result ε σ α
  | error (e : ε) (s : σ) : Result ε σ α
def EStateM (ε σ α : Type u) : Type u := σ → EStateM.Result ε σ α
namespace EStateM
variable {ε σ α β : Type u}
@[always_inline, inline] protected def pure (a : α) : EStateM ε σ α := fun s => Result.ok a s
@[always_inline, inline] protected def bind (x : EStateM ε σ α) (f : α → EStateM ε σ β) : EStateM ε σ β := fun s =>
  match x s with
  | Result.ok a s => f a s
  | Result.error e s => Result.error e s
@[always_inline, inline] protected def throw (e : ε) : EStateM ε σ α := fun s => Result.error e s
instance instMonad : Monad (EStateM ε σ) where
  pure := EStateM.pure
  bind := EStateM.bind
instance instInhabited [Inhabited ε] : Inhabited (EStateM ε σ α) where
  default := EStateM.throw default
end EStateM
instance ReaderT.instMonad {ρ : Type u} {m : Type u → Type v} [Monad m] : Monad (ReaderT ρ m) where
  pure a := fun _ => pure a
  bind x f := fun r => bind (x r) fun a => f a r
instance ReaderT.instInhabited {ρ : Type u} {m : Type u → Type v} {α : Type u} [Inhabited (m α)] :
    Inhabited (ReaderT ρ m α) where
  default := fun _ => default

/-! ## Strings and arrays, as the compiled run time has them -/
structure String.Pos.Raw where
  mk ::
  byteIdx : Nat
structure Substring.Raw where
  mk ::
  str : String
  startPos : String.Pos.Raw
  stopPos : String.Pos.Raw
instance instInhabitedArray {α : Type u} : Inhabited (Array α) where
  default := Array.mk List.nil
instance instInhabitedString : Inhabited String where
  default := ""
instance instInhabitedUInt64 : Inhabited UInt64 where
  default := UInt64.ofBitVec (BitVec.ofFin (Fin.mk 0 (Nat.le_of_ble_eq_true rfl)))
instance instInhabitedSubstring : Inhabited Substring.Raw where
  default := Substring.Raw.mk "" (String.Pos.Raw.mk 0) (String.Pos.Raw.mk 0)
@[extern "lean_mk_empty_array_with_capacity"] opaque Array.mkEmpty {α : Type u} (capacity : Nat) : Array α
@[extern "lean_array_push"] opaque Array.push {α : Type u} (xs : Array α) (x : α) : Array α
@[extern "lean_array_get_size"] opaque Array.size {α : Type u} (xs : Array α) : Nat
@[extern "native"] opaque Array.getD {α : Type u} (xs : Array α) (i : Nat) (d : α) : α := d
@[extern "native"] opaque Array.append {α : Type u} (xs ys : Array α) : Array α
@[extern "native"] opaque Array.appendCore {α : Type u} (xs ys : Array α) : Array α
@[extern "native"] opaque Array.extract {α : Type u} (xs : Array α) (start stop : Nat) : Array α
@[inline] def Array.empty {α : Type u} : Array α := Array.mkEmpty 0
def Array.mkArray0 {α : Type u} : Array α := Array.mkEmpty 0
def Array.mkArray1 {α : Type u} (a : α) : Array α := (Array.mkEmpty 1).push a
def Array.mkArray2 {α : Type u} (a b : α) : Array α := (Array.mkArray1 a).push b
def Array.mkArray3 {α : Type u} (a b c : α) : Array α := (Array.mkArray2 a b).push c
def Array.mkArray4 {α : Type u} (a b c d : α) : Array α := (Array.mkArray3 a b c).push d
def Array.mkArray5 {α : Type u} (a b c d e : α) : Array α := (Array.mkArray4 a b c d).push e
def Array.mkArray6 {α : Type u} (a b c d e f : α) : Array α := (Array.mkArray5 a b c d e).push f
def Array.mkArray7 {α : Type u} (a b c d e f g : α) : Array α := (Array.mkArray6 a b c d e f).push g
def Array.mkArray8 {α : Type u} (a b c d e f g h : α) : Array α := (Array.mkArray7 a b c d e f g).push h
def Array.pushList {α : Type u} (xs : Array α) : List α → Array α
  | .nil => xs
  | .cons y ys => Array.pushList (xs.push y) ys
def List.toArray {α : Type u} (xs : List α) : Array α := Array.empty.pushList xs
instance instAppendArray {α : Type u} : Append (Array α) where
  append := Array.append
@[extern "native"] opaque String.toRawSubstring (s : String) : Substring.Raw
@[extern "native"] opaque String.toRawSubstring' (s : String) : Substring.Raw
@[extern "lean_uint64_of_nat"] opaque UInt64.ofNat (n : Nat) : UInt64
@[extern "lean_uint64_mix_hash"] opaque mixHash (a b : UInt64) : UInt64
@[extern "lean_string_hash"] opaque String.hash (s : String) : UInt64

/-! ## Names and syntax trees -/
namespace Lean
inductive Name where
  | anonymous : Name
  | str (pre : Name) (str : String)
  | num (pre : Name) (i : Nat)
with
  @[computed_field] hash : Name → UInt64
    | .anonymous => UInt64.ofNat 1723
    | .str p s => mixHash p.hash s.hash
    | .num p i => mixHash p.hash (UInt64.ofNat i)
instance : Inhabited Name where
  default := Name.anonymous
namespace Name
abbrev mkStr (p : Name) (s : String) : Name := Name.str p s
abbrev mkNum (p : Name) (v : Nat) : Name := Name.num p v
abbrev mkSimple (s : String) : Name := .str .anonymous s
abbrev mkStr1 (s₁ : String) : Name := .str .anonymous s₁
abbrev mkStr2 (s₁ s₂ : String) : Name := .str (mkStr1 s₁) s₂
abbrev mkStr3 (s₁ s₂ s₃ : String) : Name := .str (mkStr2 s₁ s₂) s₃
abbrev mkStr4 (s₁ s₂ s₃ s₄ : String) : Name := .str (mkStr3 s₁ s₂ s₃) s₄
abbrev mkStr5 (s₁ s₂ s₃ s₄ s₅ : String) : Name := .str (mkStr4 s₁ s₂ s₃ s₄) s₅
abbrev mkStr6 (s₁ s₂ s₃ s₄ s₅ s₆ : String) : Name := .str (mkStr5 s₁ s₂ s₃ s₄ s₅) s₆
abbrev mkStr7 (s₁ s₂ s₃ s₄ s₅ s₆ s₇ : String) : Name := .str (mkStr6 s₁ s₂ s₃ s₄ s₅ s₆) s₇
abbrev mkStr8 (s₁ s₂ s₃ s₄ s₅ s₆ s₇ s₈ : String) : Name := .str (mkStr7 s₁ s₂ s₃ s₄ s₅ s₆ s₇) s₈
@[extern "lean_name_eq"] protected opaque beq (a b : Name) : Bool
end Name
instance : BEq Name where
  beq := Name.beq

inductive SourceInfo where
  | original (leading : Substring.Raw) (pos : String.Pos.Raw) (trailing : Substring.Raw) (endPos : String.Pos.Raw)
  | synthetic (pos : String.Pos.Raw) (endPos : String.Pos.Raw) (canonical : Bool := false)
  | protected none
instance : Inhabited SourceInfo where
  default := SourceInfo.none
abbrev SyntaxNodeKind := Name
inductive Syntax.Preresolved where
  | namespace (ns : Name)
  | decl (n : Name) (fields : List String)
inductive Syntax where
  | missing : Syntax
  | node (info : SourceInfo) (kind : SyntaxNodeKind) (args : Array Syntax) : Syntax
  | atom (info : SourceInfo) (val : String) : Syntax
  | ident (info : SourceInfo) (rawVal : Substring.Raw) (val : Name) (preresolved : List Syntax.Preresolved) : Syntax
instance : Inhabited Syntax where
  default := Syntax.missing
abbrev SyntaxNodeKinds := List SyntaxNodeKind
structure TSyntax (ks : SyntaxNodeKinds) where
  raw : Syntax
instance (ks : SyntaxNodeKinds) : Inhabited (TSyntax ks) where
  default := TSyntax.mk default
instance (k : Name) : CoeT Name k SyntaxNodeKinds where
  coe := List.cons k List.nil
instance (ks : SyntaxNodeKinds) (stx : TSyntax ks) : CoeT (TSyntax ks) stx Syntax where
  coe := stx.raw
abbrev TSyntaxArray (ks : SyntaxNodeKinds) := Array (TSyntax ks)
unsafe def TSyntaxArray.rawImpl {ks : SyntaxNodeKinds} : TSyntaxArray ks → Array Syntax := unsafeCast
@[implemented_by TSyntaxArray.rawImpl]
opaque TSyntaxArray.raw {ks : SyntaxNodeKinds} (as : TSyntaxArray ks) : Array Syntax
unsafe def TSyntaxArray.mkImpl {ks : SyntaxNodeKinds} : Array Syntax → TSyntaxArray ks := unsafeCast
@[implemented_by TSyntaxArray.mkImpl]
opaque TSyntaxArray.mk {ks : SyntaxNodeKinds} (as : Array Syntax) : TSyntaxArray ks
abbrev choiceKind : SyntaxNodeKind := `choice
abbrev nullKind : SyntaxNodeKind := `null
abbrev groupKind : SyntaxNodeKind := `group
abbrev identKind : SyntaxNodeKind := `ident
abbrev strLitKind : SyntaxNodeKind := `str
abbrev charLitKind : SyntaxNodeKind := `char
abbrev numLitKind : SyntaxNodeKind := `num
abbrev hygieneInfoKind : SyntaxNodeKind := `hygieneInfo
abbrev Term := TSyntax (List.cons `term List.nil)
abbrev Ident := TSyntax (List.cons `ident List.nil)
@[inline] def mkNode (k : SyntaxNodeKind) (args : Array Syntax) : TSyntax (List.cons k List.nil) :=
  TSyntax.mk (Syntax.node SourceInfo.none k args)
@[inline] def mkNullNode (args : Array Syntax := Array.empty) : Syntax := (mkNode nullKind args).raw
@[extern "native"] opaque mkAtom (val : String) : Syntax
@[extern "native"] opaque SourceInfo.fromRef (ref : Syntax) (canonical : Bool := false) : SourceInfo
@[extern "native"] opaque replaceRef (ref oldRef : Syntax) : Syntax
namespace Syntax
@[extern "native"] opaque getKind (stx : Syntax) : SyntaxNodeKind
@[extern "native"] opaque isOfKind (stx : Syntax) (k : SyntaxNodeKind) : Bool
@[extern "native"] opaque isNodeOf (stx : Syntax) (k : SyntaxNodeKind) (n : Nat) : Bool
@[extern "native"] opaque matchesNull (stx : Syntax) (n : Nat) : Bool
@[extern "native"] opaque matchesIdent (stx : Syntax) (id : Name) : Bool
@[extern "native"] opaque matchesLit (stx : Syntax) (k : SyntaxNodeKind) (val : String) : Bool
@[extern "native"] opaque getArg (stx : Syntax) (i : Nat) : Syntax
@[extern "native"] opaque getArgs (stx : Syntax) : Array Syntax
@[extern "native"] opaque getNumArgs (stx : Syntax) : Nat
@[extern "native"] opaque getOptional? (stx : Syntax) : Option Syntax
@[extern "native"] opaque isMissing (stx : Syntax) : Bool
@[extern "native"] opaque isIdent (stx : Syntax) : Bool
@[extern "native"] opaque getId (stx : Syntax) : Name
def node1 (info : SourceInfo) (kind : SyntaxNodeKind) (a₁ : Syntax) : Syntax := .node info kind (Array.mkArray1 a₁)
def node2 (info : SourceInfo) (kind : SyntaxNodeKind) (a₁ a₂ : Syntax) : Syntax :=
  .node info kind (Array.mkArray2 a₁ a₂)
def node3 (info : SourceInfo) (kind : SyntaxNodeKind) (a₁ a₂ a₃ : Syntax) : Syntax :=
  .node info kind (Array.mkArray3 a₁ a₂ a₃)
def node4 (info : SourceInfo) (kind : SyntaxNodeKind) (a₁ a₂ a₃ a₄ : Syntax) : Syntax :=
  .node info kind (Array.mkArray4 a₁ a₂ a₃ a₄)
def node5 (info : SourceInfo) (kind : SyntaxNodeKind) (a₁ a₂ a₃ a₄ a₅ : Syntax) : Syntax :=
  .node info kind (Array.mkArray5 a₁ a₂ a₃ a₄ a₅)
def node6 (info : SourceInfo) (kind : SyntaxNodeKind) (a₁ a₂ a₃ a₄ a₅ a₆ : Syntax) : Syntax :=
  .node info kind (Array.mkArray6 a₁ a₂ a₃ a₄ a₅ a₆)
def node7 (info : SourceInfo) (kind : SyntaxNodeKind) (a₁ a₂ a₃ a₄ a₅ a₆ a₇ : Syntax) : Syntax :=
  .node info kind (Array.mkArray7 a₁ a₂ a₃ a₄ a₅ a₆ a₇)
def node8 (info : SourceInfo) (kind : SyntaxNodeKind) (a₁ a₂ a₃ a₄ a₅ a₆ a₇ a₈ : Syntax) : Syntax :=
  .node info kind (Array.mkArray8 a₁ a₂ a₃ a₄ a₅ a₆ a₇ a₈)
structure SepArray (sep : String) where
  elemsAndSeps : Array Syntax
structure TSepArray (ks : SyntaxNodeKinds) (sep : String) where
  elemsAndSeps : Array Syntax
end Syntax

/-! ## Grammars, as `syntax` writes them -/
inductive ParserDescr where
  | const (name : Name)
  | unary (name : Name) (p : ParserDescr)
  | binary (name : Name) (p₁ p₂ : ParserDescr)
  | node (kind : SyntaxNodeKind) (prec : Nat) (p : ParserDescr)
  | trailingNode (kind : SyntaxNodeKind) (prec lhsPrec : Nat) (p : ParserDescr)
  | symbol (val : String)
  | nonReservedSymbol (val : String) (includeIdent : Bool)
  | cat (catName : Name) (rbp : Nat)
  | parser (declName : Name)
  | nodeWithAntiquot (name : String) (kind : SyntaxNodeKind) (p : ParserDescr)
  | sepBy (p : ParserDescr) (sep : String) (psep : ParserDescr) (allowTrailingSep : Bool := false)
  | sepBy1 (p : ParserDescr) (sep : String) (psep : ParserDescr) (allowTrailingSep : Bool := false)
  | unicodeSymbol (val asciiVal : String) (preserveForPP : Bool)
instance : Inhabited ParserDescr where
  default := ParserDescr.symbol ""
abbrev TrailingParserDescr := ParserDescr

/-! ## The monads of macros and of pretty-printing -/
abbrev MacroScope := Nat
class MonadRef (m : Type → Type) where
  getRef : m Syntax
  withRef {α : Type} : Syntax → m α → m α
export MonadRef (getRef)
class MonadQuotation (m : Type → Type) extends MonadRef m where
  getCurrMacroScope : m MacroScope
  getContext : m Name
  withFreshMacroScope {α : Type} : m α → m α
export MonadQuotation (getCurrMacroScope withFreshMacroScope)
@[inline] def MonadRef.mkInfoFromRefPos {m : Type → Type} [Monad m] [MonadRef m] : m SourceInfo :=
  bind getRef fun ref => pure (SourceInfo.fromRef ref)
@[inline] def withRef {m : Type → Type} [Monad m] [MonadRef m] {α : Type} (ref : Syntax) (x : m α) : m α :=
  bind getRef fun oldRef => MonadRef.withRef (replaceRef ref oldRef) x
@[extern "native"] opaque addMacroScope (ctx : Name) (n : Name) (scope : MacroScope) : Name

namespace Macro
structure Context where
  methods : PUnit.{1}
  quotContext : Name
  currMacroScope : MacroScope
  currRecDepth : Nat
  maxRecDepth : Nat
  ref : Syntax
inductive Exception where
  | error : Syntax → String → Exception
  | unsupportedSyntax : Exception
instance : Inhabited Exception where
  default := Exception.unsupportedSyntax
structure State where
  macroScope : MacroScope
  traceMsgs : List (Prod Name String)
  expandedMacroDecls : List Name
end Macro
abbrev MacroM := ReaderT Macro.Context (EStateM Macro.Exception Macro.State)
abbrev Macro := Syntax → MacroM Syntax
namespace Macro
instance : MonadQuotation MacroM where
  getRef ctx := EStateM.pure ctx.ref
  withRef ref x := fun ctx =>
    x (Context.mk ctx.methods ctx.quotContext ctx.currMacroScope ctx.currRecDepth ctx.maxRecDepth ref)
  getCurrMacroScope ctx := EStateM.pure ctx.currMacroScope
  getContext ctx := EStateM.pure ctx.quotContext
  withFreshMacroScope x ctx s :=
    x (Context.mk ctx.methods ctx.quotContext s.macroScope ctx.currRecDepth ctx.maxRecDepth ctx.ref)
      (State.mk (Nat.succ s.macroScope) s.traceMsgs s.expandedMacroDecls)
def throwUnsupported {α : Type} : MacroM α := fun _ => EStateM.throw Exception.unsupportedSyntax
def throwErrorAt {α : Type} (ref : Syntax) (msg : String) : MacroM α := fun ctx =>
  EStateM.throw (Exception.error (replaceRef ref ctx.ref) msg)
def throwError {α : Type} (msg : String) : MacroM α := fun ctx => EStateM.throw (Exception.error ctx.ref msg)
instance : MonadExcept Exception MacroM where
  throw e := fun _ => EStateM.throw e
  tryCatch x handler := fun ctx s =>
    match x ctx s with
    | EStateM.Result.error e s => handler e ctx s
    | ok => ok
end Macro

namespace PrettyPrinter
abbrev UnexpandM := ReaderT Syntax (EStateM Unit Unit)
abbrev Unexpander := Syntax → UnexpandM Syntax
instance : MonadQuotation UnexpandM where
  getRef ref := EStateM.pure ref
  withRef ref x := fun _ => x ref
  getCurrMacroScope := fun _ => EStateM.pure 0
  getContext := fun _ => EStateM.pure `_unexpander
  withFreshMacroScope x := x
instance : MonadExcept Unit UnexpandM where
  throw e := fun _ => EStateM.throw e
  tryCatch x handler := fun ref s =>
    match x ref s with
    | EStateM.Result.error e s => handler e ref s
    | ok => ok
end PrettyPrinter
end Lean
