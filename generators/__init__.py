"""How traces are made: one file per generator with NAME, VERSION, Config and an async `generate`."""
