"""Periodic solutions: deformation equations, harmonic balance, limit cycles, refinement."""
