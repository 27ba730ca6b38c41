"""The array functions beside the derivation of the divergences, against each other."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from symnum import catalogue

catalogue.row("gaussian_divergences")
ROW = sys.modules["symnum_gallery.gaussians.gaussian_divergences"]
NAMES = ("kl", "bhattacharyya", "w2_squared")


def test_dense_and_diagonal_versions_agree() -> None:
    d, p, q = np.random.default_rng(3).uniform(0.5, 2.0, (3, 5))
    dense, diagonal = ROW.divergences(d, np.diag(p), np.diag(q)), ROW.diagonal_divergences(d, p, q)
    for name in NAMES:
        assert dense[name] == pytest.approx(diagonal[name], rel=1e-13)


def test_the_diagonal_version_keeps_its_digits_for_close_variances() -> None:
    found = ROW.diagonal_divergences(np.zeros(1), np.ones(1), np.array([1 + 1e-9]))
    gap = (1 + 1e-9) - 1
    assert found["kl"] == pytest.approx(gap**2 / 4, rel=1e-8)
    assert found["w2_squared"] == pytest.approx(gap**2 / 4, rel=1e-8)


def test_singular_matrices() -> None:
    regular, singular = np.eye(3), np.diag([1.0, 2.0, 0.0])
    for p, q in ((regular, singular), (singular, regular)):
        found = ROW.divergences(np.zeros(3), p, q)
        assert found["kl"] == found["bhattacharyya"] == np.inf
        assert found["w2_squared"] == pytest.approx((np.sqrt(2) - 1) ** 2 + 1)
        found = ROW.diagonal_divergences(np.zeros(3), np.diag(p), np.diag(q))
        assert found["kl"] == found["bhattacharyya"] == np.inf
    for p, q in ((singular, singular), (-regular, regular)):
        with pytest.raises(ValueError, match="no negative eigenvalue and at most one singular"):
            ROW.divergences(np.zeros(3), p, q)
    with pytest.raises(ValueError, match="shapes do not fit"):
        ROW.divergences(np.zeros(2), regular, regular)
