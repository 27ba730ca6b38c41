"""Piecewise polynomials with many kinks, given by arrays."""
