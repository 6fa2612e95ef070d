"""Decisions: which tile stands in which cell."""
