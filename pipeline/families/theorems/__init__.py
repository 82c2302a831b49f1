"""Theorems with their proofs, drawn so that the way to a proof must be found, and the states that Lean shows along it."""
