"""Speed of smoothing: ``python -m benchmarks.smoothing [--full] [--write]``.

How long the closed forms take beside SymPy's ``integrate``, the kernels of the catalogue beside
NumPy, a smoothed ReLU beside quadrature, and many kinks beside the direct sum. By default every
third pair of the grid of functions and mollifiers is measured; ``--full`` takes all seventy.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from benchmarks.smoothing_sympy import DENSITIES, FORMULATIONS, FUNCTIONS, PLACES, SymPyWorker
from benchmarks.timing import interleaved, single_thread

_TITLE = "Smoothing"
SIZE = 1_000_000
CHECKED = 300
KINKS = 100_000
# Points at which the direct sum over all kinks is taken; its time is in proportion.
DIRECT = 40
_NODES = 32
# What is required.
_MEDIAN, _LEAST, _LONGEST = 40.0, 5.0, 20.0


def grid(*, full: bool) -> list[tuple[str, str]]:
    """Return the pairs of a function and a mollifier, every third of them unless all are asked."""
    pairs = [
        (function, density, i + j)
        for i, function in enumerate(FUNCTIONS)
        for j, density in enumerate(DENSITIES)
    ]
    return [(function, density) for function, density, place in pairs if full or place % 3 == 0]


def by_quadrature(function: str, density: str, place: str) -> float:
    """Return a smoothed value from Gauss's rule between all breaks, h = 1/2."""
    import numpy as np
    import sympy

    x, t = sympy.symbols("x t", real=True)
    names = {"x": x, "t": t}
    at = float(sympy.Rational(place))
    f = sympy.lambdify(x, sympy.sympify(FUNCTIONS[function], locals=names), "numpy")
    text, width = DENSITIES[density]
    kernel = sympy.lambdify(t, sympy.sympify(text, locals=names), "numpy")
    reach = 60.0 if width == "oo" else float(width)
    ends = {float(k) for k in np.linspace(-reach, reach, 121)} | {2 * (at - b) for b in (-1, 0, 1)}
    nodes, weights = np.polynomial.legendre.leggauss(24)
    total = 0.0
    for low, high in pairwise(sorted(end for end in ends if abs(end) <= reach)):
        s = low + (high - low) * (nodes + 1) / 2
        total += float(np.sum(weights * f(at - s / 2) * kernel(s)) * (high - low) / 2)
    return total


def construction(pairs: Sequence[tuple[str, str]], limit: float, rounds: int) -> list[str]:
    """Return the table of construction times, one row a pair."""
    worker = SymPyWorker()
    lines = ["| function | mollifier | ms | SymPy, ms | ratio | |", "|---|---|---|---|---|---|"]
    ratios, longest, wrong = [], 0.0, 0
    try:
        for function, density in pairs:
            exact = [by_quadrature(function, density, place) for place in PLACES]
            ours, values = _ours(function, density, rounds)
            wrong += not _agree(values, exact)
            best, remark = _best_of_sympy(worker, function, density, exact, limit)
            ratios.append(best / ours)
            longest = max(longest, ours)
            lines.append(
                f"| {function} | {density} | {1e3 * ours:.2f} | {1e3 * best:.0f} "
                f"| {best / ours:.0f} | {remark} |"
            )
    finally:
        worker.close()
    summary = (
        f"Median ratio **{statistics.median(ratios):.0f}** ({_MEDIAN:g} required), least "
        f"**{min(ratios):.1f}** ({_LEAST:g}), longest construction **{1e3 * longest:.1f}** ms "
        f"({_LONGEST:g}), {len(pairs)} pairs, {wrong} of symnum's values wrong. A formulation that "
        "fails or is wrong leaves the other one's time; where both do, the limit of "
        f"{limit:g} seconds counts."
    )
    return [summary, "", *lines]


def _agree(values: Sequence[float] | None, exact: Sequence[float]) -> bool:
    return values is not None and all(
        math.isclose(value, other, rel_tol=1e-8, abs_tol=1e-9)
        for value, other in zip(values, exact, strict=True)
    )


def _ours(function: str, density: str, rounds: int) -> tuple[float, list[float]]:
    """Return symnum's median time, SymPy's cache cleared before each, and its values."""
    import sympy
    from sympy.core.cache import clear_cache

    import symnum as sn

    x = sympy.Symbol("x")
    f = sympy.sympify(FUNCTIONS[function], locals={"x": x})
    half = sympy.Rational(1, 2)
    smooth = sn.mollify(f, x, density, half).expr  # the tables of the mollifier are then there
    seconds = []
    for _ in range(rounds):
        clear_cache()
        start = time.process_time()
        smooth = sn.mollify(f, x, density, half).expr
        seconds.append(time.process_time() - start)
    values = [float(smooth.subs(x, sympy.Rational(place)).evalf(20)) for place in PLACES]
    return statistics.median(seconds), values


def _best_of_sympy(
    worker: SymPyWorker, function: str, density: str, exact: Sequence[float], limit: float
) -> tuple[float, str]:
    best, failed = limit, []
    for formulation in FORMULATIONS:
        answer = worker.integrate(function, density, formulation, best)
        if answer is None:
            failed.append("takes longer")
        elif answer["values"] is None:
            failed.append(answer["why"])
        elif not _agree(answer["values"], exact):
            failed.append("wrong")
        else:
            best = min(best, answer["seconds"])
    return best, "; ".join(failed) if len(failed) == len(FORMULATIONS) or "wrong" in failed else ""


def textbook() -> dict[str, Callable[[Any], Any]]:
    """Return the formulas as they stand in a textbook."""
    import numpy as np
    from scipy.special import erfc

    root = np.sqrt(2.0)
    return {
        "gelu": lambda x: x * erfc(-x / root) / 2,
        "smoothed_relu": lambda x: (
            x * erfc(-x / root) / 2 + np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
        ),
        "softplus": lambda x: np.log(1 + np.exp(x)),
        "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
        "silu": lambda x: x / (1 + np.exp(-x)),
        "mish": lambda x: x * np.tanh(np.log(1 + np.exp(x))),
        "log_sigmoid": lambda x: -np.log(1 + np.exp(-x)),
        "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
        "log_cosh": lambda x: np.log(np.cosh(x)),
        "pseudo_huber": lambda x: np.sqrt(1 + x * x) - 1,
        "tanhshrink": lambda x: x - np.tanh(x),
        "welsch": lambda x: 1 - np.exp(-x * x / 2),
    }


def split_quadrature(x: Any) -> Any:
    """Return the Gaussian's smoothed ReLU by Gauss's rule with 32 points up to the kink."""
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    low, high = -9.0, np.clip(x, -9.0, 9.0)
    half = (high - low) / 2
    total = np.zeros_like(x)
    for node, weight in zip(nodes, weights, strict=True):
        t = low + half * (node + 1)
        total += weight * (x - t) * np.exp(-t * t / 2)
    return total * half / np.sqrt(2 * np.pi)


def kernels(rounds: int) -> list[str]:
    """Return the table of kernels, one row a function, and the ratio to quadrature."""
    import numpy as np

    from symnum.reference.ulps import ulp_distance
    from symnum.smoothing import CATALOG

    points = np.random.default_rng(0).uniform(-30.0, 30.0, SIZE)
    room = np.empty_like(points)
    lines = [
        "| function | ms | NumPy, ms | ratio | worst ulp | NumPy, worst ulp |",
        "|---|---|---|---|---|---|",
    ]
    remark = ""
    for name, formula in textbook().items():
        kernel = CATALOG[name].compile(parallel=False)
        calls = {"symnum": partial(kernel, points, out=room), "NumPy": partial(formula, points)}
        if name == "smoothed_relu":
            calls["quadrature"] = partial(split_quadrature, points)
        times = interleaved(calls, rounds)
        own, other = (1e3 * times[label] for label in ("symnum", "NumPy"))
        if name == "smoothed_relu":
            remark = (
                f"The smoothed ReLU takes **{own / other:.2f}** times NumPy's time (1.5 allowed) "
                f"and is **{times['quadrature'] / times['symnum']:.1f}** times faster than "
                f"quadrature with {_NODES} points up to the kink (2 required)."
            )
        exact = [kernel.reference(float(x), digits=25) for x in points[:CHECKED]]
        worst = [
            max(map(ulp_distance, function(points[:CHECKED]), exact))
            for function in (kernel, formula)
        ]
        lines.append(
            f"| {name} | {own:.2f} | {other:.2f} | {other / own:.2f} "
            f"| {worst[0]:.2f} | {worst[1]:.3g} |"
        )
    what = f"{SIZE:,} points on [-30, 30]; textbook formulas of NumPy and SciPy. {remark}"
    return [what, "", *lines]


def many_kinks() -> list[str]:
    """Return the comparison of many kinks with the direct sum over all of them."""
    import numpy as np

    import symnum as sn
    from symnum.smoothing import MOLLIFIERS, JumpForm

    rng = np.random.default_rng(0)
    breaks, slopes = np.sort(rng.uniform(0.0, 1.0, KINKS)), rng.normal(size=KINKS)
    points = rng.uniform(-0.1, 1.1, SIZE)
    lines = ["| bandwidth | s | direct sum, s | ratio | difference |", "|---|---|---|---|---|"]
    ramp = sn.lambdify("u", MOLLIFIERS["gaussian"].antiderivative(2), parallel=False)
    for h in (0.001, 0.01):
        smooth = sn.mollify(JumpForm(breaks, 1, slopes), "x", "gaussian", str(h))
        kernel = smooth.compile()
        kernel(points[:10])
        start = time.process_time()
        values = kernel(points)
        own = time.process_time() - start
        some = points[:DIRECT]
        start = time.process_time()
        direct = np.array([ramp((p - breaks) / h) @ slopes * h for p in some])
        other = (time.process_time() - start) * SIZE / DIRECT
        difference = np.abs(values[:DIRECT] - direct).max() / np.abs(direct).max()
        lines.append(
            f"| {h} | {own:.2f} | {other:.0f} | **{other / own:.0f}** | {difference:.1e} |"
        )
    what = (
        f"{KINKS:,} kinks on [0, 1], {SIZE:,} points, Gaussian; the direct sum at {DIRECT} points, "
        "its time in proportion; at least 500 and 1e-13 of the largest value required."
    )
    return [what, "", *lines]


def arguments(texts: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.smoothing", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the whole grid of 10 x 7 pairs")
    parser.add_argument("--limit", type=float, default=8.0, help="seconds for SymPy's integrate")
    parser.add_argument("--rounds", type=int, default=7, help="samples of each competitor")
    parser.add_argument("--write", action="store_true", help="rewrite the section of RESULTS.md")
    return parser.parse_args(texts)


def main() -> None:
    """Measure, print, and with ``--write`` record."""
    asked = arguments()
    pinned = ", pinned to one processor" if single_thread() else ""
    from benchmarks.results import machine_line, write_section

    lines = [machine_line(), "", f"One thread{pinned}, processor time, medians.", ""]
    print("\n".join(lines))
    parts: list[tuple[str, Callable[[], list[str]]]] = [
        (
            "Construction of closed forms, h = 1/2",
            lambda: construction(grid(full=asked.full), asked.limit, asked.rounds),
        ),
        ("Kernels", lambda: kernels(asked.rounds)),
        ("Many kinks", many_kinks),
    ]
    for title, measured in parts:
        block = [f"### {title}", "", *measured(), ""]
        print("\n".join(block), flush=True)
        lines += block
    if asked.write:
        write_section(_TITLE, lines)


if __name__ == "__main__":
    main()
