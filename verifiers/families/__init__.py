"""Exact step truth for the procedural families, computed from the problem and the step's own words."""
