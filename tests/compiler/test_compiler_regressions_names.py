"""What went wrong in other libraries: names, texts, common terms, size, differentiation.

Each test is named by the report of the peer, and its docstring says what the peer did.
"""

from __future__ import annotations

import builtins
import keyword
import math
import os
import time

import numpy as np
import pytest
import sympy
from sympy import Dummy, Function, Matrix, Symbol, cos, exp, log, sin, sqrt, symbols

import symnum as sn
from symnum.compiler import lambdify
from symnum.errors import ParseError

x, y, z = symbols("x y z")

NAMES = [
    "x0", "np", "numpy", "lambda", "None", "True", "print", "__import__", "out", "self", "math", "i",
    "n", "", " ", "a b", "2x", "{x}", r"\alpha", "x'", "x\ny", "x;y", "\u03b1", "\u2124", "x\0y",
    "#", '"""', "__import__('os')._exit(1)", "1/0", "j", "inf", "nan", "float64", "numba", "range",
]  # fmt: skip


# names


@pytest.mark.parametrize("count", [len(NAMES)], ids=["all"])
def test_sympy_7425_and_7249_symbols_with_the_names_of_code(count):
    """sympy: keywords, LaTeX, blanks and braces in names were a SyntaxError, or other variables."""
    assert any(map(keyword.iskeyword, NAMES))
    assert any(name in dir(builtins) for name in NAMES)
    args = [Symbol(name) for name in NAMES]
    k = lambdify(args, sum((i + 1) * argument for i, argument in enumerate(args)))
    assert k(*range(count)) == sum((i + 1) * i for i in range(count))


def test_sympy_24990_a_name_is_never_executed(tmp_path, monkeypatch):
    """sympy: lambdify([x], Symbol('__import__("os").system(...)')) ran the command."""
    target = tmp_path / "written"
    evil = Symbol(f"__import__('pathlib').Path({str(target)!r}).touch()")
    assert lambdify([evil], evil**2)(3.0) == 9.0
    with pytest.raises(ValueError, match="__import__"):
        lambdify([x], evil + x)
    assert not target.exists()


@pytest.mark.parametrize(
    "text",
    [
        'exec("import os; os._exit(1)")',
        "__import__('os').system('exit 1')",
        "().__class__.__bases__[0].__subclasses__()",
        "(lambda f: f)(x)",
        "[c for c in ().__class__.__bases__]",
        "x.__class__",
        "x if x else 1",
        "open('/etc/passwd')",
        "9**9**9**9",
        "factorial(10**9)",
        "(" * 4000 + "x" + ")" * 4000,
        "x\0",
        "x; import os",
    ],
    ids=lambda text: text[:24],
)
def test_sympy_10805_and_11990_and_numexpr_442_texts_are_not_executed(text):
    """sympy and numexpr: a text went through eval, and a long power or factorial ran for ever."""
    start = time.perf_counter()
    with pytest.raises(ParseError):
        lambdify(["x"], text)
    assert time.perf_counter() - start < 1


def test_sympy_25043_common_terms_do_not_take_the_name_of_an_argument():
    """sympy: with cse and an argument x0, c*x0**2 + c*(x0**4 - x0**2) was 256, not 16."""
    c, other = Symbol("c"), Symbol("x0", real=True)
    assert lambdify([c, other], c * other**2 + c * (other**4 - other**2))(1, 2) == 16.0


def test_symbols_of_one_name_with_other_assumptions():
    """sympy: x and x of other assumptions shared a name in the code, and one value."""
    plain, real, positive = Symbol("x"), Symbol("x", real=True), Symbol("x", positive=True)
    k = lambdify([plain, real, positive], [plain - real, real / positive])
    assert k(1, 2, 4) == [-1.0, 0.5]


def test_sympy_25288_dummies_of_one_name():
    """sympy: Dummy symbols printed alike were one variable, or 'x0_5859678 is not defined'."""
    first, second = Dummy("d"), Dummy("d")
    k = lambdify([first, second], [first - second, sin(first + second) + (first + second) ** 2])
    assert k(5, 3) == [2.0, math.sin(8) + 64]


def test_dummies_do_not_miss_the_cache():
    """numba and others: a name made anew each time made a new compilation each time."""
    sources = {lambdify([d], exp(d) * d).source for d in (Dummy("a"), Dummy("b"), x)}
    assert len(sources) == 1


def test_sympy_24711_arguments_first():
    """sympy: expression and arguments in the wrong order were a SyntaxError in generated code."""
    with pytest.raises((TypeError, ValueError), match="arg"):
        lambdify(sqrt(x) * exp(x), (x,))


def test_numexpr_323_names_in_texts_are_symbols():
    """numexpr: names in a text were looked up in the caller's variables."""
    np_ = 5  # noqa: F841
    with pytest.raises(ValueError, match="np_"):
        lambdify(["x"], "x + np_")


# common terms and size


def test_common_terms_over_outputs_and_derivatives_are_computed_once():
    """sympy: cse is off by default, and never crosses from values to derivatives."""
    wave = exp(-x * y) * sin(x + y)
    source = lambdify([x, y], [wave, wave.diff(x), wave.diff(y)]).source
    assert source.count("exp(") + source.count("exp_") <= 2
    assert source.count("sin(") <= 2


def nested(depth):
    total = x
    for step in range(depth):
        total = sympy.Add(total, sympy.Rational(1, step + 3), evaluate=False)
        total = sympy.Mul(total, y, evaluate=False)
    return total


def test_sympy_24673_deep_nesting():
    """sympy: 108,000 nested operations raised RecursionError."""
    k = lambdify([x, y], nested(3000))
    value = 0.5
    for step in range(3000):
        value = (value + 1 / (step + 3)) * 0.99
    assert k(0.5, 0.99) == pytest.approx(value, rel=1e-12)


def test_sympy_24743_nothing_prints_the_expression():
    """sympy: of seven hours in lambdify 85 % went into the text of the docstring."""
    shared = x + y
    for _ in range(60):  # a tree of 2**60 nodes, a graph of 180
        shared = sympy.Add(sin(shared), cos(shared), evaluate=False)
    start = time.perf_counter()
    k = lambdify([x, y], shared)
    assert len(repr(k)) < 1000
    assert len(k._repr_latex_()) < 3000
    assert time.perf_counter() - start < 5
    value = 0.75
    for _ in range(60):
        value = math.sin(value) + math.cos(value)
    assert k(0.5, 0.25) == pytest.approx(value, rel=1e-12)


def test_sympy_12731_matrices_of_many_entries():
    """sympy: a Matrix of 150 by 151 entries took twenty minutes."""
    numbers = np.random.default_rng(0).random((40, 41))
    start = time.perf_counter()
    k = lambdify([x], Matrix(numbers.tolist()) * x)
    assert time.perf_counter() - start < 10
    assert k.expr.shape == (40, 41)


def test_sympy_27216_building_many_kernels_keeps_nothing():
    """sympy: each lambdified function stayed in linecache for ever."""
    import linecache

    before = len(linecache.cache)
    for step in range(300):
        lambdify([x], x + sympy.Integer(step))
    assert len(linecache.cache) - before < 10


def test_repeated_outputs_are_arrays_of_their_own():
    """Most peers: the same expression twice is computed twice, or shares one array."""
    first, second, third = lambdify([x], [sin(x), sin(x), sin(x)])(np.linspace(0, 1, 5))
    first += 1
    np.testing.assert_array_equal(second, np.sin(np.linspace(0, 1, 5)))
    np.testing.assert_array_equal(second, third)


def test_nested_results_keep_their_nesting():
    """sympy: with cse, ``[[x], (y, {..})]`` came back flat or as a list of one."""
    tree = {"a": [x, (y, x * y)], "b": Matrix([[x]]), "c": []}
    value = lambdify([x, y], tree)(2.0, 3.0)
    assert value["a"] == [2.0, (3.0, 6.0)]
    assert value["b"].tolist() == [[2.0]]
    assert value["c"] == []


def test_sympy_23538_a_single_result_is_no_list():
    """sympy 1.11: lambdify(x, x**2 + y*x**2, cse=True) returned a list of one."""
    assert lambdify([x, y], x**2 + y * x**2)(1, 3) == 4.0


# differentiation


def test_derivatives_of_nested_graphs_are_not_exponential():
    """sympy: diff of a formula nested 60 times writes out 2**60 terms."""
    logistic = x
    for _ in range(60):
        logistic = sympy.Rational(7, 2) * logistic * (1 - logistic)
    start = time.perf_counter()
    slope = lambdify([x], logistic).diff("x")
    assert time.perf_counter() - start < 5
    value, product = 0.25, 1.0
    for _ in range(60):
        product *= 3.5 * (1 - 2 * value)
        value = 3.5 * value * (1 - value)
    assert slope(0.25) == pytest.approx(product, rel=1e-6)


def test_jax_3058_the_slope_of_a_length_away_from_zero():
    """jax: the gradient of norm at 0 is NaN; it has none there, and must be right beside it."""
    rows = lambdify([x, y], sqrt(x**2 + y**2)).gradient()([3.0, 1e-160], [4.0, 0.0])
    np.testing.assert_allclose(np.array(rows)[:, 0], [0.6, 0.8], rtol=1e-15)
    assert np.array(rows)[:, 1].tolist() == [1.0, 0.0]


def test_jax_654_jacobian_and_gradient_agree():
    """jax: forward and reverse differentiation gave different results."""
    formula = exp(sin(x) * y) / (1 + z**2) + log(x * z)
    k = lambdify([x, y, z], formula)
    point = (0.3, 0.7, 1.9)
    gradient = k.gradient()(*point)
    columns = [k.diff(symbol)(*point) for symbol in (x, y, z)]
    place = dict(zip((x, y, z), point, strict=True))
    exact = [float(formula.diff(symbol).evalf(30, subs=place)) for symbol in (x, y, z)]
    np.testing.assert_allclose(gradient, exact, rtol=1e-14)
    np.testing.assert_allclose(columns, exact, rtol=1e-14)
    np.testing.assert_allclose(
        lambdify([x, y, z], [formula]).jacobian()(*point), [exact], rtol=1e-14
    )


def test_casadi_1938_conditions_without_slopes():
    """casadi: the reverse derivative of if_else(x > 0, 1, 0) failed."""
    step = sympy.Piecewise((1, x > 0), (0, True))
    assert lambdify([x], step).gradient()(2.0) == [0.0]


def test_undefined_functions_are_named():
    """Peers: an unknown function was an AttributeError deep inside, or 'Not Implemented'."""
    with pytest.raises(NotImplementedError, match="myfunction"):
        lambdify([x], Function("myfunction")(x) + 1)


def test_public_names_are_one_surface():
    """sympy.lambdify is the drop-in's model: args, expr in that order, called with arrays."""
    k = sn.lambdify((x, y), x + y)
    assert k(1, 2) == 3.0
    assert os.environ["SYMNUM_CACHE_DIR"]
