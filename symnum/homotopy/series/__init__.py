"""Exact perturbation series of oscillators."""
