"""Scale: a second engine, a hundred times the problems, shards written and asked, against what the machine would give."""
