"""Makes the recogniser's weights for coarse pages anew (README.md). Nothing of the product imports it."""
