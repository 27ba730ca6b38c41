"""Integrated gradients: the change of a function, shared out among its inputs along a path.

The shares of every path sum to the change, whatever the path, but they depend on it; for one
neuron tanh(w.x) they have a closed form. Source: Su Jianlin, kexue.fm,
积分梯度：一种新颖的神经网络可视化方法.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray
from sympy.integrals.quadrature import gauss_legendre

import symnum as sn

NAMES = ["x1", "x2", "w1", "w2"]
RANGES = dict.fromkeys(NAMES, (-3.0, 3.0))
TAILS = tuple(
    dict(zip(NAMES, values, strict=True))
    for values in (
        (1.0, 1.0, 1.0, -1.0),
        (3.0, 1.0 / 3.0, 1.0, -9.0),
        (1e-9, 2e-9, 1.0, 1.0),
        (1e9, 1.0, 1.0, 1.0),
        (1e200, 1e200, 1.0, 1.0),
        (1e-200, 1.0, 1e-100, 0.0),
        (0.0, 0.0, 1.0, 2.0),
    )
)
# The network of the comparison of quadrature rules, from the base point 0.
EXAMPLE = {"x1": 2.0, "x2": 1.0, "w1": 1.5, "w2": 1.0}

x1, x2, w1, w2 = sp.symbols(NAMES)
a, h, u, v = sp.symbols("a h u v")
n, k = sp.Symbol("n"), sp.Symbol("k")
b, z, c = sp.symbols("b1:3"), sp.symbols("z1:3"), sp.symbols("c0:6")


def derive() -> sn.Derivation:
    """Prove completeness, the dependence on the path, and the closed form for one neuron."""
    reals = sn.Interval(-sp.oo, sp.oo)
    d = sn.Derivation(
        "integrated_gradients",
        title="Integrated gradients / 积分梯度：一种新颖的神经网络可视化方法",
        source="Su Jianlin, kexue.fm: 积分梯度：一种新颖的神经网络可视化方法",
        domain={
            **dict.fromkeys((x1, x2, w1, w2, u, *b, *z, *c), reals),
            a: sn.Interval(0, 1),
            **dict.fromkeys((h, v), sn.Interval(0, sp.oo)),
            n: sn.Integers(1, sp.oo),
        },
    )
    _completeness(d)
    _paths(d)
    _saturation(d)
    _neuron(d)
    _quadrature(d)
    return d


def polynomial(one: sp.Expr, other: sp.Expr) -> sp.Expr:
    """Return the general function of degree 2, with a cubic term, of two inputs."""
    terms = (one, other, one**2, one * other, other**2, one**2 * other)
    return sp.Add(*(factor * term for factor, term in zip(c, terms, strict=True)))


def product(one: sp.Expr, other: sp.Expr) -> sp.Expr:
    """Return z1 z2, which treats its inputs alike."""
    return one * other


def shares(function: Any, path: tuple[sp.Expr, sp.Expr]) -> list[sp.Expr]:
    """Return the integrands grad_i F(g(a)) g_i'(a) of both inputs."""
    slopes = [sp.diff(function(*z), symbol) for symbol in z]
    place = dict(zip(z, path, strict=True))
    return [
        sp.expand(slope.subs(place, simultaneous=True) * sp.diff(part, a))
        for slope, part in zip(slopes, path, strict=True)
    ]


def _completeness(d: sn.Derivation) -> None:
    curve = (x1 + a * b[0] + a**2 * u, x2 + a * b[1])
    d.equal(
        sp.Derivative(polynomial(*curve), a),
        sum(shares(polynomial, curve)),
        why="chain rule: along any curve g the products grad_i F(g) g_i' sum to the derivative of "
        "F(g); shown for a general polynomial and a curved path",
    )
    straight = (x1 + a * (b[0] - x1), x2 + a * (b[1] - x2))
    parts = shares(polynomial, straight)
    d.equal(
        sp.Integral(sp.collect(sp.expand(sum(parts)), a), (a, 0, 1)),
        polynomial(*b) - polynomial(x1, x2),
        why="completeness: on the straight path from x to b the shares sum to F(b) - F(x)",
    )
    d.equal(
        sp.Integral(sum(shares(polynomial, (curve[0], curve[1]))), (a, 0, 1)),
        polynomial(x1 + b[0] + u, x2 + b[1]) - polynomial(x1, x2),
        why="and on the curved path, to the difference between its own ends",
    )


def _paths(d: sn.Derivation) -> None:
    """Prove the shares of F = z1 z2 from 0 to (x1, x2) on three paths."""
    bent = (a * x1, a**2 * x2)
    straight = (a * x1, a * x2)
    for label, path, values in (
        ("straight", straight, (x1 * x2 / 2, x1 * x2 / 2)),
        ("bent (a, a^2)", bent, (x1 * x2 / 3, 2 * x1 * x2 / 3)),
    ):
        d.equal(
            [sp.Integral(part, (a, 0, 1)) for part in shares(product, path)],
            list(values),
            why=f"F = z1 z2, {label} path from the origin to x: the shares",
        )
    d.equal(
        [
            sum(
                sp.Integral(shares(product, leg)[i], (a, 0, 1))
                for leg in ((a * x1, sp.S.Zero), (x1, a * x2))
            )
            for i in range(2)
        ],
        [0, x1 * x2],
        why="along the axes, first z1 and then z2, the second input gets everything: the shares "
        "depend on the path",
    )
    d.refute(
        sp.Eq(x1 * x2 / 3, 2 * x1 * x2 / 3, evaluate=False),
        at={x1: 1, x2: 1},
        why="F treats its inputs alike, and among the three paths only the straight one does so",
    )


def _saturation(d: sn.Derivation) -> None:
    start, far, farther = (1 - sp.Max(1 - place, 0) for place in (sp.S.Zero, 2 + v, 2 + v + h))
    d.equal(
        farther - far,
        0,
        why="F = 1 - max(1 - z, 0) is saturated beyond 1: at every z = 2 + v >= 2 it does not "
        "change, its gradient is 0, and the plain gradient finds no reason for its value",
    )
    d.equal(
        far - start,
        1,
        why="while the integrated gradient from 0 is F(z) - F(0) = 1, by completeness",
    )


def slope_ratio(argument: sp.Expr) -> sp.Expr:
    """Return tanh(u)/u with the value 1 at 0, as an expression."""
    return sp.Piecewise((sp.tanh(argument) / argument, sp.Ne(argument, 0)), (1, True))


def _neuron(d: sn.Derivation) -> None:
    d.equal(
        sp.Derivative(sp.tanh(a * u), a),
        u * (1 - sp.tanh(a * u) ** 2),
        why="one neuron F = tanh(u), u = w.x, from the origin: the change along the straight path",
    )
    d.equal(
        sp.Integral(1 - sp.tanh(a * u) ** 2, (a, 0, 1)),
        slope_ratio(u),
        why="so the mean slope on it is tanh(u)/u, and the shares are w_i x_i times that",
    )
    d.limit(sp.tanh(u) / u, u, 0, 1, why="for small u the neuron is linear and the factor 1")
    argument = w1 * x1 + w2 * x2
    parts = [w * x * slope_ratio(argument) for w, x in ((w1, x1), (w2, x2))]
    d.equal(
        u * slope_ratio(u),
        sp.tanh(u),
        why="completeness: u times that factor is the value of the neuron, at u = 0 as well",
    )
    d.equal(
        argument * slope_ratio(argument),
        sum(parts),
        why="with w.x for u it is the sum of the shares of both inputs",
    )
    d.equal(
        [w * x * slope_ratio(u).subs(u, argument) for w, x in ((w1, x1), (w2, x2))],
        parts,
        why="the shares of both inputs",
    )
    d.result(dict(zip(("ig1", "ig2"), parts, strict=True)), args=NAMES)


def _quadrature(d: sn.Derivation) -> None:
    right = sp.Sum((k / n) ** 2, (k, 1, n)) / n
    middle = sp.Sum(((k - sp.Rational(1, 2)) / n) ** 2, (k, 1, n)) / n
    third = sp.Rational(1, 3)
    d.equal(
        right - third,
        1 / (2 * n) + 1 / (6 * n**2),
        why="the sum at the right ends of n pieces, as in the article, is of first order: its "
        "error for the integrand a^2",
    )
    d.equal(middle - third, -1 / (12 * n**2), why="the midpoints of the same pieces: second order")
    strength, total = (sp.Rational(EXAMPLE["w1"] * EXAMPLE["x1"]), sp.Integer(4))
    exact = strength * sp.tanh(total) / total
    for name, count, bound in (
        ("right", 8, sp.Rational(1, 5)),
        ("right", 64, sp.Rational(1, 40)),
        ("middle", 64, sp.Rational(1, 10**5)),
        ("gauss", 4, sp.Rational(1, 200)),
        ("gauss", 8, sp.Rational(1, 10**5)),
    ):
        nodes, weights = rule(name, count)
        d.approximate(
            sp.Add(
                *(
                    weight * strength * (1 - sp.tanh(total * node) ** 2)
                    for node, weight in zip(nodes, weights, strict=True)
                )
            ),
            exact,
            bound=bound,
            why=f"the share of x1 in the example {EXAMPLE}, {LABELS[name]}, {count} nodes",
        )
    nodes, weights = rule("right", 64)
    coarse = sp.Add(
        *(
            w * strength * (1 - sp.tanh(total * node) ** 2)
            for node, w in zip(nodes, weights, strict=True)
        )
    )
    d.refute(
        sp.Le(sp.Abs(coarse - exact), sp.Rational(1, 50), evaluate=False),
        at={},
        why="64 gradients at the right ends do not give two digits",
    )


LABELS = {
    "right": "right ends",
    "middle": "midpoints",
    "gauss": "Gauss-Legendre",
}


def rule(name: str, count: int, digits: int = 12) -> tuple[list[sp.Rational], list[sp.Rational]]:
    """Return nodes and weights on [0, 1] as rational numbers, those of Gauss-Legendre rounded."""
    if name == "gauss":
        nodes, weights = gauss_legendre(count, digits)
        places = [(1 + sp.Rational(str(node))) / 2 for node in nodes]
        return places, [sp.Rational(str(weight)) / 2 for weight in weights]
    shift = sp.Rational(1, 2) if name == "middle" else 0
    places = [(sp.Integer(j) - shift) / count for j in range(1, count + 1)]
    return places, [sp.Rational(1, count)] * count


def attributions(
    gradient: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    point: ArrayLike,
    base: ArrayLike = 0.0,
    nodes: int = 16,
) -> NDArray[np.float64]:
    """Return the integrated gradients of any function by Gauss-Legendre nodes.

    `gradient` takes an array of points (..., d) and returns their gradients; `base` is where the
    straight path to `point` starts.
    """
    target = np.asarray(point, dtype=np.float64)
    start = np.broadcast_to(np.asarray(base, dtype=np.float64), target.shape)
    places, weights = np.polynomial.legendre.leggauss(nodes)
    steps = (1 + places[:, None]) / 2
    slopes = gradient(start + steps * (target - start))
    result: NDArray[np.float64] = (target - start) * (weights / 2 @ slopes)
    return result


def _error(name: str, count: int) -> float:
    """Return the error of the share of x1 in the example."""
    nodes, weights = (np.array(part, dtype=np.float64) for part in rule(name, count, 20))
    strength = EXAMPLE["w1"] * EXAMPLE["x1"]
    total = strength + EXAMPLE["w2"] * EXAMPLE["x2"]
    value = strength * np.sum(weights / np.cosh(total * nodes) ** 2)
    return float(abs(value - strength * np.tanh(total) / total))


def _by_rule(places: NDArray[np.float64], weights: NDArray[np.float64]) -> Callable[..., Any]:
    def shares(x1: float, x2: float, w1: float, w2: float) -> dict[str, float]:
        mean = float(weights @ (1 - np.tanh(places * (w1 * x1 + w2 * x2)) ** 2))
        return {"ig1": w1 * x1 * mean, "ig2": w2 * x2 * mean}

    return shares


def _gauss_50(*point: float) -> dict[str, float]:
    nodes, weights = np.polynomial.legendre.leggauss(50)
    result: dict[str, float] = _by_rule((1 + nodes) / 2, weights / 2)(*point)
    return result


def _right_50(*point: float) -> dict[str, float]:
    result: dict[str, float] = _by_rule(np.arange(1, 51) / 50, np.full(50, 0.02))(*point)
    return result


PEERS = {
    "gausslegendre, 50 steps, as captum does": _gauss_50,
    "riemann_right, 50 steps, as captum does": _right_50,
}


def findings(derivation: sn.Derivation) -> list[tuple[str, str]]:
    """Measure the rules on the example."""
    counts = {"right": (8, 16, 32, 64), "middle": (8, 16, 32, 64), "gauss": (4, 8, 16, 32)}
    return [
        (
            f"{LABELS[name]}, {', '.join(map(str, numbers))} nodes: error",
            ", ".join(f"{_error(name, count):.1e}" for count in numbers),
        )
        for name, numbers in counts.items()
    ]


def plot(derivation: sn.Derivation, figure: Any) -> None:
    """Draw the error of each rule against the number of gradients that it takes."""
    axes = figure.subplots()
    counts = {
        "right": (2, 4, 8, 16, 32, 64, 128, 256),
        "middle": (2, 4, 8, 16, 32, 64, 128, 256),
        "gauss": tuple(range(2, 41, 2)),
    }
    for (name, numbers), marker in zip(counts.items(), "os^", strict=True):
        errors = [max(_error(name, count), 1e-17) for count in numbers]
        axes.loglog(numbers, errors, marker=marker, markersize=4, label=LABELS[name])
    axes.set_xlabel("gradients")
    axes.set_ylabel("error of the share of x1")
    axes.set_title("tanh(1.5 x1 + x2) at (2, 1): the rule decides, not the number", fontsize=10)
    axes.grid(visible=True, alpha=0.25)
    axes.legend()
