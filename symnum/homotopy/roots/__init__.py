"""Roots of equations with a small parameter, as Puiseux series."""
