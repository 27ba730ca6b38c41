"""The fractal of z**3 - 1: Newton's method from every point of a square, symnum and peers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

import symnum as sn
from benchmarks.newton_systems import Contender, gathered

__all__ = ["REQUIRED", "contenders", "verdict"]

#: How many times faster than each peer symnum has to be.
REQUIRED = {"scipy newton": 20.0, "jax": 20.0, "numba loop": 4.0}

MOST = 100
#: Peers stop where a step is shorter; one more step would change nothing.
STEP = 1e-10

Points = NDArray[np.complex128]


def starts(side: int) -> Points:
    """Return the points of the square from -2 - 2i to 2 + 2i, so many on each side."""
    axis = np.linspace(-2.0, 2.0, side)
    return axis + 1j * axis[:, np.newaxis]


def contenders(side: int) -> tuple[dict[str, Contender], dict[str, str]]:
    """Return who takes part, and why the others do not.

    Parameters
    ----------
    side : int
        Points on each side of the square.

    Returns
    -------
    tuple of dict
        From names to contenders, and from names to reasons.
    """
    return gathered(BUILDERS, starts(side))


def verdict(side: int) -> str:
    """Return in one line how many points symnum leads to a root, and that each is one."""
    result = sn.newton_kernel("z**3 - 1", "z").solve(starts(side))
    found = int(np.count_nonzero(result.converged))
    false = int(np.count_nonzero(result.converged & (np.abs(result.root**3 - 1.0) > 1e-13)))
    return f"{found} of {side * side} points lead to a root, {false} of them falsely"


def _symnum(points: Points) -> Callable[[], object]:
    return functools.partial(sn.newton_kernel("z**3 - 1", "z").solve, points)


def _scipy(points: Points) -> Callable[[], object]:
    newton = import_module("scipy.optimize").newton

    def call() -> Any:
        with np.errstate(all="ignore"):
            return newton(
                lambda z: z**3 - 1.0, points, lambda z: 3.0 * z**2, maxiter=MOST, disp=False
            )

    return call


def _jax(points: Points) -> Callable[[], object]:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    jnp, lax = jax.numpy, jax.lax

    def one(start: Any) -> Any:
        def proceeds(state: Any) -> Any:
            _, step, count = state
            return (jnp.abs(step) > STEP) & (count < MOST)

        def advance(state: Any) -> Any:
            z, _, count = state
            step = (z**3 - 1.0) / (3.0 * z**2)
            return z - step, step, count + 1

        return lax.while_loop(proceeds, advance, (start, jnp.ones_like(start), 0))[0]

    solve = jax.jit(jax.vmap(one))
    ready = jnp.asarray(points.ravel())
    return lambda: jax.block_until_ready(solve(ready))


def _numba(points: Points) -> Callable[[], object]:
    numba = import_module("numba")

    def loop(starts: Points, roots: Points) -> None:
        for i in range(starts.size):
            z = starts[i]
            for _ in range(MOST):
                step = (z * z * z - 1.0) / (3.0 * z * z)
                z -= step
                if abs(step) < STEP:
                    break
            roots[i] = z

    flat = points.ravel()
    return functools.partial(numba.njit(error_model="numpy")(loop), flat, np.empty_like(flat))


BUILDERS: dict[str, Callable[[Points], Callable[[], object]]] = {
    "symnum": _symnum,
    "scipy newton": _scipy,
    "jax": _jax,
    "numba loop": _numba,
}
