"""Many systems of three equations that differ in their right sides, all from one start."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, final

import numpy as np
import sympy as sp
from numpy.typing import NDArray

import symnum as sn

__all__ = ["REQUIRED", "Contender", "contenders", "gathered", "verdict"]

#: How many times faster than each peer symnum has to be.
REQUIRED = {"scipy root": 120.0, "jax": 15.0}

UNKNOWNS = sp.symbols("x y z")
SIDES = sp.symbols("a b c")
START = (1.1, 0.9, 1.2)
#: A loop over so many systems tells how long one takes.
SAMPLE = 500
MOST = 50

Columns = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True)
class Contender:
    """What is timed.

    Attributes
    ----------
    call : callable
        Solves.
    lanes : int
        How many problems one call solves.
    """

    call: Callable[[], object]
    lanes: int


def gathered(
    builders: Mapping[str, Callable[[Any], Callable[[], object]]],
    problem: NDArray[Any],
    samples: Mapping[str, int] = {},
) -> tuple[dict[str, Contender], dict[str, str]]:
    """Build contenders; those whose library is missing are named with the reason.

    Parameters
    ----------
    builders : mapping from name to callable
        Each takes the problem and returns what is timed.
    problem : ndarray
        With the lanes in the last axis, or in all of them.
    samples : mapping from name to int
        How many lanes are solved by those that do not solve all.
    """
    found: dict[str, Contender] = {}
    absent: dict[str, str] = {}
    lanes = problem.size if np.iscomplexobj(problem) else problem.shape[-1]
    for name, build in builders.items():
        try:
            found[name] = Contender(build(problem), min(lanes, samples.get(name, lanes)))
        except ImportError as error:
            absent[name] = f"not installed ({error})"
    return found, absent


def equations() -> tuple[sp.Expr, ...]:
    """Return the three equations."""
    (x, y, z), (a, b, c) = UNKNOWNS, SIDES
    return (
        sp.exp(x) + y * z - a,
        x + sp.sin(y) + z**2 - b,
        x * y + sp.exp(-z) - c,
    )


def right_sides(count: int) -> Columns:
    """Return right sides of systems with a root between 0 and 2, of shape (3, count)."""
    x, y, z = np.random.default_rng(3).uniform(0.0, 2.0, (3, count))
    return np.stack([np.exp(x) + y * z, x + np.sin(y) + z**2, x * y + np.exp(-z)])


def contenders(count: int) -> tuple[dict[str, Contender], dict[str, str]]:
    """Return who takes part, and why the others do not.

    Parameters
    ----------
    count : int
        The number of systems.

    Returns
    -------
    tuple of dict
        From names to contenders, and from names to reasons.
    """
    return gathered(BUILDERS, right_sides(count), {"scipy root": SAMPLE})


def verdict(count: int) -> str:
    """Return in one line how many systems symnum solves, and that each root is one."""
    sides = right_sides(count)
    result = _kernel().solve(np.array(START), *sides)
    x, y, z = result.root.T
    left = np.stack([np.exp(x) + y * z, x + np.sin(y) + z**2, x * y + np.exp(-z)])
    with np.errstate(invalid="ignore"):
        wrong = np.max(np.abs(left - sides) / (1.0 + np.abs(sides)), axis=0) > 1e-12
    found = int(np.count_nonzero(result.converged))
    false = int(np.count_nonzero(result.converged & wrong))
    return f"{found} of {count} systems are solved, {false} of them falsely"


def _kernel() -> Any:
    return sn.newton_kernel(equations(), UNKNOWNS, SIDES)


def _symnum(sides: Columns) -> Callable[[], object]:
    return functools.partial(_kernel().solve, np.array(START), *sides)


def _plain() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return equations and Jacobian for SciPy: as fast as plain Python gets."""
    slopes = sp.Matrix(equations()).jacobian(sp.Matrix(UNKNOWNS))
    arguments = (*UNKNOWNS, *SIDES)
    values = sp.lambdify(arguments, list(equations()), "math", cse=True)
    return values, sp.lambdify(arguments, slopes.tolist(), "math", cse=True)


def _scipy(sides: Columns) -> Callable[[], object]:
    root = import_module("scipy.optimize").root
    values, slopes = _plain()
    sample = sides[:, :SAMPLE].T

    def call() -> list[Any]:
        return [
            root(lambda p, s=s: values(*p, *s), START, jac=lambda p, s=s: slopes(*p, *s))
            for s in sample
        ]

    return call


def _jax(sides: Columns) -> Callable[[], object]:
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    jnp, lax = jax.numpy, jax.lax
    arguments = (*UNKNOWNS, *SIDES)
    plain = sp.lambdify(arguments, list(equations()), "jax", cse=True)

    def values(point: Any, side: Any) -> Any:
        return jnp.stack(plain(*point, *side))

    slopes = jax.jacfwd(values)

    # Undamped, in favour of the peer: all lanes go on until the slowest is done.
    def one(side: Any) -> Any:
        def proceeds(state: Any) -> Any:
            _, length, count = state
            return (length > 1e-12) & (count < MOST)

        def advance(state: Any) -> Any:
            point, _, count = state
            value = values(point, side)
            matrix = slopes(point, side)
            # Three products are much faster than a call of a solver for each lane.
            first, second, third = matrix.T
            turned = jnp.cross(second, third)
            inverse = jnp.stack([turned, jnp.cross(third, first), jnp.cross(first, second)])
            step = -(inverse @ value) / (first @ turned)
            return point + step, jnp.max(jnp.abs(step)), count + 1

        start = jnp.array(START)
        return lax.while_loop(proceeds, advance, (start, jnp.float64(jnp.inf), 0))[0]

    solve = jax.jit(jax.vmap(one))
    ready = jnp.asarray(sides.T)
    return lambda: jax.block_until_ready(solve(ready))


BUILDERS: dict[str, Callable[[Columns], Callable[[], object]]] = {
    "symnum": _symnum,
    "scipy root": _scipy,
    "jax": _jax,
}
