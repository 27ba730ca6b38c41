"""Exponentials of arrays of numbers."""
