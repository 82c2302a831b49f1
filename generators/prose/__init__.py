"""Proofs and statements in plain English, without a model."""
