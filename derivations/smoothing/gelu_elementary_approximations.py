"""Where the two elementary approximations to GELU come from, and which constants are best.

The tanh form and the logistic form are fits to the normal distribution function, by Taylor's
series or in the largest error; for GELU itself other constants are better. Source: Su Jianlin,
kexue.fm, GELU的两个初等函数近似是怎么来的.
"""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import sympy as sp

import symnum as sn
from symnum.smoothing import NormalGate

RANGES = {"x": (-6.0, 6.0)}
TAILS = ({"x": -30.0}, {"x": -12.0}, {"x": -38.0}, {"x": 1e-8}, {"x": -1e-8}, {"x": 40.0})

x, y, z, v, w = sp.symbols("x y z v w")
slope, scale, cubic, largest = sp.symbols("b l c E")
A = sp.sqrt(2 / sp.pi)
ERF = sp.erf(x / sp.sqrt(2))
PHI = sp.erfc(-x / sp.sqrt(2)) / 2
LOGISTIC = 1 / (1 + sp.exp(-scale * x))
#: Where the fits to GELU are computed; beyond, all errors fall.
END = 12
#: By how much a bound may exceed the largest error.
ROOM = sp.Rational(1001, 1000)


def derive() -> sn.Derivation:
    """Prove where the constants come from, and that they are best."""
    reals = sn.Interval(-sp.oo, sp.oo)
    d = sn.Derivation(
        "gelu_elementary_approximations",
        title=("Where the two GELU approximations come from / GELU的两个初等函数近似是怎么来的"),
        source="Su Jianlin, kexue.fm: GELU的两个初等函数近似是怎么来的",
        domain={
            x: reals,
            v: reals,
            w: sn.Interval(0, sp.oo),
            largest: sn.Interval(0, sp.Rational(1, 2)),
            y: sn.Interval(0, 6),
            z: sn.Interval(6, sp.oo),
            slope: sn.Interval(0, sp.Rational(1, 2)),
            cubic: sn.Interval(0, sp.Rational(1, 2)),
            scale: sn.Interval(1, 3),
        },
    )
    _taylor(d)
    _tanh_for_erf(d)
    _logistic_for_phi(d)
    _for_gelu_itself(d)
    constants = {name: sp.Rational(value) for name, value in d.constants.items() if value.is_Float}
    outputs = {
        "exact": NormalGate(x),
        "tanh": x * (1 + _tanh(constants["b_minimax"])) / 2,
        "sigmoid": x * LOGISTIC.subs(scale, constants["lambda_minimax"]),
    }
    d.define("tanh_form", outputs["tanh"], why="the tanh form with the constant best for erf")
    d.define("sigmoid_form", outputs["sigmoid"], why="the logistic form with that best for Phi")
    d.result(outputs, args=["x"])
    return d


def _tanh(b: sp.Expr) -> sp.Expr:
    return sp.tanh(A * x + b * x**3)


def _taylor(d: sn.Derivation) -> None:
    linear, third = sp.symbols("a1 a3")
    b = (4 - sp.pi) / (3 * sp.sqrt(2) * sp.pi ** sp.Rational(3, 2))
    d.define(linear, A, why="the first coefficient")
    d.define(third, b, why="the coefficient of the cube")
    same = A * x - sp.sqrt(2) * x**3 / (6 * sp.sqrt(sp.pi))
    why = "Taylor's series up to the cube"
    d.series(ERF, x, 5, same, why=f"{why}: that of erf(x/sqrt 2)")
    d.series(sp.tanh(linear * x + third * x**3), x, 5, same, why=f"{why}: and tanh has the same")
    d.equal(
        third / linear,
        (4 - sp.pi) / (6 * sp.pi),
        why="in the usual way of writing, sqrt(2/pi) (x + c x^3), with c near 0.04554",
        name="c_taylor",
    )


def _balanced(
    d: sn.Derivation, error: sp.Expr, unknown: sp.Symbol, fit: Any, names: tuple[str, str]
) -> tuple[sp.Expr, sp.Expr]:
    """Solve for the parameter that balances two extrema; return it and the largest error."""
    first, second = (sp.Rational(mpmath.nstr(place, 30)) for place in fit.alternation)
    d.solve(
        error.subs(x, first) + error.subs(x, second),
        unknown,
        near=sp.Float(fit.params[unknown], 30),
        why=f"equioscillation: the errors at {sp.N(first, 8)} and {sp.N(second, 8)}, where they "
        "are stationary, are opposite; the rounding of these places counts by its square only",
        name=names[0],
    )
    best = sp.Rational(d.constants[names[0]])
    value = error.subs({x: first, unknown: best})
    sign = 1 if sp.N(value, 20) > 0 else -1
    d.solve(
        largest - sign * value,
        largest,
        near=sp.Float(fit.error, 30),
        why="their size",
        name=names[1],
    )
    return best, sp.Rational(d.constants[names[1]])


def _tanh_for_erf(d: sn.Derivation) -> None:
    fit = sn.minimax(ERF, x, (0, sp.oo), form=_tanh(slope), params={slope: sp.Rational(1, 28)})
    error = ERF - _tanh(slope)
    best, size = _balanced(d, error, slope, fit, ("b_minimax", "error_tanh"))
    d.solve(
        A * cubic - best,
        cubic,
        near=best / A,
        why="in the usual way of writing, c = b/sqrt(2/pi)",
        name="c_minimax",
    )
    d.less_equal(
        0,
        sp.diff(_tanh(slope), slope).subs(x, y),
        why="optimal: the form grows with b wherever x >= 0, so that any other b makes one of the "
        "two errors larger (de la Vallee Poussin)",
    )
    d.approximate(
        ERF.subs(x, y),
        _tanh(best).subs(x, y),
        bound=size * ROOM,
        why="no error on [0, 6] is larger, up to a thousandth",
    )
    d.less_equal(0, sp.diff(_tanh(best), x).subs(x, z), why="beyond 6 the form grows up to 1")
    d.less_equal(0, sp.diff(ERF, x).subs(x, z), why="and so does erf")
    d.less_equal(1 - sp.tanh(w), 2 * sp.exp(-2 * w), why="how far tanh is below 1")
    d.less_equal(
        2 * sp.exp(-2 * (A * 6 + best * 216)) + sp.erfc(6 / sp.sqrt(2)),
        size,
        why="so that beyond 6 both are nearer to 1 than the largest error",
    )


def _logistic_for_phi(d: sn.Derivation) -> None:
    fit = sn.minimax(PHI, x, (0, sp.oo), form=LOGISTIC, params={scale: sp.Rational(17, 10)})
    names = ("lambda_minimax", "error_sigmoid")
    best, size = _balanced(d, PHI - LOGISTIC, scale, fit, names)
    d.less_equal(
        0,
        sp.diff(LOGISTIC, scale).subs(x, y),
        why="optimal: the form grows with lambda wherever x >= 0",
    )
    fitted = LOGISTIC.subs(scale, best)
    d.approximate(
        PHI.subs(x, y),
        fitted.subs(x, y),
        bound=size * ROOM,
        why="no error on [0, 6] is larger, up to a thousandth",
    )
    d.less_equal(0, sp.diff(fitted, x).subs(x, z), why="beyond 6 the form grows up to 1")
    d.less_equal(0, sp.diff(PHI, x).subs(x, z), why="and so does Phi")
    d.less_equal(1 - 1 / (1 + sp.exp(-w)), sp.exp(-w), why="how far the form is below 1")
    d.less_equal(
        sp.exp(-6 * best) + sp.erfc(6 / sp.sqrt(2)) / 2,
        size,
        why="so that beyond 6 both are nearer to 1 than the largest error",
    )


def _for_gelu_itself(d: sn.Derivation) -> None:
    gelu = x * PHI
    d.equal(gelu - gelu.subs(x, -x), x, why="GELU(x) - GELU(-x) = x: x >= 0 is enough")
    form = x * (1 + sp.tanh(v)) / 2
    d.equal(
        gelu - form,
        x * (ERF - sp.tanh(v)) / 2,
        why="with v for the argument: the error of GELU is x/2 times that of erf, so that another "
        "constant makes it smallest",
    )
    d.equal(form, x / (1 + sp.exp(-2 * v)), why="without 1 + tanh, which cancels for x < 0")
    rows = (
        (x * LOGISTIC, scale, "lambda_gelu", "error_gelu_sigmoid", sp.Rational(177, 100)),
        (x * (1 + _tanh(A * cubic)) / 2, cubic, "c_gelu", "error_gelu_tanh", sp.Rational(4, 90)),
    )
    for member, unknown, name, size_name, start in rows:
        fit = sn.minimax(gelu, x, (0, END), form=member, params={unknown: start})
        best, size = _balanced(d, gelu - member, unknown, fit, (name, size_name))
        d.less_equal(
            0,
            sp.diff(member, unknown).subs(x, y),
            why="optimal for GELU: the form grows with its constant wherever x >= 0",
        )
        d.approximate(
            gelu.subs(x, y),
            member.subs({unknown: best, x: y}),
            bound=size * ROOM,
            why="no error of GELU on [0, 6] is larger, up to a thousandth",
        )
    _published_constants(d, gelu)
    d.equal(gelu, NormalGate(x), why="GELU as it is computed, by Mills' ratio to the left")


def _published_constants(d: sn.Derivation, gelu: sp.Expr) -> None:
    """Refute that the published decimals are best for GELU."""
    rows = (
        (x * LOGISTIC.subs(scale, sp.Rational("1.702")), "error_gelu_sigmoid", "22/10", 130),
        (
            x * (1 + _tanh(A * sp.Rational("0.044715"))) / 2,
            "error_gelu_tanh",
            "27/10",
            115,
        ),
    )
    for member, name, place, percent in rows:
        size = sp.Rational(d.constants[name]) * sp.Rational(percent, 100)
        claim = sp.Le(sp.Abs(gelu - member), size, evaluate=False)
        d.refute(
            claim,
            at={x: sp.Rational(place)},
            why="the published constant is best for Phi or erf, not for GELU: its error is larger "
            f"than the least one by over {percent - 100} percent",
        )


def _by_scipy(x: float) -> dict[str, float]:
    from scipy.special import ndtr

    return {"exact": float(x * ndtr(x))}


def _as_torch(x: float) -> dict[str, float]:
    return {"exact": float(0.5 * x * (1 + math.erf(x * math.sqrt(0.5))))}


def _as_jax(x: float) -> dict[str, float]:
    return {"exact": float(0.5 * x * math.erfc(-x * math.sqrt(0.5)))}


PEERS = {
    "exact: scipy.special.ndtr": _by_scipy,
    "exact: gelu, as torch writes it": _as_torch,
    "exact: jax.nn.gelu, as jax writes it": _as_jax,
}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Compare the decimals in use with the best constants."""
    rows = (
        ("lambda for Phi, in use 1.702", "lambda_minimax"),
        ("lambda for GELU", "lambda_gelu"),
        ("c for erf, in use 0.044715", "c_minimax"),
        ("c for GELU", "c_gelu"),
    )
    lines = [(label, str(sp.N(derivation.constants[name], 25))) for label, name in rows]
    points = np.linspace(0.0, END, 240_001)
    exact = sn.lambdify(x, NormalGate(x))(points)
    published = {
        "error_gelu_sigmoid": x * LOGISTIC.subs(scale, sp.Rational("1.702")),
        "error_gelu_tanh": x * (1 + _tanh(A * sp.Rational("0.044715"))) / 2,
    }
    for name, form in published.items():
        largest_error = np.max(np.abs(exact - sn.lambdify(x, form)(points)))
        least = float(derivation.constants[name])
        less = 100 * (1 - least / largest_error)
        lines.append((name, f"{least:.6g}; {less:.0f} percent below {largest_error:.6g}"))
    return lines


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the equioscillating errors: of the fits to Phi, and of those to GELU."""
    left, right = figure.subplots(1, 2)
    points = np.linspace(-6.0, 6.0, 1201)
    constants = {name: float(value) for name, value in derivation.constants.items()}
    kernel = sn.lambdify(
        [x, scale, cubic],
        [PHI, NormalGate(x), LOGISTIC, (1 + _tanh(A * cubic)) / 2],
    )
    fits = (
        (left, "error of Phi", "lambda_minimax", "c_minimax", 0),
        (right, "error of GELU", "lambda_gelu", "c_gelu", 1),
    )
    for axes, title, logistic, hyperbolic, power in fits:
        phi, gelu, first, second = kernel(points, constants[logistic], constants[hyperbolic])
        target = gelu if power else phi
        axes.plot(points, points**power * first - target, label="logistic form")
        magnified = 20 * (points**power * second - target)
        axes.plot(points, magnified, label="tanh form, 20 times")
        size = constants["error_gelu_sigmoid" if power else "error_sigmoid"]
        for height in (-size, size):
            axes.axhline(height, color="tab:gray", linewidth=0.8, linestyle=":")
        axes.set(title=title, xlabel="x", ylim=(-1.15 * size, 1.45 * size))
        axes.legend(fontsize=8)
