"""Decisions: which tile stands in which cell.

`plan` asks the other modules in this order: `target` (a picture as an array, cut into cells),
`terms` (what the options come to), `describe` (how tiles and cells look), `match` (the tiles near
each cell), `appraise` (what each would cost, as drawn), `settle` (one of them; `assign` where
nearly all are to be used), `tint` (whether recolouring would be seen) and `palette` (the variants).
What people wish (`wishes`, by `names`) is held while cells are settled; who has to appear and does
not is placed afterwards (`include`). `replan` holds all that need not change.
"""
