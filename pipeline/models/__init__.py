"""Engines behind the one protocol of `schemas.model`, each in a process of its own, and the embedded policies."""
