"""Batches of roots of one real equation: symnum and every peer that is installed.

A case holds its inputs; each competitor solves all of it in one call and returns the roots. A
library that is not installed raises `ImportError` when its competitor is built.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

import symnum as sn

__all__ = ["CASES", "RootCase"]

Array = NDArray[Any]
Solve = Callable[[], Array]


@final
@dataclass(frozen=True, slots=True)
class RootCase:
    """One case.

    Attributes
    ----------
    name : str
    lanes : int
        How many roots are wanted.
    competitors : mapping from str to callable
        Each builds the call that solves the case, compiling what it compiles.
    required : mapping from str to float
        How many times faster than a peer symnum has to be.
    miss : callable
        From the roots to how far each is off, in the unknown or in the equation.
    """

    name: str
    lanes: int
    competitors: Mapping[str, Callable[[], Solve]]
    required: Mapping[str, float]
    miss: Callable[[Array], Array]


def _jax(function: Callable[..., Any], low: Any, high: Any, *columns: Array) -> Solve:
    """Newton's method in a bracket for one lane, mapped over all: each waits for the slowest."""
    jax, numpy = import_module("jax"), import_module("jax.numpy")
    slope = jax.grad(function)

    def lane(*row: Any) -> Any:
        def going(state: Any) -> Any:
            return (abs(state[3]) > 1e-13 * abs(state[0])) & (state[4] < 100)

        def step(state: Any) -> Any:
            x, a, b, _, count = state
            value = function(x, *row)
            a, b = numpy.where(value < 0, x, a), numpy.where(value < 0, b, x)
            moved = x - value / slope(x, *row)
            moved = numpy.where((moved >= a) & (moved <= b), moved, 0.5 * (a + b))
            return moved, a, b, moved - x, count + 1

        start = (0.5 * (low + high), low, high, high - low, 0)
        return jax.lax.while_loop(going, step, start)[0]

    compiled = jax.jit(jax.vmap(lane))
    return lambda: np.asarray(compiled(*columns))


# --------------------------------------------------------------------------- Kepler's equation


def kepler(lanes: int = 1_000_000, seed: int = 0) -> RootCase:
    """Return Kepler's equation E - e sin E = M with eccentricities up to 0.9999."""
    rng = np.random.default_rng(seed)
    e, mean = rng.uniform(0, 0.9999, lanes), rng.uniform(0, np.pi, lanes)

    def symnum(gradient: bool) -> Solve:
        kernel = sn.newton_kernel("E - e*sin(E) = M", "E", ["e", "M"], gradient=gradient)
        return lambda: _all_found(kernel.solve(mean, e, mean, bracket=(0, np.pi)))

    def bracketing() -> Solve:
        elementwise = import_module("scipy.optimize.elementwise")
        ends = (np.zeros(lanes), np.full(lanes, np.pi))
        return lambda: (
            elementwise.find_root(
                lambda x, e, mean: x - e * np.sin(x) - mean, ends, args=(e, mean)
            ).x
        )

    def scipy_newton() -> Solve:
        return functools.partial(
            _quiet_newton,
            lambda x, e, mean: x - e * np.sin(x) - mean,
            mean,
            lambda x, e, mean: 1 - e * np.cos(x),
            (e, mean),
        )

    def jax() -> Solve:
        numpy = import_module("jax.numpy")
        return _jax(lambda x, e, mean: x - e * numpy.sin(x) - mean, 0.0, np.pi, e, mean)

    def heyoka() -> Solve:
        library = import_module("heyoka")
        x, y = library.make_vars("x", "y")
        function = library.cfunc([library.kepE(x, y)], vars=[x, y])
        points, out = np.stack([e, mean]), np.empty((1, lanes))
        return lambda: function(points, outputs=out)[0]

    def miss(roots: Array) -> Array:
        # In the unknown: where e is near 1 the equation is flat and its rounding errors are large.
        return np.abs(roots - e * np.sin(roots) - mean) / (1 - e * np.cos(roots))

    return RootCase(
        "Kepler, e < 0.9999",
        lanes,
        {
            "symnum": functools.partial(symnum, False),
            "symnum with gradient": functools.partial(symnum, True),
            "find_root": bracketing,
            "scipy newton": scipy_newton,
            "jax vmap": jax,
            "heyoka kepE": heyoka,
        },
        {"find_root": 15, "scipy newton": 20, "jax vmap": 4, "heyoka kepE": 0.5},
        miss,
    )


def _all_found(result: Any) -> Array:
    if not np.all(result.converged):
        raise ArithmeticError(f"{np.size(result.converged) - np.sum(result.converged)} not found")
    return np.asarray(result.root)


def _quiet_newton(function: Any, start: Array, slope: Any, columns: tuple[Array, ...]) -> Array:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return np.asarray(optimize.newton(function, start, slope, columns, maxiter=100))


# --------------------------------------------------------------------------- implied volatility

_CALL = (
    "50*(1 + erf((log(100/K) + (1/50 + s**2/2)*T)/(s*sqrt(T))/sqrt(2)))"
    " - K*exp(-T/50)/2*(1 + erf((log(100/K) + (1/50 - s**2/2)*T)/(s*sqrt(T))/sqrt(2))) = P"
)


def volatility(lanes: int = 1_000_000, seed: int = 1) -> RootCase:
    """Return the implied volatility of calls, also deep in and out of the money."""
    rng = np.random.default_rng(seed)
    strike, time = rng.uniform(50, 200, lanes), rng.uniform(0.05, 3, lanes)
    true = rng.uniform(0.05, 1, lanes)

    def gap(s: Any, strike: Any, time: Any, paid: Any, erf: Any = special.erf, x: Any = np) -> Any:
        d = (x.log(100 / strike) + (0.02 + s * s / 2) * time) / (s * x.sqrt(time))
        low = 1 + erf((d - s * x.sqrt(time)) / 2**0.5)
        return 50 * (1 + erf(d / 2**0.5)) - strike * x.exp(-0.02 * time) / 2 * low - paid

    def slope(s: Any, strike: Any, time: Any, paid: Any) -> Any:
        d = (np.log(100 / strike) + (0.02 + s * s / 2) * time) / (s * np.sqrt(time))
        return 100 * np.exp(-d * d / 2) / np.sqrt(2 * np.pi) * np.sqrt(time)

    paid = gap(true, strike, time, 0.0)
    columns = (strike, time, paid)

    def miss(roots: Array) -> Array:
        with np.errstate(all="ignore"):
            off: Array = np.abs(gap(roots, *columns))
        return off

    def symnum() -> Solve:
        kernel = sn.newton_kernel(_CALL, "s", ["K", "T", "P"])
        return lambda: _all_found(kernel.solve(0.3, *columns, bracket=(1e-3, 5)))

    def bracketing() -> Solve:
        elementwise = import_module("scipy.optimize.elementwise")
        ends = (np.full(lanes, 1e-3), np.full(lanes, 5.0))
        return lambda: elementwise.find_root(gap, ends, args=columns).x

    def scipy_newton() -> Solve:
        return functools.partial(_quiet_newton, gap, np.full(lanes, 0.3), slope, columns)

    def jax() -> Solve:
        scipy, numpy = import_module("jax.scipy.special"), import_module("jax.numpy")
        function = functools.partial(gap, erf=scipy.erf, x=numpy)
        return _jax(function, 1e-3, 5.0, *columns)

    return RootCase(
        "implied volatility",
        lanes,
        {"symnum": symnum, "find_root": bracketing, "scipy newton": scipy_newton, "jax vmap": jax},
        {"find_root": 6, "scipy newton": 10, "jax vmap": 4},
        miss,
    )


CASES: Mapping[str, Callable[[], RootCase]] = {"kepler": kepler, "volatility": volatility}
