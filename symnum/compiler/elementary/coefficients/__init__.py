"""Coefficients and tables of the elementary functions, as data.

Each file is written by its recipe in `symnum.approximation.recipes`; a test computes it anew.
"""
