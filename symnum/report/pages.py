"""A page: all that is shown of one derivation, gathered once and rendered in several forms."""

from __future__ import annotations

import json
import math
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import sympy

from symnum.report.measurement import Measurement, measure
from symnum.report.peers import Peer
from symnum.report.plots import figure_svg
from symnum.report.values import flatten
from symnum.settings import cache_folder

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation, MutationReport

__all__ = ["Page", "build_page", "installation", "page_as_json", "page_figures"]

Findings = Callable[["Derivation"], list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown of one derivation.

    Attributes
    ----------
    derivation : Derivation
    kernel : Kernel
        Compiled from the proved result.
    measurement : Measurement
        Accuracy over the row's ranges, its tails, its speed.
    findings : tuple of (str, str)
        Further measured facts, label and value.
    mutants : MutationReport or None
        What became of the steps' mutants; None where they were not tried.
    svg : str or None
        The plot.
    """

    derivation: Derivation
    kernel: Kernel
    measurement: Measurement
    findings: tuple[tuple[str, str], ...]
    mutants: MutationReport | None
    svg: str | None


def _ignore(_: str) -> None:
    """Report progress to nobody."""


def build_page(
    derive: Callable[[], Derivation],
    *,
    ranges: Mapping[str, tuple[float, float]],
    tails: Sequence[Mapping[str, float]] = (),
    plot: Callable[[Derivation, Any], None] | None = None,
    findings: Findings | None = None,
    peers: Mapping[str, Peer] | None = None,
    thorough: bool = False,
    advance: Callable[[str], None] = _ignore,
) -> Page:
    """Run a derivation, compile its result, and measure it.

    Parameters
    ----------
    derive : callable
        Builds the derivation; each step is checked as it is written.
    ranges, tails, peers : see `measure`
    plot : callable, optional
        ``plot(derivation, figure)``; drawn only where `thorough`.
    findings : callable, optional
        ``findings(derivation)`` returns lines (label, value).
    thorough : bool
        Also draw the plot and try the mutants of every step.
    advance : callable
        Told what is being done, for a progress bar.

    Returns
    -------
    Page
    """
    advance("checking the steps")
    derivation = derive()
    advance("compiling the result")
    kernel = derivation.compile()
    advance("measuring the kernel")
    measurement = measure(kernel, ranges, tails, peers)
    advance("collecting the findings")
    found = tuple(findings(derivation)) if findings is not None else ()
    mutants = svg = None
    if thorough:
        advance("trying the mutants of every step")
        mutants = derivation.mutants()
        advance("drawing the plot")
        svg = figure_svg(plot, derivation) if plot is not None else None
    return Page(derivation, kernel, measurement, found, mutants, svg)


def page_figures(page: Page) -> dict[str, Any]:
    """Return the figures of a page that stand in the table of the gallery."""
    ratio = page.measurement.speed.ratio
    return {
        "level": page.derivation.level,
        "steps": len(page.derivation.steps),
        "max_ulp": round(page.measurement.accuracy.max_ulp, 2),
        "rounding_ulp": round(page.measurement.sensitivity, 2),
        "times_numpy": None if ratio is None else round(ratio, 1),
    }


def page_as_json(page: Page) -> str:
    """Return a page as JSON: steps with their certificates, result, accuracy, speed."""
    derivation, accuracy = page.derivation, page.measurement.accuracy
    speed = page.measurement.speed
    document = {
        "name": derivation.name,
        "title": derivation.title,
        "source": derivation.source,
        "level": derivation.level,
        "domain": {str(symbol): str(domain) for symbol, domain in derivation.domain.items()},
        "steps": [
            {
                "claim": str(step.claim),
                "why": step.why,
                "level": step.certificate.level,
                "method": step.certificate.method,
                "evidence": dict(step.certificate.details),
            }
            for step in derivation.steps
        ],
        "result": [sympy.sstr(entry) for entry in flatten(derivation.expr)],
        "arguments": [str(argument) for argument in page.kernel.args],
        "constants": {name: str(value) for name, value in derivation.constants.items()},
        "accuracy": {
            "max_ulp": accuracy.max_ulp,
            "median_ulp": accuracy.median_ulp,
            "sensitivity_ulp": page.measurement.sensitivity,
            "worst_point": {str(name): value for name, value in accuracy.worst_point.items()},
        },
        "speed": {
            "kernel_ns": speed.kernel,
            "numpy_ns": speed.numpy,
            "mpmath_ns": speed.mpmath,
            "times_numpy": speed.ratio,
            "elements": speed.size,
        },
        "peers": [
            {
                "at": dict(row.point),
                "relative_errors": {
                    name: error if math.isfinite(error) else None
                    for name, error in {"symnum": row.kernel, **row.peers}.items()
                },
            }
            for row in page.measurement.peers
        ],
        "findings": dict(page.findings),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def installation() -> dict[str, str]:
    """Return what this installation works with: versions, processor, cache folder."""
    import llvmlite.binding

    packages = ("symnum", "sympy", "mpmath", "python-flint", "numpy", "scipy", "llvmlite")
    facts = {package: metadata.version(package) for package in packages}
    facts["python"] = sys.version.split()[0]
    facts["system"] = platform.platform()
    facts["processor"] = llvmlite.binding.get_host_cpu_name()
    facts["cache"] = str(cache_folder())
    return facts
