"""How a theorem becomes rows: the search for a proof, its prose, blind proofs from it, attempts that failed."""
