"""Kernels of what has no closed form: they are built fast, and right far from the breaks too."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.smoothing import mollify

x = sp.Symbol("x")
h = sp.Symbol("h", positive=True)
ELU = "Piecewise((x, x > 0), (exp(x) - 1, True))"
SINE = "sin(x)*Heaviside(x)"


def cauchy_wave(omega: Any, u: Any) -> Any:
    """Return e^(i omega s), s > 0, smoothed by the Cauchy density, by exponential integrals."""
    if u > 0:
        whole = mpmath.exp(-omega) * mpmath.expj(omega * u)
        return whole - mpmath.conj(cauchy_wave(omega, -u))
    above, below = (
        mpmath.exp(1j * omega * a) * mpmath.e1(1j * omega * a) for a in (u + 1j, u - 1j)
    )
    return (above - below) / (2j * mpmath.pi)


def student_wave(omega: Any, u: Any) -> Any:
    """Return the same for Student's density, by oscillating quadrature."""
    return mpmath.mpc(
        *(
            mpmath.quadosc(
                lambda s, wave=wave: wave(omega * s) / (2 * (1 + (u - s) ** 2) ** 1.5),
                [0, mpmath.inf],
                omega=omega,
            )
            for wave in (mpmath.cos, mpmath.sin)
        )
    )


POINTS = ((0.35, 0.7), (-0.2, 0.7), (20.0, 3.0), (-5.0, 3.0), (1e5, 3.0), (0.01, 0.01), (2e6, 1e6))


def test_waves_meet_the_cauchy_density_without_a_closed_form() -> None:
    kernel = mollify(SINE, x, "cauchy", h).compile()
    with mpmath.workdps(30):
        for at, width in POINTS:
            exact = cauchy_wave(mpmath.mpf(width), mpmath.mpf(at) / mpmath.mpf(width)).imag
            # The phase x is known to 2^-53 |x| only.
            assert abs(kernel(at, width) - exact) <= 3e-13 * min(1, width) + 2.0**-52 * abs(at)
    assert kernel(-np.inf, 1.0) == 0
    assert np.isnan(kernel(np.nan, 1.0))


@pytest.mark.slow
def test_waves_meet_the_student_density_without_a_closed_form() -> None:
    kernel = mollify(SINE, x, "student_t2", h).compile()
    with mpmath.workdps(25):
        for at, width in POINTS[:4]:
            exact = student_wave(mpmath.mpf(width), mpmath.mpf(at) / mpmath.mpf(width)).imag
            assert abs(kernel(at, width) - exact) <= 3e-13


def test_constants_beside_waves_keep_the_tail_of_powers() -> None:
    kernel = mollify("Piecewise((cos(2*x), x < 1), (3, True))", x, "cauchy", "1/2").compile()
    with mpmath.workdps(30):
        for at in (-3.0, 1.5, 9000.0):
            u = 2 * (mpmath.mpf(at) - 1)
            wave = mpmath.expj(2) * cauchy_wave(mpmath.mpf(1), u)
            left = mpmath.exp(-1) * mpmath.cos(2 * mpmath.mpf(at)) - wave.real
            exact = left + 3 * (mpmath.mpf(1) / 2 + mpmath.atan(u) / mpmath.pi)
            assert abs(kernel(at) - exact) <= 1e-12


def test_quadrature_vanishes_beyond_the_support_of_the_bump() -> None:
    kernel = mollify(ELU, x, "bump", 3).compile()
    far = np.array([100.0, 1e5, np.inf, -np.inf])
    assert kernel(far) == pytest.approx([100.0, 1e5, np.inf, -1.0], rel=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("mollifier", ["student_t2", "bump"])
def test_exponentials_meet_densities_without_a_closed_form(mollifier: str) -> None:
    smooth = mollify(ELU, x, mollifier, h)
    values = smooth.compile()(np.array([-50.0, -1e6, 0.3, 1e6, 900.0]), 0.7)
    assert np.isfinite(values).all()
    assert values[1] == pytest.approx(-1, abs=1e-6)
    slopes = smooth.diff().compile()(np.array([-1e6, 1e6]), 0.7)
    assert slopes == pytest.approx([0, 1], abs=1e-6)


@pytest.mark.slow
def test_derivatives_of_quadrature_are_quadratures_of_derivatives() -> None:
    second = mollify(SINE, x, "bump", 2).diff(2).compile()
    density = sp.exp(-1 / (1 - x**2)) / sp.Float("0.443993816168079437823", 20)
    wave = mollify(f"-{SINE}", x, "bump", 2).compile()
    for at in (-1.0, 0.25, 1.5, 7.0):
        jump = float(density.subs(x, at / 2)) / 2 if abs(at) < 2 else 0.0
        assert second(at) == pytest.approx(wave(at) + jump, abs=2e-14)
