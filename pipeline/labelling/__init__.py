"""Labelling: what to ask next, what a tap means, what a drawing says."""
