"""Decides: what may change in a line and what may not. Pure functions over text: no model, no I/O.

A line's way: `figure` finds what must not change (and `figure_word` the words that say as much), `repair` mends the
figures whose own form settles it; for words `suspect` and `candidate` find what they may be, `choice` decides
(constrained), or `edit` and `judge` take a model's answer apart (guarded); `line` builds the result.

Then, over the whole document, `settlement`: `mark` settles decimal marks; `table`, `item` and `total` find the
equations that it states; `claim` says what each one proves, `culprit` which figure is to blame where one fails;
`statement` hears the document's XML; `review` flags what a person must see. docs/adr/0004 says why.
"""
