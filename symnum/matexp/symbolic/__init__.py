"""Exponentials of matrices of expressions: closed forms, their proofs and kernels."""
