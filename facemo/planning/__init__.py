"""Decisions: which tile stands in which cell.

`plan` asks the other modules in this order: `target` (a picture as an array, cut into cells),
`terms` (what the options come to), `describe` (how tiles and cells look), `tint` (how far colours
will be moved), `match` (the nearest tiles of each cell) and `settle` (one of them; `assign` where
uses are capped).
"""
