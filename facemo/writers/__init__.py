"""Files out: one module a format, each ending in its `FORMAT` record."""
