"""Smoothing of functions with many kinks: polynomials from prefix sums, a window for the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Any, final

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr, Integer, Rational, Symbol

from symnum.compiler import lambdify
from symnum.derivation import Derivation
from symnum.expressions import Interval
from symnum.smoothing.errors import NonIntegrableGrowth
from symnum.smoothing.kinks.jump_arrays import HIGHEST_ORDER, JumpForm, evaluated
from symnum.smoothing.mollifiers.mollifier import Mollifier, U

__all__ = ["KinkKernel", "MollifiedKinks", "smoothed_kinks"]

# |u| beyond which A_m(u) is its limit to 1e-17 of E|T|^m, for the mollifiers without bounded
# support; those that are not here have tails that fall like a power.
_REACH = {"gaussian": 9.0, "laplace": 46.0, "logistic": 46.0, "sech": 30.0}
# Points that share one window, and the numbers in one temporary array.
_FEWEST = 48
_SHARING = 256
_BLOCK = 1 << 17
# Where the smoothed function is analytic it is interpolated on panels of at most these widths in
# units of h, at so many points that the error is below 1e-16: the strip of analyticity is pi wide
# for the logistic density, 1 for sech, and for the Gaussian the derivatives grow like sqrt(n!).
_PANELS = {"gaussian": 1.0, "logistic": 1.0, "sech": 0.5}
_NODES = 18
_NODE_BITS = 20
_TOGETHER = 1 << 14
_SHOWN = 50


def smoothed_kinks(form: JumpForm, x: Symbol, density: Mollifier, h: Expr) -> MollifiedKinks:
    """Return a piecewise polynomial with many kinks smoothed.

    Parameters
    ----------
    form : JumpForm
    x : Symbol
    density : Mollifier
    h : Expr
        Positive.

    Returns
    -------
    MollifiedKinks

    Raises
    ------
    NonIntegrableGrowth
        If the mollifier cannot integrate the growth of the function.
    """
    if density.degree is not None:
        sides = (("to the left", _left_degree(form)), ("to the right", _right_degree(form)))
        for side, degree in sides:
            if degree > density.degree:
                raise NonIntegrableGrowth(
                    f"the {density.name} mollifier has no moment of order {degree}, but f grows "
                    f"like {x}**{degree} {side}"
                )
    return MollifiedKinks(form, x, density, h)


def _left_degree(form: JumpForm) -> int:
    return max((k for k, c in enumerate(form.coefficients) if c), default=0)


def _right_degree(form: JumpForm) -> int:
    if not len(form):
        return _left_degree(form)
    size = np.abs(form.heights).sum() + sum(abs(c) for c in form.coefficients)
    last = np.abs(form.pieces[-1]) > 1e-12 * size
    return int(np.flatnonzero(last).max(initial=0))


def _analytic_panels(name: str, h: float) -> tuple[float, Any, Any] | None:
    """Return the width of the panels, values to Chebyshev coefficients, and nodes in [0, 1]."""
    if name not in _PANELS:
        return None
    angles = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    nodes = np.round((1 - np.cos(angles)) / 2 * 2.0**_NODE_BITS) / 2.0**_NODE_BITS
    matrix = np.linalg.inv(np.polynomial.chebyshev.chebvander(2 * nodes - 1, _NODES - 1)).T
    return float(2.0 ** np.floor(np.log2(_PANELS[name] * h))), matrix, nodes


def _clenshaw(
    coefficients: NDArray[np.float64], row: NDArray[np.int64], t: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return Chebyshev series, chosen by row, at 2 t - 1."""
    values = np.empty_like(t)
    columns = np.ascontiguousarray(coefficients.T)
    for start in range(0, len(t), _TOGETHER):
        mine = row[start : start + _TOGETHER]
        s = 2 * t[start : start + _TOGETHER] - 1
        after, last = np.zeros_like(s), np.zeros_like(s)
        for column in columns[:0:-1]:
            after, last = 2 * s * after - last + column[mine], after
        values[start : start + _TOGETHER] = s * after - last + columns[0][mine]
    return values


@final
@dataclass(frozen=True)
class MollifiedKinks:
    """A smoothed function with many kinks.

    Attributes
    ----------
    original : JumpForm
    variable : Symbol
    mollifier : Mollifier
    bandwidth : Expr
    order : int
        How often it is differentiated.
    """

    original: JumpForm
    variable: Symbol
    mollifier: Mollifier
    bandwidth: Expr
    order: int = 0

    @property
    def method(self) -> str:
        """How the closed form came about."""
        return "jump_form"

    @cached_property
    def expr(self) -> Expr:
        """The closed form, exact, a term for each jump."""
        x, h = self.variable, self.bandwidth
        smooth = sympy.Add(
            *(
                Rational(c) * comb(k, i) * (-h) ** i * self.mollifier.moment(i) * x ** (k - i)
                for k, c in enumerate(self.original.coefficients)
                if c
                for i in range(k + 1)
            )
        ).diff(x, self.order)
        terms = [
            jump * h ** (k - self.order) * self._law(k).xreplace({U: (x - a) / h})
            for a, k, jump in self.original.jumps
        ]
        return sympy.Add(smooth, *terms)

    def _law(self, k: int) -> Expr:
        """Return what a jump of order k becomes, in `U`."""
        return self.mollifier.law.at(k + 1 - self.order, U)

    @property
    def sup_error(self) -> Expr | None:
        r"""The bound :math:`\sum |J_0|/2 + h A_2(0) \sum |J_1|` of sup |S_h f - f|, or None."""
        form, K = self.original, self.mollifier
        highest = max(_left_degree(form), int(form.orders.max(initial=0)))
        if self.order or highest > 1 or K.signed or not K.symmetric:
            return None
        heights = [sympy.Add(*(abs(J) for _, k, J in form.jumps if k == order)) for order in (0, 1)]
        kinks = self.bandwidth * K.law.at(2, Integer(0)) * heights[1] if heights[1] else 0
        return heights[0] / 2 + kinks

    def diff(self, n: int = 1) -> MollifiedKinks:
        """Return the n-th derivative in x."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise ValueError(f"n: expected an integer of at least 0, got {n!r}")
        lowest = int(self.original.orders.min(initial=HIGHEST_ORDER))
        if self.order + n - 1 - lowest > self.mollifier.law.smoothness:
            raise ValueError(
                f"n: derivative {self.order + n} of this function is no function, as the "
                f"{self.mollifier.name} mollifier has {self.mollifier.law.smoothness} derivatives"
            )
        return MollifiedKinks(
            self.original, self.variable, self.mollifier, self.bandwidth, self.order + n
        )

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The arguments of the kernel: x, then what the bandwidth contains, by name."""
        rest = sorted(self.bandwidth.free_symbols - {self.variable}, key=lambda s: s.name)
        return (self.variable, *rest)

    @cached_property
    def derivation(self) -> Derivation:
        """The proof that each A_{m+1} integrates A_m, and the form of one smoothed jump."""
        u = Symbol("u" if all(s.name != "u" for s in self.symbols) else "u_", real=True)
        domain: dict[Any, Any] = {
            s: Interval(0, sympy.oo, left_open=True)
            if s.is_positive
            else Interval(-sympy.oo, sympy.oo)
            for s in self.symbols
        }
        proof = Derivation("mollified", title="many kinks", domain={**domain, u: _LINE})
        highest = max(1, int(self.original.orders.max(initial=0)) + 1)
        for m in range(highest):
            below, above = (self.mollifier.law.at(j, u) for j in (m, m + 1))
            if m or self.mollifier.continuous:
                why = f"A_{m + 1} is an antiderivative of A_{m}"
                proof.equal(above.diff(u), below, why=why)
            if self.mollifier.degree is None or m <= self.mollifier.degree:
                proof.limit(above, u, -sympy.oo, 0, why=f"A_{m + 1} starts from 0")
        x, h = self.variable, self.bandwidth
        if len(self.original) <= _SHOWN:
            formula = self.expr
        else:
            a, k, jump = self.original.jumps[0]
            formula = jump * h ** (k - self.order) * self._law(k).xreplace({U: (x - a) / h})
        proof.equal(formula, formula, why="each jump of order k becomes h^k A_(k+1)((x - a)/h)")
        proof.result(formula, args=self.symbols)
        return proof

    def compile(self) -> KinkKernel:
        """Return the function of arrays."""
        return KinkKernel(self)

    def _repr_latex_(self) -> str:
        return f"$${sympy.latex(self.expr)}$$" if len(self.original) <= _SHOWN else ""

    def __str__(self) -> str:
        if len(self.original) <= _SHOWN:
            return str(sympy.sstr(self.expr))
        return f"<{self.original!r} smoothed by {self.mollifier.name}, h = {self.bandwidth}>"


_LINE = Interval(-sympy.oo, sympy.oo)


@final
class KinkKernel:
    """A smoothed function with many kinks as a function of arrays.

    Left of a window around x each jump contributes a polynomial, which prefix sums hold; right of
    it nothing; only the jumps inside the window are summed one by one.

    Parameters
    ----------
    smooth : MollifiedKinks
    """

    def __init__(self, smooth: MollifiedKinks) -> None:
        self.args = smooth.symbols
        self._smooth = smooth
        self._form = smooth.original
        self._orders = sorted(set(self._form.orders.tolist()))
        self._laws: dict[int, Callable[..., Any]] = {
            k: lambdify(U, smooth._law(k)) for k in self._orders
        }
        self._width = sympy.lambdify(self.args[1:], smooth.bandwidth, "math")

    @property
    def expr(self) -> Expr:
        """The closed form."""
        return self._smooth.expr

    def __call__(self, x: Any, *parameters: float) -> Any:
        """Return the values at x.

        Parameters
        ----------
        x : array_like of float
        *parameters : float
            What the bandwidth contains, by name.

        Returns
        -------
        float or ndarray of the shape of x
        """
        if len(parameters) != len(self.args) - 1:
            names = ", ".join(str(s) for s in self.args)
            raise TypeError(f"expected the arguments {names}, got {len(parameters) + 1} of them")
        h = float(self._width(*(float(p) for p in parameters)))
        if not 0 < h < np.inf:
            raise ValueError(f"the bandwidth must be positive and finite, got {h}")
        points = np.asarray(x, dtype=np.float64)
        flat = np.ravel(points)
        order = np.argsort(flat, kind="stable")
        ascending = flat[order]
        values = np.empty_like(ascending)
        # Sorted: minus infinity, numbers, infinity, NaN.
        first = int(np.searchsorted(ascending, -np.inf, side="right"))
        last = int(np.searchsorted(ascending, np.inf, side="left"))
        values[:first] = self._limit(-1)
        values[last:] = np.where(np.isnan(ascending[last:]), np.nan, self._limit(1))
        values[first:last] = self._sorted(ascending[first:last], h)
        result = np.empty_like(values)
        result[order] = values
        return result.reshape(points.shape) if points.ndim else float(result[0])

    def _limit(self, side: int) -> float:
        """Return the limit at an infinity, from the highest power of the outermost piece."""
        form = self._form
        outer = np.array(form.coefficients)
        if side > 0 and len(form):
            outer = form.pieces[-1]
        powers = np.flatnonzero(outer)
        power = int(powers.max(initial=0)) - self._smooth.order
        if not len(powers) or power < 0:
            return 0.0
        if power == 0:
            return float(outer[powers.max()]) * float(sympy.factorial(self._smooth.order))
        return float(np.sign(outer[powers.max()]) * side**power * np.inf)

    def _smoothed_rows(self, rows: NDArray[np.float64], h: float) -> NDArray[np.float64]:
        """Smooth and differentiate polynomials, given by rows of coefficients."""
        degree = rows.shape[1] - 1
        smooth = np.zeros_like(rows)
        for k in range(degree + 1):
            for i in range(k + 1):
                moment = self._moment(i)
                if moment:
                    smooth[:, k - i] += rows[:, k] * (comb(k, i) * (-h) ** i * moment)
        for _ in range(self._smooth.order):
            smooth = np.append(
                smooth[:, 1:] * np.arange(1, degree + 1), np.zeros((len(rows), 1)), 1
            )
        return smooth

    def _moment(self, k: int) -> float:
        density = self._smooth.mollifier
        if density.degree is not None and k > density.degree:
            return 0.0  # growth of this degree has been refused, so it belongs to a zero
        return float(density.moment(k))

    def _sorted(self, x: NDArray[np.float64], h: float) -> NDArray[np.float64]:
        """Return the values at ascending points, by interpolation where that is less work."""
        panels = _analytic_panels(self._smooth.mollifier.name, h)
        if panels is None or not len(self._form):
            return self._direct(x, h)
        form, (width, matrix, nodes) = self._form, panels
        cells = np.floor(x / width)
        first, count = np.unique(cells, return_counts=True)
        reach = self._reach() * h
        kinks = np.searchsorted(form.breaks, (first + 1) * width + reach)
        kinks -= np.searchsorted(form.breaks, first * width - reach)
        # Far outside the smoothed function may fall by powers of ten over one panel.
        inside = (first + 2) * width >= form.breaks[0]
        inside &= (first - 1) * width <= form.breaks[-1]
        # Edges and nodes must be exact: multiples of the width with few bits.
        exact = np.abs(first) < 2.0 ** (51 - _NODE_BITS)
        chosen = inside & exact & (count > 2 * len(nodes)) & (kinks > 3 * len(nodes))
        if not chosen.any():
            return self._direct(x, h)
        edges = first[chosen] * width
        at_nodes = self._direct((edges[:, None] + width * nodes).ravel(), h)
        coefficients = at_nodes.reshape(len(edges), -1) @ matrix
        values = np.empty_like(x)
        smooth = np.repeat(chosen, count)
        row = np.repeat(np.cumsum(chosen) - 1, count)[smooth]
        values[smooth] = _clenshaw(coefficients, row, (x[smooth] - edges[row]) / width)
        values[~smooth] = self._direct(x[~smooth], h)
        return values

    def _direct(self, x: NDArray[np.float64], h: float) -> NDArray[np.float64]:
        """Return the values at ascending points, one window for some points at a time."""
        form, count = self._form, len(x)
        values = np.empty(count)
        left = np.zeros((1, form.degree + 1))
        left[0, : len(form.coefficients)] = form.coefficients
        left = self._smoothed_rows(left, h)
        pieces = self._smoothed_rows(form.pieces, h) if len(form) else left
        reach = h * self._reach()
        # As many points as one window serves without growing beyond twice its own size.
        wide = np.searchsorted(x, x + max(reach, h), side="right")
        # Fewer points than this are not worth a call, unless they are so far apart that the
        # polynomials of a common window would cancel.
        widest = np.searchsorted(x, x + 4 * max(reach, h), side="right")
        lows = np.searchsorted(form.breaks, x - reach)
        highs = np.searchsorted(form.breaks, x + reach, side="right")
        start = 0
        while start < count:
            few = min(start + _FEWEST, int(widest[start]))
            stop = min(max(few, min(int(wide[start]), start + _SHARING)), count)
            low, high = int(lows[start]), int(highs[stop - 1])
            stop = min(stop, start + max(1, _BLOCK // max(1, high - low)))
            part = x[start:stop]
            index = np.full(len(part), low - 1)
            if low == 0:
                total = evaluated(left, np.zeros(1), index, part)
            else:
                total = evaluated(pieces, form.breaks, index, part)
            values[start:stop] = total + self._window(part, low, high, h)
            start = stop
        return values

    def _reach(self) -> float:
        density = self._smooth.mollifier
        if density.name in _REACH:
            return _REACH[density.name]
        ends = density.support
        bounded = all(end.is_finite for end in ends)
        return max(abs(float(end)) for end in ends) if bounded else np.inf

    def _window(self, x: NDArray[np.float64], low: int, high: int, h: float) -> Any:
        form = self._form
        if low >= high:
            return 0.0
        total: Any = 0.0
        u = (x[:, None] - form.breaks[low:high]) / h
        for k in self._orders:
            mine = form.orders[low:high] == k
            if mine.any():
                law = self._laws[k]
                scale = form.heights[low:high][mine] * h ** (k - self._smooth.order)
                total = total + law(u if mine.all() else u[:, mine]) @ scale
        return total
