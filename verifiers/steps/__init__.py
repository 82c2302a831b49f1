"""What a step claims, and whether it holds: deterministic, without a model, linear in the length of the text.

`check.check` is the way in. `pieces` cuts prose with mathematics in it into pieces, `sides` reads one side of an
equation, `equations` finds the equations of a step. Then one module per kind of claim: `annotated` (`<<48/2=24>>`),
`arithmetic` (`48 / 2 = 24`), `rewriting` (`2(x+1) = 2x + 2`, `2x = 4` after `2x + 1 = 5`), `bindings` (`x = 5`, later
`x + 1 = 6`) and `conclusion` (`#### 24`). `linear` solves equations in one unknown, `quantities` knows what units do.
"""
