"""Pixels: a pure function of the plan."""
