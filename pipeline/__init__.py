"""The flow: sources -> pending -> generate -> verify -> write; models, judges and the Ray shell around it."""
