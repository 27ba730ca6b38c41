"""Densities that smooth by convolution, and what each knows of its own integrals."""
