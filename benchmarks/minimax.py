"""Best approximations to 30 digits: ``python -m benchmarks.minimax [--write]``.

The unit is the time of 1,000 evaluations of mpmath's erfc at 40 digits, at points spread over
[0, 6], in the same run. Each fit is made from nothing, its certificate included; the certificate
alone stands beside. The clock is the processor time.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.timing import own_clock, single_thread

POINTS = 1000
DIGITS = 40
ROUNDS = 3
#: How many units the fits of each group may take.
ALLOWED = {"one parameter": 60, "two and more": 120, "polynomials": 120, "rationals": 300}

NORMAL = "erfc(-x/sqrt(2))/2"
GELU = f"x*{NORMAL}"


def cases() -> list[tuple[str, str, str, Any, dict[str, Any]]]:
    """Return rows of group, name, target, interval and options."""
    import sympy

    half_line, line = (0, sympy.oo), (-sympy.oo, sympy.oo)

    def one(name: str, target: str, interval: Any, form: str, *params: str) -> Any:
        group = "one parameter" if len(params) == 1 else "two and more"
        return group, name, target, interval, {"form": form, "params": list(params)}

    def power(name: str, target: str, interval: Any, degree: int, weight: str = "absolute") -> Any:
        return "polynomials", name, target, interval, {"degree": degree, "weight": weight}

    def ratio(name: str, target: str, interval: Any, degree: int) -> Any:
        options = {"form": "rational", "degree": (degree, degree)}
        return "rationals", f"{name}, ({degree}, {degree})", target, interval, options

    return [
        one("erf by tanh(ax)", "erf(x)", (0, 6), "tanh(a*x)", "a"),
        one("Phi by sigma(ax)", NORMAL, (0, 8), "1/(1+exp(-a*x))", "a"),
        one("Phi by sigma(ax), whole line", NORMAL, line, "1/(1+exp(-a*x))", "a"),
        one("exp(-x^2/2) by sech(ax)", "exp(-x**2/2)", (0, 6), "sech(a*x)", "a"),
        one("softplus by a root", "log(1+exp(x))", (-20, 20), "(x+sqrt(x**2+a))/2", "a"),
        one("GELU by x sigma(ax), half-line", GELU, half_line, "x/(1+exp(-a*x))", "a"),
        one(
            "GELU by tanh, whole line",
            GELU,
            line,
            "x/2*(1+tanh(sqrt(2/pi)*(x+a*x**3)))",
            "a",
        ),
        one("GELU by tanh, whole line", GELU, line, "x/2*(1+tanh(a*x+b*x**3))", "a", "b"),
        one("erf by tanh(ax+bx^3)", "erf(x)", (0, 4), "tanh(a*x+b*x**3)", "a", "b"),
        one("sin by a tanh(bx)", "sin(x)", (0, 2), "a*tanh(b*x)", "a", "b"),
        one("log(1+x) by ax/(1+bx)", "log(1+x)", (0, 3), "a*x/(1+b*x)", "a", "b"),
        power("exp, degree 5", "exp(x)", (-1, 1), 5),
        power("exp, degree 12, relative", "exp(x)", (-1, 1), 12, "relative"),
        power("Gamma, degree 12, relative", "gamma(x)", (1, 3), 12, "relative"),
        power("log(1+x)/x, degree 10", "log(1+x)/x", ("-1/2", 1), 10),
        power("abs, degree 8", "Abs(x)", (-1, 1), 8),
        power("exp, degree 20", "exp(x)", (-1, 1), 20),
        ratio("exp", "exp(x)", (-1, 1), 4),
        ratio("Phi", NORMAL, (0, 6), 4),
        ratio("sqrt", "sqrt(x)", (0, 1), 4),
        ratio("Phi", NORMAL, (0, 6), 8),
    ]


def unit(clock: Callable[[], float]) -> float:
    """Return the time of the unit in seconds."""
    import mpmath

    context = mpmath.mp.clone()
    context.dps = DIGITS
    points = [context.mpf(6) * k / (POINTS - 1) for k in range(POINTS)]
    times = []
    for _ in range(ROUNDS):
        start = clock()
        for point in points:
            context.erfc(point)
        times.append(clock() - start)
    return statistics.median(times)


def certificate_seconds(fit: Any, clock: Callable[[], float]) -> float:
    """Return how long the proof of the bound alone takes, to a relative gap of 1e-10."""
    from symnum.approximation.certificate import certify

    ends = fit.family.problem.ends(fit.bits)
    start = clock()
    certify(fit.family, fit.values, ends, fit.outcome.extrema, fit.bits, slack=1e-10)
    return clock() - start


def measured() -> list[str]:
    """Return the table, one row a fit."""
    import mpmath

    from symnum.approximation import minimax

    clock = own_clock()
    minimax("exp(-x)", "x", (0, 1), form="a+b*x", params=["a", "b"])
    lines = [
        "| fit | error | gap of the bounds | units | allowed | seconds | certificate, s |",
        "|---|---|---|---|---|---|---|",
    ]
    for group, name, target, interval, options in cases():
        times = []
        for _ in range(ROUNDS):
            _forget()
            start = clock()
            fit = minimax(target, "x", interval, **options)
            times.append(clock() - start)
        seconds = statistics.median(times)
        low, high = fit.error_bounds
        lines.append(
            f"| {name} | {mpmath.nstr(fit.error, 6)} | {float((high - low) / low):.0e} "
            f"| {seconds / unit(clock):.1f} | {ALLOWED[group]} | {seconds:.3f} "
            f"| {certificate_seconds(fit, clock):.3f} |"
        )
    return lines


def _forget() -> None:
    """Empty the caches that would answer a fit that was made before."""
    from sympy.core.cache import clear_cache

    from symnum.approximation.zeros import zero_count

    clear_cache()
    zero_count.cache_clear()


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

        what = (
            "30 digits; a unit is 1,000 evaluations of mpmath's erfc at 40 digits; one processor, "
            f"medians of {ROUNDS}."
        )
        write_section("Best approximation", [machine_line(), "", what, "", *lines])


if __name__ == "__main__":
    main()
