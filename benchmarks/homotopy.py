"""Perturbation series, roots, harmonic balance and Fourier sums against plain SymPy and NumPy.

    python -m benchmarks.homotopy [--rounds 7] [--write]

Every call gets coefficients of its own, so that no cache helps; what is compared takes turns.
"""

from __future__ import annotations

from benchmarks.timing import interleaved, single_thread

PINNED = single_thread()

import argparse  # noqa: E402 - the number of threads is read when the libraries are loaded
import importlib.util  # noqa: E402
import itertools  # noqa: E402
import math  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from fractions import Fraction  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import sympy  # noqa: E402
from sympy.simplify.fu import TR8  # noqa: E402

from benchmarks.results import machine_line, write_section  # noqa: E402
from symnum import homotopy  # noqa: E402

__all__ = ["Comparison", "comparisons", "main"]

tau, eps, x, t = sympy.symbols("tau eps x t")
DEGREES = 179


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two things that are timed in turn.

    Parameters
    ----------
    name, other : str
        What symnum does, and what it is compared with.
    ours, theirs : callable without arguments
    wanted : float
        The least ratio ``theirs / ours``.
    """

    name: str
    other: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    wanted: float


def fractions() -> Iterator[Fraction]:
    """Yield rational numbers near 1, no two alike."""
    for n in itertools.count(1):
        yield Fraction(1009 + n, 1013)


NUMBERS = fractions()


def lindstedt_by_expressions(coefficient: Fraction, order: int) -> list[sympy.Expr]:
    """Expand ``u'' + u + eps c u**3`` with SymPy's expressions: products to sums by `TR8`."""
    c = sympy.Rational(coefficient.numerator, coefficient.denominator)
    motions, squared = [sympy.cos(tau)], [sympy.S.One]
    for m in range(1, order + 1):
        cube = sympy.S.Zero
        for i, j in itertools.product(range(m), repeat=2):
            if i + j < m:
                cube += motions[i] * motions[j] * motions[m - 1 - i - j]
        side = -c * TR8(sympy.expand(cube))
        for j in range(1, m):
            side -= squared[j] * sympy.diff(motions[m - j], tau, 2)
        side = sympy.expand(side)
        squared.append(-side.coeff(sympy.cos(tau)))
        new = sympy.S.Zero
        for n in range(3, 2 * m + 2, 2):
            new += side.coeff(sympy.cos(n * tau)) / (1 - n**2) * sympy.cos(n * tau)
        motions.append(new - new.subs(tau, 0) * sympy.cos(tau))
    return squared


def root_by_undetermined_coefficients(coefficient: Fraction, order: int) -> list[sympy.Expr]:
    """Expand the root of ``x**5 + eps c x - 1`` at 1 with unknown coefficients, one by one."""
    c = sympy.Rational(coefficient.numerator, coefficient.denominator)
    unknowns = sympy.symbols(f"c1:{order + 1}")
    known: dict[sympy.Symbol, sympy.Expr] = {}
    guess = 1 + sum(value * eps**k for k, value in enumerate(unknowns, start=1))
    expanded = sympy.Poly(guess**5 + c * eps * guess - 1, eps)
    for k, unknown in enumerate(unknowns, start=1):
        equation = expanded.coeff_monomial(eps**k).subs(known)
        known[unknown] = sympy.solve(equation, unknown)[0]
    return [sympy.S.One, *known.values()]


def cubic(order: int) -> object:
    """Expand a cubic oscillator by symnum."""
    c = next(NUMBERS)
    equation = f"u'' + u + eps*{c.numerator}/{c.denominator}*u**3"
    return homotopy.lindstedt(equation, "u", "t", "eps", order).frequency


def limit_cycle(order: int) -> object:
    """Expand a limit cycle by symnum."""
    c = next(NUMBERS)
    equation = f"u'' + u - eps*{c.numerator}/{c.denominator}*(1 - u**2)*u'"
    return homotopy.lindstedt(equation, "u", "t", "eps", order).frequency


def quintic(order: int) -> object:
    """Expand the roots of a quintic by symnum, and the coefficients of the real one."""
    c = next(NUMBERS)
    equation = f"x**5 + eps*{c.numerator}/{c.denominator}*x - 1"
    return homotopy.perturb_roots(equation, "x", "eps", order)[0].coefficients


def pendulum_frequency_series(order: int) -> object:
    """Expand the frequency of the pendulum by symnum."""
    return homotopy.pendulum(order).frequency


def _curve_problem() -> Any:
    amplitude = math.radians(150) * float(next(NUMBERS)) / 1.1
    return homotopy.solve_periodic("u'' + sin(u)", "u", "t", amplitude=amplitude, order=30)


def curve() -> object:
    """Solve once and draw 200 points of the family of c0."""
    return _curve_problem().c0_curve(np.linspace(-1.5, -0.3, 200))


def two_runs() -> object:
    """Solve twice."""
    return _curve_problem(), _curve_problem()


def balance() -> object:
    """Balance the harmonics of a pendulum close to the separatrix."""
    amplitude = math.radians(DEGREES) * (1 - 1e-6 * float(next(NUMBERS)))
    return homotopy.harmonic_balance("u'' + sin(u)", "u", "t", amplitude=amplitude, harmonics=48)


def _dense_solves() -> Callable[[], object]:
    rng = np.random.default_rng(0)
    matrix, side = rng.normal(size=(64, 64)), rng.normal(size=64)

    def solve() -> object:
        for _ in range(500):
            np.linalg.solve(matrix, side)
        return None

    return solve


def _fourier() -> tuple[Callable[[], object], Callable[[], object]]:
    solution = homotopy.harmonic_balance(
        "u'' + sin(u)", "u", "t", amplitude=math.radians(DEGREES), harmonics=64
    )
    times = np.linspace(0.0, 300.0, 1_000_000)
    kernel = solution.compile()
    plain = sympy.lambdify(t, solution.expr, "numpy")
    return (lambda: kernel(times)), (lambda: plain(times))


def comparisons() -> list[Comparison]:
    """Return everything that is compared."""
    fourier, plain_sum = _fourier()
    return [
        Comparison(
            "Lindstedt, cubic force, order 7",
            "SymPy expressions (fu.TR8), order 7",
            lambda: cubic(7),
            lambda: lindstedt_by_expressions(next(NUMBERS), 7),
            100,
        ),
        Comparison(
            "Lindstedt, cubic force, order 40",
            "SymPy expressions, order 7",
            lambda: cubic(40),
            lambda: lindstedt_by_expressions(next(NUMBERS), 7),
            1,
        ),
        Comparison(
            "limit cycle of van der Pol to eps^24",
            "SymPy expressions, cubic force, order 7",
            lambda: limit_cycle(24),
            lambda: lindstedt_by_expressions(next(NUMBERS), 7),
            4,
        ),
        Comparison(
            "five roots of a quintic, the real one to order 12",
            "SymPy, undetermined coefficients, one root",
            lambda: quintic(12),
            lambda: root_by_undetermined_coefficients(next(NUMBERS), 12),
            30,
        ),
        Comparison("200 points of the c0 curve, order 30", "two runs", curve, two_runs, 1),
        Comparison(
            f"harmonic balance at {DEGREES} degrees, 48 harmonics",
            "500 dense 64 x 64 solves (NumPy)",
            balance,
            _dense_solves(),
            1,
        ),
        Comparison("1e6 points of a sum of 64 harmonics", "sympy.lambdify", fourier, plain_sum, 12),
    ]


ORDERS: dict[str, tuple[Callable[[int], object], tuple[int, ...]]] = {
    "pendulum, powers of A^2": (pendulum_frequency_series, (10, 40, 80, 120, 200)),
    "limit cycle of van der Pol": (limit_cycle, (24, 40, 60, 80)),
    "quintic, real root": (quintic, (12, 100, 1000)),
}


def comparison_lines(rounds: int) -> list[str]:
    """Return a Markdown table of the ratios."""
    lines = [
        "| symnum | ms | compared with | ms | ratio | wanted |",
        "|---|---|---|---|---|---|",
    ]
    for row in comparisons():
        seconds = interleaved({"ours": row.ours, "theirs": row.theirs}, rounds)
        ratio = seconds["theirs"] / seconds["ours"]
        lines.append(
            f"| {row.name} | {seconds['ours'] * 1e3:.3g} | {row.other} "
            f"| {seconds['theirs'] * 1e3:.3g} | {ratio:.3g} | {row.wanted:g} |"
        )
    return lines


def order_lines(rounds: int) -> list[str]:
    """Return a Markdown table of the time against the order."""
    lines = ["| exact series | order | ms |", "|---|---|---|"]
    for name, (call, orders) in ORDERS.items():
        for order in orders:
            seconds = interleaved({name: lambda c=call, n=order: c(n)}, rounds)  # type: ignore[misc]
            lines.append(f"| {name} | {order} | {seconds[name] * 1e3:.3g} |")
    return lines


def main() -> None:
    """Measure, print, and write the section of the results where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="update benchmarks/RESULTS.md")
    options = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", homotopy.DivergenceWarning)
        lines = [machine_line(), ""]
        if importlib.util.find_spec("asymptotics") is None:
            lines += ["The package asymptotics is not installed and not compared.", ""]
        lines += comparison_lines(options.rounds)
        lines += ["", *order_lines(max(1, options.rounds // 3))]
    print("\n".join(lines))
    if options.write:
        write_section("Homotopy and perturbation", lines)


if __name__ == "__main__":
    main()
