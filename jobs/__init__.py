"""Start it: thin commands that parse, call the pipeline and print; nothing imports them but each other."""
