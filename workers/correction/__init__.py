"""Decides: what may change in a line and what may not. Pure functions over text: no model, no I/O.

A line's way: `figure` finds what must not change, `repair` mends the figures whose own form settles it; for words
`suspect` and `candidate` find what they may be, `choice` decides (constrained), or `edit` and `judge` take a model's
answer apart (guarded); `line` builds the result. Then, over the whole document, `settlement` mends and vouches for
figures by decimal `mark` and arithmetic (`table`, `item`, `total`, `claim`), and `review` flags what a person must see.
docs/adr/0004 says why.
"""
