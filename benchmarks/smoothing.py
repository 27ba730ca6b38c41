"""Kernels of the catalogue beside NumPy: ``python -m benchmarks.smoothing [--write]``.

Each headline function on a million points, in one process, interleaved: the compiled kernel, and
the textbook formula with NumPy and SciPy. The largest errors of both stand beside.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.timing import interleaved, single_thread

SIZE = 1_000_000
CHECKED = 300
ROUNDS = 9


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


def measured() -> list[str]:
    """Return the table, one row a function."""
    import numpy as np

    from symnum.reference.ulps import ulp_distance
    from symnum.smoothing import CATALOG

    points = np.random.default_rng(0).uniform(-30.0, 30.0, SIZE)
    room = np.empty_like(points)
    lines = [
        "| function | ms | NumPy, ms | ratio | worst ulp | NumPy, worst ulp |",
        "|---|---|---|---|---|---|",
    ]
    for name, formula in textbook().items():
        kernel = CATALOG[name].compile(parallel=False)
        times = interleaved(
            {"symnum": partial(kernel, points, out=room), "NumPy": partial(formula, points)}, ROUNDS
        )
        own, other = (1e3 * times[label] for label in ("symnum", "NumPy"))
        worst = []
        for values in (kernel(points[:CHECKED]), formula(points[:CHECKED])):
            exact = [kernel.reference(float(x), digits=25) for x in points[:CHECKED]]
            worst.append(max(map(ulp_distance, values, exact)))
        lines.append(
            f"| {name} | {own:.2f} | {other:.2f} | {other / own:.2f} "
            f"| {worst[0]:.2f} | {worst[1]:.3g} |"
        )
    return lines


def main() -> None:
    """Measure, print, and with ``--write`` record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the section in RESULTS.md")
    write = parser.parse_args().write
    single_thread()
    lines = measured()
    print("\n".join(lines))
    if write:
        from benchmarks.results import machine_line, write_section

        what = f"{SIZE:,} points on [-30, 30], one thread."
        write_section("Smoothing", [machine_line(), "", what, "", *lines])


if __name__ == "__main__":
    main()
