"""Values of expressions at points: right digits, no false zeros, honest nan."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational, oo, pi

from symnum.errors import UnsupportedNodeError
from symnum.reference import Reference, evaluate

x, y, n, k, t = sympy.symbols("x y n k t")
DATA = Path(__file__).parents[1] / "data"


def digits_agree(value, text, digits):
    with mpmath.workdps(digits + 20):
        expected = mpmath.mpf(text)
        return abs(value - expected) <= mpmath.mpf(10) ** (1 - digits) * abs(expected)


# expression, point, value to 30 digits or more from published tables or elementary closed forms
LITERALS = {
    "exp": (sympy.exp(x), {x: 1}, "2.71828182845904523536028747135266249775724709"),
    "log2": (sympy.log(x), {x: 2}, "0.693147180559945309417232121458176568075500134"),
    "gamma-half": (
        sympy.gamma(x),
        {x: Rational(1, 2)},
        "1.77245385090551602729816748334114518279754946",
    ),
    "zeta3": (sympy.zeta(x), {x: 3}, "1.20205690315959428539973816151144999076498629"),
    "catalan": (sympy.Catalan, {}, "0.915965594177219015054603514932384110774149374"),
    "euler": (-sympy.digamma(x), {x: 1}, "0.577215664901532860606512090082402431042159336"),
    "erf1": (sympy.erf(x), {x: 1}, "0.842700792949714869341220635082609259296066998"),
    "j0": (sympy.besselj(0, x), {x: 1}, "0.765197686557966551449717526102663220909274290"),
    "k0": (sympy.besselk(0, x), {x: 1}, "0.421024438240708333335627379212609036136219749"),
    "ai0": (sympy.airyai(x), {x: 0}, "0.355028053887817239260063186004183176397979174"),
    "omega": (sympy.LambertW(x), {x: 1}, "0.567143290409783872999968662210355549753815787"),
    "ellipk": (
        sympy.elliptic_k(x),
        {x: Rational(1, 2)},
        "1.85407467730137191843385034719526004621759882",
    ),
    "ellipe": (
        sympy.elliptic_e(x),
        {x: Rational(1, 2)},
        "1.350643881047675502520174735338725842",
    ),
    "polylog": (
        sympy.polylog(2, x),
        {x: Rational(1, 2)},
        "0.58224052646501250590265632015968010874419847",
    ),
    "ei1": (sympy.Ei(x), {x: 1}, "1.89511781635593675546652093433163426901706059"),
    "si1": (sympy.Si(x), {x: 1}, "0.946083070367183014941353313823179657812337954"),
    "e1": (sympy.expint(1, x), {x: 1}, "0.219383934395520273677163775460121649031047293"),
    "fresnels": (sympy.fresnels(x), {x: 1}, "0.438259147390354766076756696625152637493786572"),
    "kummer": (
        sympy.hyper([Rational(1, 2)], [Rational(3, 2)], -(x**2)),
        {x: 1},
        "0.746824132812427025399467436131853005354499687",
    ),
}


@pytest.mark.parametrize(("expr", "point", "text"), LITERALS.values(), ids=LITERALS)
def test_values_from_tables(expr, point, text):
    shown = len(text.replace("0.", "").replace(".", "").lstrip("0"))
    assert digits_agree(evaluate(expr, point, 40), text, min(shown, 40))


# pairs that are equal by theory and computed along different ways
CLOSED_FORMS = {
    "erfc as uppergamma": (
        sympy.erfc(x),
        sympy.uppergamma(Rational(1, 2), x**2) / sympy.sqrt(pi),
        Rational(7, 3),
    ),
    "lower+upper": (
        sympy.lowergamma(3, x) + sympy.uppergamma(3, x),
        sympy.Integer(2),
        Rational(7, 3),
    ),
    "j half": (
        sympy.besselj(Rational(1, 2), x),
        sympy.sqrt(2 / (pi * x)) * sympy.sin(x),
        Rational(5, 2),
    ),
    "i half": (
        sympy.besseli(Rational(1, 2), x),
        sympy.sqrt(2 / (pi * x)) * sympy.sinh(x),
        Rational(5, 2),
    ),
    "k half": (
        sympy.besselk(Rational(1, 2), x),
        sympy.sqrt(pi / (2 * x)) * sympy.exp(-x),
        Rational(5, 2),
    ),
    "jn": (sympy.jn(1, x), sympy.sin(x) / x**2 - sympy.cos(x) / x, Rational(5, 2)),
    "yn": (sympy.yn(0, x), -sympy.cos(x) / x, Rational(5, 2)),
    "hankel": (
        sympy.hankel1(n, x) - sympy.besselj(n, x),
        sympy.I * sympy.bessely(n, x),
        Rational(3, 2),
    ),
    "airy wronskian": (
        sympy.airyai(x) * sympy.airybiprime(x) - sympy.airyaiprime(x) * sympy.airybi(x),
        1 / pi,
        Rational(3, 2),
    ),
    "legendre relation": (
        sympy.elliptic_e(x) * sympy.elliptic_k(1 - x)
        + sympy.elliptic_e(1 - x) * sympy.elliptic_k(x)
        - sympy.elliptic_k(x) * sympy.elliptic_k(1 - x),
        pi / 2,
        Rational(1, 3),
    ),
    "ellipf at right angle": (sympy.elliptic_f(pi / 2, x), sympy.elliptic_k(x), Rational(1, 3)),
    "ellippi n=0": (sympy.elliptic_pi(n, y, x), sympy.elliptic_f(y, x), Rational(1, 3)),
    "reflection": (sympy.gamma(x) * sympy.gamma(1 - x), pi / sympy.sin(pi * x), Rational(1, 3)),
    "loggamma": (sympy.exp(sympy.loggamma(x)), sympy.gamma(x), Rational(10, 3)),
    "trigamma": (sympy.polygamma(1, x), sympy.zeta(2, x), Rational(10, 3)),
    "beta": (
        sympy.beta(x, y),
        sympy.gamma(x) * sympy.gamma(y) / sympy.gamma(x + y),
        Rational(1, 3),
    ),
    "eta": (sympy.dirichlet_eta(x), (1 - 2 ** (1 - x)) * sympy.zeta(x), Rational(5, 3)),
    "lerch": (sympy.lerchphi(x, 2, 1), sympy.polylog(2, x) / x, Rational(1, 3)),
    "lambert": (sympy.LambertW(x) * sympy.exp(sympy.LambertW(x)), x, Rational(10, 3)),
    "lambert -1": (sympy.LambertW(x, -1) * sympy.exp(sympy.LambertW(x, -1)), x, Rational(-1, 5)),
    "li": (sympy.li(x), sympy.Ei(sympy.log(x)), Rational(10, 3)),
    "Li": (sympy.Li(x) + sympy.li(2), sympy.li(x), Rational(10, 3)),
    "Ci-Chi": (sympy.Chi(x) + sympy.Shi(x), sympy.Ei(x), Rational(10, 3)),
    "expint": (sympy.expint(2, x), sympy.exp(-x) - x * sympy.expint(1, x), Rational(10, 3)),
    "erfinv": (sympy.erf(sympy.erfinv(x)), x, Rational(1, 3)),
    "erfcinv": (sympy.erfc(sympy.erfcinv(x)), x, Rational(1, 10**40)),
    "erfi": (sympy.erfi(x), -sympy.I * sympy.erf(sympy.I * x), Rational(1, 3)),
    "chebyshev": (sympy.chebyshevt(n, sympy.cos(x)), sympy.cos(n * x), Rational(1, 3)),
    "chebyshev u": (
        sympy.chebyshevu(n, sympy.cos(x)),
        sympy.sin((n + 1) * x) / sympy.sin(x),
        Rational(1, 3),
    ),
    "legendre 2": (sympy.legendre(n, x), (3 * x**2 - 1) / 2, Rational(1, 3)),
    "hermite 2": (sympy.hermite(n, x), 4 * x**2 - 2, Rational(1, 3)),
    "laguerre 2": (sympy.laguerre(n, x), (x**2 - 4 * x + 2) / 2, Rational(1, 3)),
    "gegenbauer 2": (sympy.gegenbauer(n, 1, x), 4 * x**2 - 1, Rational(1, 3)),
    "jacobi 0 0": (sympy.jacobi(n, 0, 0, x), (3 * x**2 - 1) / 2, Rational(1, 3)),
    "harmonic": (sympy.harmonic(x), sympy.digamma(x + 1) + sympy.EulerGamma, Rational(1, 3)),
    "binomial": (sympy.binomial(x, n), x * (x - 1) / 2, Rational(1, 3)),
    "rising": (sympy.RisingFactorial(x, n), x * (x + 1), Rational(1, 3)),
    "falling": (sympy.FallingFactorial(x, n), x * (x - 1), Rational(1, 3)),
    "factorial": (sympy.factorial(x), sympy.gamma(x + 1), Rational(1, 3)),
    "betainc": (sympy.betainc(2, 1, 0, x), x**2 / 2, Rational(1, 3)),
    "sinc": (sympy.sinc(x) * x, sympy.sin(x), Rational(1, 3)),
    "acot": (sympy.acot(x), sympy.atan(1 / x), Rational(-1, 3)),
    "asec": (sympy.asec(x), sympy.acos(1 / x), Rational(7, 3)),
    "meijerg": (sympy.meijerg([[], []], [[0], []], x), sympy.exp(-x), Rational(7, 3)),
    "derivative in the order": (
        # d/dnu J_nu at nu = 1/2, in closed form
        sympy.Subs(sympy.Derivative(sympy.besselj(t, x), t), t, Rational(1, 2)),
        sympy.sqrt(2 / (pi * x))
        * (sympy.sin(x) * sympy.Ci(2 * x) - sympy.cos(x) * sympy.Si(2 * x)),
        Rational(7, 3),
    ),
}


@pytest.mark.parametrize(("left", "right", "place"), CLOSED_FORMS.values(), ids=CLOSED_FORMS)
def test_closed_forms(left, right, place):
    point = {x: place, y: Rational(2, 7), n: 2}
    if left.has(sympy.elliptic_pi):
        point[n] = 0
    one, other = evaluate(left, point, 30), evaluate(right, point, 30)
    with mpmath.workdps(40):
        assert abs(one - other) <= mpmath.mpf(10) ** -29 * abs(other)


def _stored(name):
    return [
        pytest.param(case, id=case["expr"]) for case in json.loads((DATA / name).read_text("utf-8"))
    ]


@pytest.mark.parametrize(
    "case", _stored("kernels_special.json") + _stored("kernels_cancellation.json")
)
def test_stored_values(case):
    names = {name: sympy.Symbol(name) for name in case["args"]}
    expr = sympy.sympify(case["expr"], locals=names)
    reference = Reference(list(names.values()), expr)
    for row in case["points"][:5]:
        value = reference.value([float.fromhex(text) for text in row["at"]], digits=32)
        if row["value"] == "0.0":
            # Not zero, only below the precision with which the file was written.
            assert 0 < abs(value) < mpmath.mpf("1e-200")
        else:
            assert digits_agree(value, row["value"], 31)


# values whose terms cancel: (expression, point, value)
CANCELLING = {
    "expm1": (sympy.exp(x) - 1, {x: Rational(1, 10**60)}, "1e-60"),
    "far below the digits": (
        sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1 + Rational(1, 10**200),
        {x: 1},
        "1e-200",
    ),
    "tanh": (1 - sympy.tanh(x), {x: 1000}, None),
    "erf": (1 - sympy.erf(x), {x: 30}, None),
}


@pytest.mark.parametrize(("expr", "point", "text"), CANCELLING.values(), ids=CANCELLING)
def test_cancelling_sums_keep_their_digits(expr, point, text):
    value = evaluate(expr, point, 30)
    assert value != 0
    if text is not None:
        assert digits_agree(value, text, 30)


def test_saturating_functions_against_their_complements():
    with mpmath.workdps(60):
        tail = 2 / (mpmath.exp(2000) + 1)
        assert abs(evaluate(1 - sympy.tanh(x), {x: 1000}, 40) - tail) < mpmath.mpf(10) ** -39 * tail
        tail = mpmath.erfc(30)
        assert abs(evaluate(1 - sympy.erf(x), {x: 30}, 40) - tail) < mpmath.mpf(10) ** -39 * tail


ZEROS = {
    "pythagoras": (sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1, {x: Rational(1, 3)}),
    "radicals": (sympy.sqrt(x) * sympy.sqrt(y) - sympy.sqrt(6), {x: 2, y: 3}),
    "exact": ((x - 1) * (x + 1) - x**2 + 1, {x: 0.1}),
    "machin": (4 * sympy.atan(1 / x) - sympy.atan(1 / y) - pi / 4, {x: 5, y: 239}),
    "addition theorem": (
        sympy.besselj(0, x) - sympy.hyper([], [1], -(x**2) / 4),
        {x: Rational(7, 3)},
    ),
}


@pytest.mark.parametrize(("expr", "point"), ZEROS.values(), ids=ZEROS)
def test_true_zeros_are_recognised(expr, point):
    assert evaluate(expr, point, 40) == 0


DECISIONS = {
    "floor just below": (sympy.floor(x), {x: 3 - Rational(1, 10**80)}, 2),
    "floor on the spot": (sympy.floor(sympy.sqrt(x) * sympy.sqrt(y)), {x: 2, y: 8}, 4),
    "ceiling on the spot": (sympy.ceiling(sympy.sqrt(x) * sympy.sqrt(y)), {x: 2, y: 8}, 4),
    "ceiling above": (sympy.ceiling(sympy.exp(x)), {x: Rational(1, 10**70)}, 2),
    "sign of nothing": (sympy.sign(sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1), {x: 1}, 0),
    "sign of little": (sympy.sign(sympy.exp(x) - 1), {x: -Rational(1, 10**90)}, -1),
    "heaviside at zero": (sympy.Heaviside(x), {x: 0}, Rational(1, 2)),
    "heaviside given": (sympy.Heaviside(x, 1), {x: 0}, 1),
    "mod negative": (sympy.Mod(x, y), {x: -7.5, y: 3}, 1.5),
    "mod negative divisor": (sympy.Mod(x, y), {x: 7, y: -3}, -2),
    "mod on the spot": (sympy.Mod(sympy.sqrt(x) * sympy.sqrt(y), 2), {x: 2, y: 8}, 0),
    "frac": (sympy.frac(x), {x: -0.25}, 0.75),
    "max": (sympy.Max(x, y, 1), {x: 3, y: 2}, 3),
    "min": (sympy.Min(x, y, 1), {x: 3, y: 2}, 1),
    "delta hit": (sympy.KroneckerDelta(x, y), {x: 2, y: 2}, 1),
    "delta miss": (sympy.KroneckerDelta(x, y), {x: 2, y: 3}, 0),
    "conjugate": (sympy.conjugate(x) * x, {x: 3 + 4j}, 25),
    "re": (sympy.re(x), {x: 3 + 4j}, 3),
    "im": (sympy.im(x), {x: 3 + 4j}, 4),
    "arg": (sympy.arg(x) / pi, {x: -2}, 1),
    "abs": (sympy.Abs(x), {x: 3 - 4j}, 5),
    "guarded pole": (sympy.Piecewise((sympy.sin(x) / x, sympy.Ne(x, 0)), (1, True)), {x: 0}, 1),
    "guarded log": (sympy.Piecewise((sympy.log(x), x > 0), (-1, True)), {x: -2}, -1),
    "order of conditions": (sympy.Piecewise((1, x < 2), (2, x < 3), (3, True)), {x: 1}, 1),
    "contains": (sympy.Piecewise((1, sympy.Interval(0, 1).contains(x)), (2, True)), {x: 1}, 1),
    "ite": (sympy.Piecewise((1, sympy.ITE(x > 0, y > 0, y < 0)), (2, True)), {x: -1, y: -1}, 1),
    "xor": (sympy.Piecewise((1, sympy.Xor(x > 0, y > 0)), (2, True)), {x: 1, y: 1}, 2),
}


@pytest.mark.parametrize(("expr", "point", "expected"), DECISIONS.values(), ids=DECISIONS)
def test_decisions(expr, point, expected):
    assert evaluate(expr, point, 30) == expected


UNDEFINED = {
    "pole": (1 / x, {x: 0}),
    "pole written out": (sympy.Mul(x, 1 / x, evaluate=False), {x: 0}),
    "pole in noise": (1 / (sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1), {x: 1}),
    "gamma": (sympy.gamma(x), {x: -3}),
    "no branch": (sympy.Piecewise((1, x > 0)), {x: -1}),
    "nan in": (x + 1, {x: float("nan")}),
    "max of nan": (sympy.Max(x, y), {x: float("nan"), y: 1}),
    "infinity minus itself": (x - y, {x: float("inf"), y: float("inf")}),
    "complex max": (sympy.Max(x, 1), {x: 1j}),
    "zero to a negative power": (x**y, {x: 0, y: -0.5}),
    "divergent sum": (sympy.Sum(1 / (k + x), (k, 1, 200_001)), {x: 0}),
}


@pytest.mark.parametrize(("expr", "point"), UNDEFINED.values(), ids=UNDEFINED)
def test_undefined_is_nan(expr, point):
    assert mpmath.isnan(evaluate(expr, point, 20))


@pytest.mark.parametrize(
    ("expr", "point", "expected"),
    [
        (sympy.log(x), {x: 0}, mpmath.mpf("-inf")),
        (sympy.exp(x), {x: float("-inf")}, 0),
        (sympy.tanh(x), {x: float("inf")}, 1),
        (x**0, {x: 0}, 1),
        (x**y, {x: 0, y: 0}, 1),
        (x**y, {x: 0, y: 2.5}, 0),
        (x * y, {x: 0, y: 5}, 0),
        (sympy.exp(-sympy.exp(x)), {x: 10**9}, 0),
    ],
    ids=["log 0", "exp -oo", "tanh oo", "power 0", "0**0", "0**2.5", "0*5", "double exponential"],
)
def test_limits_with_a_sign(expr, point, expected):
    assert evaluate(expr, point, 20) == expected


def test_complex_values_follow_the_principal_branch():
    value = evaluate(x ** Rational(1, 3), {x: -8}, 30)
    with mpmath.workdps(40):
        assert abs(value - mpmath.mpc(1, mpmath.sqrt(3))) < mpmath.mpf(10) ** -29
    assert evaluate(sympy.sqrt(x), {x: -4}, 20) == 2j
    assert evaluate(x**y, {x: -1, y: 0.5}, 20) == 1j
    assert evaluate(sympy.log(x).as_real_imag()[1], {x: 1}) == 0


def test_a_real_value_of_complex_parts_is_real():
    root = (x - 9) ** Rational(1, 3)
    value = evaluate(root * sympy.conjugate(root), {x: 1}, 30)
    assert isinstance(value, mpmath.mpf)
    assert value == 4


@pytest.mark.parametrize(
    ("place", "size"),
    [(-(10**6), -434294), (10**6, 434295)],
)
def test_huge_and_tiny_magnitudes(place, size):
    value = evaluate(sympy.exp(x), {x: place}, 20)
    assert int(mpmath.floor(mpmath.log10(value))) + 1 == size


NUMBERS = {
    "int": (2, Rational(2)),
    "float": (0.1, Rational(3602879701896397, 36028797018963968)),
    "fraction": (Fraction(1, 3), Rational(1, 3)),
    "numpy double": (np.float64(0.1), Rational(3602879701896397, 36028797018963968)),
    "numpy single": (np.float32(0.1), Rational(13421773, 134217728)),
    "numpy int": (np.int64(3), Rational(3)),
    "mpf": (mpmath.mpf("0.5"), Rational(1, 2)),
    "rational": (Rational(1, 7), Rational(1, 7)),
    "sympy float": (sympy.Float("0.5", 40), Rational(1, 2)),
}


@pytest.mark.parametrize(("number", "exact"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_are_taken_exactly(number, exact):
    assert evaluate(x - exact, {x: number}, 20) == 0


def test_an_irrational_number_is_put_in_unevaluated():
    # SymPy's own substitution turns legendre(y, -a) into (-1)**y legendre(y, a), false for y = 1/2.
    place = Rational(-3, 7) + sympy.I / 5
    value = evaluate(sympy.legendre(y, x), {x: place, y: Rational(1, 2)}, 20)
    with mpmath.workdps(30):
        expected = mpmath.legendre(mpmath.mpf(1) / 2, mpmath.mpf(-3) / 7 + mpmath.mpc(0, 1) / 5)
        assert abs(value - expected) < mpmath.mpf(10) ** -19
    assert evaluate(sympy.sin(x), {x: pi}, 30) == 0
    assert evaluate(x**2 - 2, {x: sympy.sqrt(2)}, 30) == 0


SUMS = {
    "finite": (sympy.Sum(k, (k, 1, n)), {n: 100}, "5050"),
    "backwards": (sympy.Sum(k, (k, 5, 2)), {}, "-7"),
    "empty": (sympy.Sum(k, (k, 1, 0)), {}, "0"),
    "nested": (sympy.Sum(k * n, (k, 1, n), (n, 1, 3)), {}, "25"),
    "basel": (
        sympy.Sum(1 / k**2, (k, 1, oo)),
        {},
        "1.64493406684822643647241516664602518921894990",
    ),
    "exponential": (sympy.Sum(x**k / sympy.factorial(k), (k, 0, oo)), {x: 1}, LITERALS["exp"][2]),
    "product": (sympy.Product(k, (k, 1, 6)), {}, "720"),
    "wallis": (
        sympy.Product(4 * k**2 / (4 * k**2 - 1), (k, 1, oo)),
        {},
        "1.5707963267948966192313216916",
    ),
    "gauss": (sympy.Integral(sympy.exp(-(t**2)), (t, -oo, oo)), {}, LITERALS["gamma-half"][2]),
    "kink": (
        sympy.Integral(sympy.Abs(t - x), (t, 0, 1)),
        {x: Rational(1, 3)},
        "0.27777777777777777777777777777",
    ),
    "subs": (sympy.Subs(sympy.Derivative(sympy.sin(t), t), t, x), {x: 0}, "1"),
    "derivative": (sympy.Derivative(t**3, t).subs(t, x), {x: 2}, "12"),
}


@pytest.mark.parametrize(("expr", "point", "text"), SUMS.values(), ids=SUMS)
def test_sums_products_integrals(expr, point, text):
    value = evaluate(expr, point, 25)
    assert value == 0 if text == "0" else digits_agree(value, text, 25)


UNSUPPORTED = {
    "undefined function": (sympy.Function("mystery")(x), "mystery"),
    "derivative of one": (sympy.Derivative(sympy.Function("mystery")(x), x), "mystery"),
    "delta": (sympy.DiracDelta(x), "DiracDelta"),
    "order": (sympy.Order(x), "Order"),
    "indefinite": (sympy.Integral(sympy.sin(x) / x, x), "Integral"),
    "matrix": (sympy.MatrixSymbol("A", 2, 2)[0, 1], "MatrixSymbol"),
}


@pytest.mark.parametrize(("expr", "name"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_unsupported_nodes_are_named(expr, name):
    with pytest.raises(UnsupportedNodeError, match=name):
        evaluate(expr, {x: 1})


MISUSE = {
    "missing symbol": (lambda: evaluate(x + y, {x: 1}), ValueError, "no value for y"),
    "text value": (lambda: evaluate(x, {x: "1"}), TypeError, "x must be a number, not str"),
    "bool value": (lambda: evaluate(x, {x: True}), TypeError, "x must be a number, not bool"),
    "symbolic value": (lambda: evaluate(x, {x: y + 1}), TypeError, "contains the symbols y"),
    "decimal value": (lambda: evaluate(x, {x: Decimal(1)}), TypeError, "not Decimal"),
    "text expression": (lambda: evaluate("x + 1", {x: 1}), TypeError, "not str"),
    "container": (lambda: evaluate([x], {x: 1}), TypeError, "not list"),
    "digits": (lambda: evaluate(x, {x: 1}, 0), ValueError, "digits must be a positive integer"),
    "reference symbol": (lambda: Reference([x], x + y), ValueError, "no value will come for y"),
    "reference count": (lambda: Reference([x], x).value([1, 2]), ValueError, "1 values expected"),
}


@pytest.mark.parametrize(("call", "error", "message"), MISUSE.values(), ids=MISUSE)
def test_misuse(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_containers_keep_their_shape():
    matrix = sympy.Matrix([[x, y], [x * y, 1]])
    reference = Reference([x, (y,)], [x + y, {"a": x, "b": (y, x)}, matrix])
    first, second, third = reference.value([2, [3]])
    assert first == 5
    assert second == {"a": 2, "b": (3, 2)}
    assert third.shape == (2, 2)
    assert third[1, 0] == 6
    assert third[1][0] == 6
    assert digits_agree(
        reference.value([2, sympy.sqrt(2)], 30)[2][1, 0], "2.82842712474619009760337744842", 29
    )


def test_one_slow_output_does_not_spoil_the_others():
    values = Reference([x], [sympy.exp(x), sympy.exp(x) - 1 - x]).value([Rational(1, 10**50)], 20)
    assert digits_agree(values[1], "5e-101", 20)
    assert digits_agree(values[0], "1", 20)


def test_results_are_ordinary_mpmath_numbers_and_no_setting_changes():
    before = mpmath.mp.prec
    value = evaluate(sympy.sqrt(x), {x: 2}, 60)
    assert isinstance(value, mpmath.mpf)
    assert mpmath.mp.prec == before
    with mpmath.workdps(65):
        assert abs(value**2 - 2) < mpmath.mpf(10) ** -60


def test_deep_expressions_need_no_recursion():
    deep = x
    for index in range(5_000):
        deep = (
            sympy.Add(sympy.Pow(deep, 2, evaluate=False), -deep, evaluate=False)
            if index % 2
            else (sympy.Mul(Rational(1, 2), deep, evaluate=False))
        )
    assert mpmath.isfinite(evaluate(deep, {x: 0.5}, 15))


def test_threads_do_not_disturb_each_other():
    expr = sympy.exp(x) - sympy.log(x)
    expected = {digits: evaluate(expr, {x: 2}, digits) for digits in (10, 20, 40, 80)}
    wrong = []

    def work(digits):
        values = [evaluate(expr, {x: 2}, digits) for _ in range(10)]
        wrong.extend(digits for value in values if value != expected[digits])

    threads = [threading.Thread(target=work, args=(digits,)) for digits in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
