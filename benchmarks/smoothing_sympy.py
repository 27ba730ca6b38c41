"""SymPy's own convolutions, one at a time in a process that can be ended: for `smoothing`.

Read lines of JSON with the names of a function, a mollifier and a formulation; answer with the
seconds that ``integrate`` took and with the values of what it found at `PLACES`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["DENSITIES", "FORMULATIONS", "FUNCTIONS", "PLACES", "SymPyWorker"]

# As symnum takes them; SymPy first rewrites them as pieces, which it integrates best.
FUNCTIONS = {
    "relu": "Max(x, 0)",
    "leaky_relu": "Max(x, x/10)",
    "abs": "Abs(x)",
    "sign": "sign(x)",
    "clip": "Max(-1, Min(x, 1))",
    "soft_threshold": "sign(x)*Max(Abs(x) - 1, 0)",
    "squared_relu": "Max(x, 0)**2",
    "huber": "Piecewise((x**2/2, Abs(x) <= 1), (Abs(x) - Rational(1, 2), True))",
    "elu": "Piecewise((x, x > 0), (exp(x) - 1, True))",
    "sine_step": "sin(x)*Heaviside(x)",
}
# Density and half of the width of its support.
DENSITIES = {
    "gaussian": ("exp(-t**2/2)/sqrt(2*pi)", "oo"),
    "logistic": ("exp(-t)/(1 + exp(-t))**2", "oo"),
    "laplace": ("Piecewise((exp(t)/2, t < 0), (exp(-t)/2, True))", "oo"),
    "uniform": ("1/2", "1"),
    "triangular": ("Piecewise((1 + t, t < 0), (1 - t, True))", "1"),
    "epanechnikov": ("3*(1 - t**2)/4", "1"),
    "raised_cosine": ("(1 + cos(pi*t))/2", "1"),
}
FORMULATIONS = ("f(x - h t) K(t)", "f(y) K((x - y)/h)/h")
PLACES = ("-7/10", "1/5", "13/10")


class SymPyWorker:
    """A process that integrates with SymPy; what takes too long ends it."""

    def __init__(self) -> None:
        self._process: Any = None

    def integrate(
        self, function: str, density: str, formulation: str, limit: float
    ) -> dict[str, Any] | None:
        """Return seconds and values, None where the limit in seconds ran out.

        Parameters
        ----------
        function, density, formulation : str
        limit : float
        """
        process = self._started()
        job = {"function": function, "density": density, "formulation": formulation}
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        answer = _line_within(process, limit)
        if answer is None:
            self.close()
            return None
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> Any:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.smoothing_sympy"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).resolve().parents[1],
            )
            self._process.stdout.readline()  # it has imported and warmed up
        return self._process


def _line_within(process: Any, seconds: float) -> str | None:
    """Return the next line that a process writes, None where it takes longer than this."""
    import threading

    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.append(process.stdout.readline()), daemon=True)
    reader.start()
    reader.join(seconds)
    return lines[0] if lines and lines[0] else None


def _integral(f: Any, kernel: Any, reach: Any, formulation: str) -> Any:
    """Return the convolution, h = 1/2, of functions of x and of t."""
    import sympy

    x, t, y = sympy.symbols("x t y", real=True)
    h = sympy.Rational(1, 2)
    f = sympy.piecewise_fold(f.rewrite(sympy.Piecewise))
    if formulation == FORMULATIONS[0]:
        integrand = f.subs(x, x - h * t) * kernel
        return sympy.integrate(sympy.piecewise_fold(integrand), (t, -reach, reach))
    integrand = f.subs(x, y) * kernel.subs(t, (x - y) / h) / h
    return sympy.integrate(sympy.piecewise_fold(integrand), (y, x - h * reach, x + h * reach))


def _answer(job: dict[str, str]) -> dict[str, Any]:
    import sympy
    from sympy.core.cache import clear_cache

    x, t = sympy.symbols("x t", real=True)
    f = sympy.sympify(FUNCTIONS[job["function"]], locals={"x": x})
    text, width = DENSITIES[job["density"]]
    kernel, reach = sympy.sympify(text, locals={"t": t}), sympy.sympify(width)
    clear_cache()
    start = time.process_time()
    try:
        found = _integral(f, kernel, reach, job["formulation"])
    except Exception as failure:  # whatever it is, SymPy has no answer
        return {"seconds": None, "values": None, "why": type(failure).__name__}
    seconds = time.process_time() - start
    if found.has(sympy.Integral, sympy.nan, sympy.oo, sympy.zoo):
        return {"seconds": seconds, "values": None, "why": "no closed form"}
    try:
        values = [float(sympy.re(found.subs(x, sympy.Rational(p)).evalf(20))) for p in PLACES]
    except (TypeError, ValueError) as failure:
        return {"seconds": seconds, "values": None, "why": type(failure).__name__}
    return {"seconds": seconds, "values": values, "why": ""}


def main() -> None:
    """Warm up, then answer line by line."""
    import sympy

    t = sympy.Symbol("t", positive=True)
    # The first use of Meijer's functions builds tables.
    sympy.integrate(sympy.exp(-(t**2)) * t**2, (t, 0, sympy.oo), meijerg=True)
    sympy.integrate(sympy.exp(-(t**2) / 2) * t, (t, 0, sympy.oo))
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
