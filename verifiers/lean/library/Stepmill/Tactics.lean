prelude
import Stepmill.Notation
/-!
# Tactics: the grammar that the compiled tactics read

A tactic of Lean is a grammar and an elaborator, joined by the name of the grammar. The elaborators are compiled into
`libleanshared`; each `syntax (name := …)` below gives one of them its grammar (names and shapes: Lean 4, Apache-2.0). A tactic
that is only a macro in Lean (`rw`, `have`, `trivial`, …) is written here anew.
-/
set_option autoImplicit false
namespace Lean
structure Parser.Category
syntax cdotTk := patternIgnore("· " <|> ". ")
syntax (name := cdot) cdotTk withPosition(colGe tacticSeq) : tactic
/-! ## Calculation
`calc a = b := h` with steps `_ = c := k` below it, as a term and as a tactic. -/
syntax calcFirstStep := ppIndent(colGe term (" := " term)?)
syntax calcStep := ppIndent(colGe term " := " term)
syntax calcSteps := ppLine withPosition(calcFirstStep) withPosition((calcStep ppLine)*)
syntax (name := calc) "calc" calcSteps : term
syntax (name := calcTactic) "calc" calcSteps : tactic

namespace Parser.Tactic

/-! ## Control -/
syntax (name := skip) "skip" : tactic
syntax (name := done) "done" : tactic
syntax (name := fail) "fail" (ppSpace str)? : tactic
syntax (name := focus) "focus " tacticSeq : tactic
syntax (name := paren) "(" withoutPosition(tacticSeq) ")" : tactic
syntax (name := first) "first " withPosition((ppDedent(ppLine) colGe "| " tacticSeq)+) : tactic
syntax (name := allGoals) "all_goals " tacticSeq : tactic
syntax (name := anyGoals) "any_goals " tacticSeq : tactic
syntax (name := failIfSuccess) "fail_if_success " tacticSeq : tactic
syntax (name := rotateLeft) "rotate_left" (ppSpace num)? : tactic
syntax (name := rotateRight) "rotate_right" (ppSpace num)? : tactic
syntax (name := traceState) "trace_state" : tactic
syntax (name := withReducible) "with_reducible " tacticSeq : tactic
syntax (name := withUnfoldingAll) "with_unfolding_all " tacticSeq : tactic
syntax caseArg := binderIdent (ppSpace binderIdent)*
syntax (name := case) "case " sepBy1(caseArg, " | ") " => " tacticSeq : tactic
syntax (name := case') "case' " sepBy1(caseArg, " | ") " => " tacticSeq : tactic
macro "next " args:binderIdent* " => " tac:tacticSeq : tactic => `(tactic| case _ $args* => $tac)
macro "try " t:tacticSeq : tactic => `(tactic| first | $t | skip)
macro:1 x:tactic " <;> " y:tactic:2 : tactic => `(tactic| focus ($x:tactic; all_goals $y:tactic))
syntax "repeat " tacticSeq : tactic
macro_rules | `(tactic| repeat $seq) => `(tactic| first | ($seq); repeat $seq | skip)
syntax (name := repeat') "repeat' " tacticSeq : tactic
syntax (name := repeat1') "repeat1' " tacticSeq : tactic

/-! ## Moving between goal and hypotheses -/
syntax (name := intro) "intro" notFollowedBy("|") (ppSpace colGt term:max)* : tactic
syntax (name := intros) "intros" (ppSpace colGt (ident <|> hole))* : tactic
syntax (name := revert) "revert" (ppSpace colGt term:max)+ : tactic
syntax (name := clear) "clear" (ppSpace colGt term:max)+ : tactic
syntax (name := rename) "rename " term " => " ident : tactic
syntax (name := renameI) "rename_i" (ppSpace colGt binderIdent)+ : tactic
syntax (name := specialize) "specialize " term : tactic
syntax generalizeArg := atomic(ident " : ")? term:51 " = " ident
syntax locationWildcard := " *"
syntax locationType := patternIgnore(atomic("|" noWs "-") <|> "⊢")
syntax locationHyp := (ppSpace colGt (term:max <|> locationType))+
syntax location := withPosition(ppGroup(" at" (locationWildcard <|> locationHyp)))
syntax (name := generalize) "generalize " generalizeArg,+ (location)? : tactic
syntax (name := change) "change " term (location)? : tactic

/-! ## Closing a goal or reducing it to others -/
syntax (name := exact) "exact " term : tactic
syntax (name := apply) "apply " term : tactic
syntax (name := refine) "refine " term : tactic
syntax (name := refine') "refine' " term : tactic
syntax (name := assumption) "assumption" : tactic
syntax (name := contradiction) "contradiction" : tactic
syntax (name := falseOrByContra) "false_or_by_contra" : tactic
syntax (name := constructor) "constructor" : tactic
syntax (name := left) "left" : tactic
syntax (name := right) "right" : tactic
syntax (name := eqRefl) "eq_refl" : tactic
syntax (name := applyRfl) "apply_rfl" : tactic
syntax (name := congr) "congr" (ppSpace num)? : tactic
syntax (name := acRfl) "ac_rfl" : tactic
syntax (name := «decide») "decide" : tactic
macro "exfalso" : tactic => `(tactic| refine False.elim ?_)
macro "infer_instance" : tactic => `(tactic| exact inferInstance)
macro "sorry" : tactic => `(tactic| exact @sorryAx _ false)
macro "admit" : tactic => `(tactic| exact @sorryAx _ false)
macro "nofun" : tactic => `(tactic| exact nofun)
macro "nomatch " es:term,+ : tactic => `(tactic| exact nomatch $es:term,*)

/-- `rfl` closes `a = b` where both sides compute to the same, and `r a a` for a relation `r` with a lemma marked `@[refl]`. -/
syntax "rfl" : tactic
macro_rules | `(tactic| rfl) => `(tactic| apply_rfl)
macro_rules | `(tactic| rfl) => `(tactic| exact HEq.rfl)
macro_rules | `(tactic| rfl) => `(tactic| eq_refl)

/-- `trivial` tries the tactics that need no thought, splitting conjunctions. -/
syntax "trivial" : tactic
macro_rules | `(tactic| trivial) => `(tactic| apply And.intro <;> trivial)
macro_rules | `(tactic| trivial) => `(tactic| exact True.intro)
macro_rules | `(tactic| trivial) => `(tactic| decide)
macro_rules | `(tactic| trivial) => `(tactic| contradiction)
macro_rules | `(tactic| trivial) => `(tactic| rfl)
macro_rules | `(tactic| trivial) => `(tactic| assumption)
macro "exists " es:term,+ : tactic => `(tactic| (refine ⟨$es,*, ?_⟩; try trivial))
syntax "and_intros" : tactic
macro_rules | `(tactic| and_intros) => `(tactic| repeat' refine And.intro ?_ ?_)

/-! ## Steps with a name -/
macro "refine_lift " e:term : tactic => `(tactic| focus (refine no_implicit_lambda% $e; rotate_right))
macro "have " c:letConfig d:letDecl : tactic => `(tactic| refine_lift have $c:letConfig $d:letDecl; ?_)
macro "let " c:letConfig d:letDecl : tactic => `(tactic| refine_lift let $c:letConfig $d:letDecl; ?_)
macro "suffices " d:sufficesDecl : tactic => `(tactic| refine_lift suffices $d; ?_)
macro "show " e:term : tactic => `(tactic| refine_lift show $e from ?_)
syntax (name := replace) "replace" letDecl : tactic

/-! ## Rewriting -/
syntax posConfigItem := " +" noWs ident
syntax negConfigItem := " -" noWs ident
syntax valConfigItem :=
  atomic(" (" notFollowedBy(&"discharger" <|> &"disch") (ident <|> &"config")) " := " withoutPosition(term) ")"
syntax configItem := posConfigItem <|> negConfigItem <|> valConfigItem
syntax optConfig := (colGt configItem)*
syntax rwRule := patternIgnore("← " <|> "<- ")? term
syntax rwRuleSeq := " [" withoutPosition(rwRule,*,?) "]"
syntax (name := rewriteSeq) "rewrite" optConfig rwRuleSeq (location)? : tactic
macro (name := rwSeq) "rw " c:optConfig s:rwRuleSeq l:(location)? : tactic =>
  `(tactic| (rewrite $c:optConfig $s:rwRuleSeq $(l)?; try (with_reducible rfl)))
macro "rwa " s:rwRuleSeq l:(location)? : tactic => `(tactic| (rw $s:rwRuleSeq $(l)?; assumption))
syntax (name := subst) "subst" (ppSpace colGt term:max)+ : tactic
syntax (name := substVars) "subst_vars" : tactic
syntax (name := substEqs) "subst_eqs" : tactic
syntax (name := symm) "symm" (location)? : tactic
syntax (name := delta) "delta" (ppSpace colGt ident)+ (location)? : tactic
syntax (name := unfold) "unfold" (ppSpace colGt ident)+ (location)? : tactic
syntax (name := injection) "injection " term (" with" (ppSpace colGt (ident <|> hole))+)? : tactic
syntax (name := injections) "injections" (ppSpace colGt (ident <|> hole))* : tactic

/-! ## Simplification -/
syntax discharger := atomic(" (" patternIgnore(&"discharger" <|> &"disch")) " := " withoutPosition(tacticSeq) ")"
syntax simpPre := "↓"
syntax simpPost := "↑"
syntax simpLemma := ppGroup((simpPre <|> simpPost)? patternIgnore("← " <|> "<- ")? term)
syntax simpErase := "-" term:max
syntax simpStar := "*"
syntax (name := simp) "simp" optConfig (discharger)? (&" only")?
  (" [" withoutPosition((simpStar <|> simpErase <|> simpLemma),*,?) "]")? (location)? : tactic
syntax (name := simpAll) "simp_all" optConfig (discharger)? (&" only")?
  (" [" withoutPosition((simpErase <|> simpLemma),*,?) "]")? : tactic
syntax (name := dsimp) "dsimp" optConfig (discharger)? (&" only")?
  (" [" withoutPosition((simpErase <|> simpLemma),*,?) "]")? (location)? : tactic
syntax simpArgs := " [" (simpStar <|> simpErase <|> simpLemma),* "]"
syntax simpaArgsRest := optConfig (discharger)? &" only "? (simpArgs)? (" using " term)?
syntax (name := simpa) "simpa" "?"? "!"? simpaArgsRest : tactic

/-! ## Cases and induction -/
syntax elimTarget := atomic(binderIdent " : ")? term
syntax inductionAltLHS := withPosition("| " (("@"? ident) <|> hole) (colGt (ident <|> hole))*)
syntax inductionAlt := ppDedent(ppLine) inductionAltLHS+ (" => " (hole <|> syntheticHole <|> tacticSeq))?
syntax inductionAlts := " with" (ppSpace colGt tactic)? withPosition((colGe inductionAlt)*)
syntax (name := induction) "induction " elimTarget,+ (" using " term)?
  (" generalizing" (ppSpace colGt term:max)+)? (inductionAlts)? : tactic
syntax (name := cases) "cases " elimTarget,+ (" using " term)? (inductionAlts)? : tactic
syntax (name := split) "split" (ppSpace colGt term)? (location)? : tactic

declare_syntax_cat rcasesPat
syntax rcasesPatMed := sepBy1(rcasesPat, " | ")
syntax rcasesPatLo := rcasesPatMed (" : " term)?
syntax (name := rcasesPat.one) ident : rcasesPat
syntax (name := rcasesPat.ignore) "_" : rcasesPat
syntax (name := rcasesPat.clear) "-" : rcasesPat
syntax (name := rcasesPat.explicit) "@" noWs rcasesPat : rcasesPat
syntax (name := rcasesPat.tuple) "⟨" rcasesPatLo,* "⟩" : rcasesPat
syntax (name := rcasesPat.paren) "(" rcasesPatLo ")" : rcasesPat
declare_syntax_cat rintroPat
syntax (name := rintroPat.one) rcasesPat : rintroPat
syntax (name := rintroPat.binder) "(" rintroPat+ (" : " term)? ")" : rintroPat
syntax (name := rcases) "rcases" elimTarget,* (" with " rcasesPatLo)? : tactic
syntax (name := obtain) "obtain" (ppSpace rcasesPatMed)? (" : " term)? (" := " term,+)? : tactic
syntax (name := rintro) "rintro" (ppSpace colGt rintroPat)+ (" : " term)? : tactic

/-! ## Conversion: `conv => lhs; rw [h]` rewrites one part of the goal -/
namespace Conv
declare_syntax_cat conv (behavior := both)
syntax convSeq1Indented := sepByIndentSemicolon(conv)
syntax convSeqBracketed := "{" withoutPosition(sepByIndentSemicolon(conv)) "}"
syntax convSeq := convSeqBracketed <|> convSeq1Indented
syntax (name := conv) "conv" (" at " ident)? " => " convSeq : tactic
syntax (name := skip) "skip" : conv
syntax (name := lhs) "lhs" : conv
syntax (name := rhs) "rhs" : conv
syntax (name := arg) "arg " "@"? num : conv
syntax (name := ext) "ext" (ppSpace colGt binderIdent)* : conv
syntax (name := rewrite) "rewrite" optConfig rwRuleSeq : conv
syntax (name := simp) "simp" optConfig (discharger)? (&" only")?
  (" [" withoutPosition((simpStar <|> simpErase <|> simpLemma),*) "]")? : conv
macro "rw " s:rwRuleSeq : conv => `(conv| rewrite $s:rwRuleSeq)
end Conv
end Parser.Tactic

/-! ## Extensionality: `ext x` applies a theorem marked `@[ext]` and names what it brings -/
namespace Parser.Attr
syntax (name := ext) "ext" (" (" &"iff" " := " term ")")? (ppSpace prio)? : attr
end Parser.Attr
namespace Elab.Tactic.Ext
syntax (name := applyExtTheorem) "apply_ext_theorem" : tactic
syntax (name := ext) "ext" (colGt ppSpace rintroPat)* (" : " num)? : tactic
end Elab.Tactic.Ext
end Lean
macro "‹" p:term "›" : term => `((by assumption : $p))
