"""Procedural problem families: endless problems with exact truth, and worked solutions to train a policy on."""
