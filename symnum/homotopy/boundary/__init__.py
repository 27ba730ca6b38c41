"""Boundary-value problems, infinite intervals and unknown numbers among them."""
