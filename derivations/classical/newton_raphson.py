"""Newton's method: the user gives an equation, the system derives everything else.

From an equation alone follow the derivative, the iteration, its order of convergence and the
constants of the error, what a multiple root does to it, the proof that a root exists, and where
the method fails. Source: Su Jianlin, kexue.fm, 当Matlab遇上牛顿法.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

import symnum as sn
from symnum import rootfinding

RANGES = {"f1": (0.25, 4.0), "f2": (-4.0, 4.0), "f3": (-4.0, 4.0)}
TAILS = (
    {"f1": 1.0, "f2": 2.0, "f3": 0.0},
    {"f1": -1.5, "f2": 2.5, "f3": -1.0},
    {"f1": -1e-3, "f2": 3.0, "f3": 0.0},
    {"f1": 1e6, "f2": 1e-6, "f3": -1e3},
    {"f1": 1e-100, "f2": 0.0, "f3": 1.0},
)

x, y, z, t, e, m = sp.symbols("x y z t e m")
f1, f2, f3, f4 = sp.symbols("f1:5")
VALUES = sp.symbols("v0:4")

FIXED_POINT = x - sp.cos(x)
CUBIC = y**3 - 2 * y + 2

#: c_k = f^(k)/(k! f') at a simple root, in terms of the derivatives there.
TAYLOR = dict(zip(sp.symbols("c2:5"), (f2 / (2 * f1), f3 / (6 * f1), f4 / (24 * f1)), strict=True))


def derive() -> sn.Derivation:
    """Prove the orders, the existence of a root, and the failures."""
    reals = sn.Interval(-sp.oo, sp.oo)
    d = sn.Derivation(
        "newton_raphson",
        title="When Matlab meets Newton's method / 当Matlab遇上牛顿法",
        source="Su Jianlin, kexue.fm: 当Matlab遇上牛顿法",
        domain={
            **dict.fromkeys((f1, f2, f3, f4, y, *sp.symbols("R0:4")), reals),
            x: sn.Interval(0, 1),
            t: sn.Interval(sp.Rational(7, 10), sp.Rational(4, 5)),
            z: sn.Interval(sp.Rational(3, 2), sp.oo),
            e: sn.Interval(-1, 1),
            m: sn.Integers(2, sp.oo),
        },
        where=sp.Ne(f1, 0),
    )
    _from_the_equation(d)
    newton, halley = _simple_roots(d)
    _multiple_roots(d)
    _existence(d)
    _failures(d)
    d.result({"newton": newton, "halley": halley}, args=["f1", "f2", "f3"])
    return d


def _from_the_equation(d: sn.Derivation) -> None:
    (slope,) = rootfinding.derivatives(FIXED_POINT, x, 1)
    why = "the user types the equation alone; its derivative comes from the system"
    d.equal(sp.Derivative(FIXED_POINT, x), slope, why=why)
    step = rootfinding.householder(FIXED_POINT, x, 1).expr
    d.equal(x - FIXED_POINT / slope, step, why="with it the system writes Newton's iteration")


def _simple_roots(d: sn.Derivation) -> list[sp.Expr]:
    """Prove three orders of convergence; return the error constants of Newton and Halley."""
    for k, symbol in enumerate(VALUES):
        why = f"Taylor's formula at the root for f{chr(39) * k}(r + e), with a remainder"
        d.define(symbol, sp.expand(rootfinding.local_expansion(k, 4).subs(TAYLOR)), why=why)
    constants = []
    f = sp.Function("f")(x)
    meaning = {sp.diff(f, x, k): value for k, value in enumerate(VALUES) if k}
    for method in ("newton", "halley", "householder"):
        result = rootfinding.convergence_order(method)
        order, constant = result.order, result.constant.subs(TAYLOR)
        error = result.step.subs(meaning).subs({f: VALUES[0], x: e})
        why = f"the next error of {method.capitalize()}'s method: order {order}, without remainders"
        d.series(error, e, order + 1, constant * e**order, why=why)
        constants.append(constant)
        if order < 4:
            d.limit(error / e**order, e, 0, constant, why="the asymptotic error constant")
    return constants[:2]


def _multiple_roots(d: sn.Derivation) -> None:
    """Prove what happens at a root of multiplicity m, where f = e**(m - 1)*v0."""
    v0, v1 = VALUES[:2]
    quotient = e * v0 / ((m - 1) * v0 + e * v1)
    slow = rootfinding.convergence_order("newton", m).constant
    why = "at a root of multiplicity m, with f = e**(m - 1)*v0, Newton's method is linear"
    d.limit((e - quotient) / e, e, 0, slow, why=why)
    restored = rootfinding.convergence_order("modified_newton", m)
    value, why = restored.expr.subs(TAYLOR), "the step m*f/f' restores order 2"
    d.series(e - m * quotient, e, restored.order + 1, value, why=why)


def _existence(d: sn.Derivation) -> None:
    """Prove a root of x - cos(x) by one interval Newton step, then both constants."""
    centre = d.domain[t].midpoint
    (slope,) = rootfinding.derivatives(FIXED_POINT, x, 1)
    image = centre - FIXED_POINT.subs(x, centre) / slope.subs(x, t)
    low, high = sp.Rational(73, 100), sp.Rational(37, 50)
    why = "interval Newton on X = [7/10, 4/5]: N(X) = c - f(c)/f'(X) lies inside X"
    d.less_equal(low, image, why=f"{why}, lower end")
    d.less_equal(image, high, why=f"{why}, upper end: there is exactly one root in X")
    for name, equation, unknown in (("dottie", FIXED_POINT, x), ("cubic_root", CUBIC, y)):
        near = rootfinding.newton(equation).root
        why = f"the root of {equation} that the engine finds, unique in its enclosure"
        d.solve(equation, unknown, near=near, why=why, name=name)


def _failures(d: sn.Derivation) -> None:
    step = rootfinding.householder(CUBIC, y, 1).expr
    for start, following in ((0, 1), (1, 0)):
        why = f"Newton's method on {CUBIC} goes from {start} to {following}: a cycle"
        d.equal(sp.Subs(step, y, start), following, why=why)
    why = "the cycle attracts: its multiplier N'(0)*N'(1) is 0, so nearby starts fail as well"
    d.equal(sp.Subs(sp.Derivative(step, y), y, 0), 0, why=why)
    once, twice = sp.symbols("n1 n2")
    d.define(once, step, why="one step of Newton's method on the cubic")
    d.define(twice, step.subs(y, once), why="two steps")
    root = d.constants["cubic_root"]
    nearer = sp.Lt(sp.Abs(twice - root), sp.Abs(y - root), evaluate=False)
    why = "'Newton converges': two steps from 0 lead back to 0 and not nearer to the root"
    d.refute(nearer, at={y: 0}, why=why)
    step = rootfinding.householder(sp.atan(z), z, 1).expr
    d.less_equal(z, -step, why="on atan every start beyond 3/2 is thrown across 0 and farther out")
    nearer = sp.Lt(sp.Abs(step), sp.Abs(z), evaluate=False)
    why = "'Newton converges': on atan, which has the root 0, a step from 3 leads farther away"
    d.refute(nearer, at={z: 3}, why=why)


def basins(
    window: tuple[float, float, float, float], shape: tuple[int, int], maxiter: int = 40
) -> tuple[np.ndarray, np.ndarray]:
    """Return which cube root of 1 Newton's method reaches from each point of a grid.

    Parameters
    ----------
    window : tuple of float
        ``(left, right, bottom, top)`` in the complex plane.
    shape : tuple of int
        Rows, from the top, and columns.
    maxiter : int, optional
        Steps.

    Returns
    -------
    tuple of ndarray
        The number of the root, -1 where none was reached, and the steps taken; int64, of `shape`.
    """
    left, right, bottom, top = window
    columns, rows = np.linspace(left, right, shape[1]), np.linspace(top, bottom, shape[0])
    points = (columns + 1j * rows[:, None]).ravel()
    step = sp.lambdify(z, rootfinding.householder(z**3 - 1, z, 1).expr, "numpy")
    roots = np.exp(2j * np.pi * np.arange(3) / 3)
    index, steps = np.full(points.size, -1), np.full(points.size, maxiter)
    moving = np.arange(points.size)
    with np.errstate(all="ignore"):
        for count in range(maxiter):
            near = np.abs(points[:, None] - roots) < 1e-8
            arrived = near.any(axis=1)
            index[moving[arrived]] = near[arrived].argmax(axis=1)
            steps[moving[arrived]] = count
            moving, points = moving[~arrived], step(points[~arrived])
    return index.reshape(shape), steps.reshape(shape)


def error_history(order: int, start: float, steps: int) -> list[float]:
    """Return the errors of Householder's iteration of some order on x - cos(x), start included."""
    digits = 20 * (order + 1) ** steps
    root = sp.Float(rootfinding.newton(FIXED_POINT, digits=digits).root, digits)
    step = rootfinding.householder(FIXED_POINT, x, order).expr
    iterate, errors = sp.Float(start, digits), []
    for _ in range(steps + 1):
        errors.append(float(abs(iterate - root)))
        iterate = step.evalf(digits, subs={x: iterate})
    return errors


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Return what the engine finds on the equations of the derivation."""
    to_and_fro = rootfinding.householder(sp.atan(z), z, 1).expr + z
    return [
        ("one root", str(rootfinding.newton(FIXED_POINT, 1))),
        ("50 certified digits", str(rootfinding.newton(FIXED_POINT, 1, digits=50))),
        ("all roots on [0, 10]", str(rootfinding.roots(FIXED_POINT, (0, 10)))),
        ("plain Newton on the cubic", str(rootfinding.newton(CUBIC, 0, method="newton"))),
        ("safeguarded on the cubic", str(rootfinding.newton(CUBIC, 0))),
        ("plain Newton on atan", str(rootfinding.newton("atan(z)", 3, method="newton"))),
        ("safeguarded on atan", str(rootfinding.newton("atan(z)", 3))),
        ("border of the basin on atan", str(rootfinding.newton(to_and_fro, bracket=(1, 2)))),
        *(
            (f"scipy.optimize.newton on {name}", _by_scipy(function, slope, start))
            for name, function, slope, start in (
                ("the cubic from 0", lambda y: y**3 - 2 * y + 2, lambda y: 3 * y * y - 2, 0.0),
                ("atan from 3", np.arctan, lambda z: 1 / (1 + z * z), 3.0),
            )
        ),
    ]


def _by_scipy(function: Any, slope: Any, start: float) -> str:
    from scipy.optimize import newton

    try:
        with np.errstate(all="ignore"):
            return f"root {newton(function, start, slope)}"
    except RuntimeError as failure:
        return str(failure).splitlines()[0].split(", value is")[0]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the errors with the slopes 2 and 3 that were proved, and the basins of z**3 - 1."""
    history, slopes, plane = figure.subplots(1, 3, width_ratios=(1.0, 1.0, 1.05))
    dottie = derivation.constants["dottie"]
    there = {s: sp.diff(FIXED_POINT, x, k).subs(x, dottie) for k, s in enumerate((f1, f2, f3), 1)}
    for name, order, steps, colour, marker in (
        ("newton", 1, 5, "tab:blue", "o"),
        ("halley", 2, 3, "tab:red", "s"),
    ):
        errors = error_history(order, 1.0, steps)
        constant = abs(float(derivation.expr[name].subs(there)))
        look = {"color": colour, "marker": marker, "label": name.capitalize()}
        history.semilogy(range(steps + 1), errors, **look)
        slopes.loglog(errors[:-1], errors[1:], linestyle="none", **look)
        reach = np.geomspace(errors[-2] / 3, 1.0, 2)
        proved = f"${constant:.3f}\\,e^{order + 1}$"
        slopes.loglog(reach, constant * reach ** (order + 1), color=colour, alpha=0.5, label=proved)
    history.set(title="x - cos x from 1", xlabel="iteration", ylabel="error")
    slopes.set(title="slopes 2 and 3, as proved", xlabel="error e", ylabel="next error")
    history.legend(fontsize=8)
    slopes.legend(fontsize=8)
    window = (-1.6, 1.6, -1.6, 1.6)
    index, steps_taken = basins(window, (360, 360))
    hues = np.array([[0.36, 0.62, 0.85], [0.95, 0.60, 0.36], [0.47, 0.75, 0.48], [0.0, 0.0, 0.0]])
    light = np.exp(-np.clip(steps_taken - 3, 0, None) / 9.0)[..., None]
    plane.imshow(hues[index] * light, extent=window, interpolation="bilinear")
    roots = np.exp(2j * np.pi * np.arange(3) / 3)
    plane.plot(roots.real, roots.imag, "o", color="white", markersize=5, markeredgecolor="black")
    plane.grid(visible=False)
    plane.set(title="basins of z³ - 1", xlabel="Re z", ylabel="Im z", xticks=(-1, 0, 1))
    plane.set_yticks((-1, 0, 1))
