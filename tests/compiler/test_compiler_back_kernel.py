"""`Kernel` and `lambdify`: arguments, structure, derivatives, identity, oracles, errors."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys

import flint
import mpmath
import numpy as np
import pytest
import sympy
from sympy import Abs, Dummy, Eq, Function, I, Matrix, Max, Piecewise, Symbol, cos, exp, log, sin

import symnum.compiler as compiler
from symnum.compiler import Kernel, build_kernel, lambdify
from symnum.compiler.elementary import ELEMENTARY, Elementary
from symnum.errors import KernelError, ParseError, UnsupportedNodeError

x, y, z = sympy.symbols("x y z")
t = Symbol("t")
f = Function("f")

# --------------------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    ("args", "call", "given"),
    [
        (x, (2.0,), (x,)),
        ("x", (2.0,), (x,)),
        ([x], (2.0,), (x,)),
        (("x", y), (2.0, 3.0), (x, y)),
        ([y, x], (3.0, 2.0), (y, x)),
        ([x, (y, z)], (2.0, (3.0, 4.0)), (x, (y, z))),
        ([[x, y], z], ([2.0, 3.0], 4.0), ((x, y), z)),
        ([(x, (y,)), z], ((2.0, np.array([3.0])), 4.0), ((x, (y,)), z)),
        (Matrix([x, y]), (2.0, 3.0), (x, y)),
    ],
    ids=str,
)
def test_arguments_are_nested_as_given(args, call, given):
    kernel = lambdify(args, x**2)
    assert kernel.args == given
    assert kernel(*call) == 4.0


def test_arrays_in_nested_arguments():
    kernel = lambdify([x, (y, z)], x + y * z)
    a = np.arange(3.0)
    np.testing.assert_array_equal(kernel(a, (2.0, a)), a + 2 * a)
    np.testing.assert_array_equal(kernel(a, np.array([a, a])), a + a * a)
    with pytest.raises(TypeError, match=r"the argument \(y, z\): expected a sequence of 2"):
        kernel(1.0, 2.0)
    with pytest.raises(TypeError, match=r"the argument \(y, z\): expected 2 entries, got 3"):
        kernel(1.0, [1.0, 2.0, 3.0])


def test_symbols_of_one_name_are_different_arguments():
    first, second = Dummy("u"), Dummy("u")
    assert lambdify([first, second], first - 2 * second)(5.0, 1.0) == 3.0
    positive = Symbol("x", positive=True)
    assert lambdify([x, positive], x - positive)(5.0, 2.0) == 3.0


def test_a_name_means_the_symbol_of_the_expression():
    positive = Symbol("x", positive=True)
    assert lambdify("x", sympy.sqrt(positive**2))(3.0) == 3.0
    with pytest.raises(ValueError, match="several symbols are called x"):
        lambdify("x", x + positive)


def test_variables_that_are_no_symbols():
    kernel = lambdify([f(t), t], sin(f(t)) * t)
    assert kernel(0.5, 2.0) == pytest.approx(2 * math.sin(0.5))
    assert kernel.diff(f(t))(0.5, 2.0) == pytest.approx(2 * math.cos(0.5))
    assert float(kernel.reference(0.5, 2.0)) == pytest.approx(2 * math.sin(0.5))
    for entry in (sympy.IndexedBase("A")[0], sympy.MatrixSymbol("M", 2, 2)[0, 1]):
        assert lambdify([entry], entry**2)(3.0) == 9.0


@pytest.mark.parametrize("name", ["lambda", "x0", "v1", "a0", "np", "math", "def", "a_b", "λ"])
def test_names_never_reach_the_code(name):
    kernel = lambdify([name, "y"], Symbol(name) + 2 * y)
    assert kernel.source == lambdify([x, y], x + 2 * y).source
    assert kernel(1.0, 2.0) == 5.0


@pytest.mark.parametrize("name", ["", "x y", "a;b", "__import__('os')", "a\nb", "1x"])
def test_symbols_may_be_called_anything_but_names_may_not(name):
    symbol = Symbol(name) if name else Dummy()
    assert lambdify([symbol], symbol + 1)(1.0) == 2.0
    with pytest.raises(ValueError, match="args: expected the name of a symbol"):
        lambdify([name], x)


BAD_ARGUMENTS = [
    ([x, x], x, ValueError, "args: the argument x occurs twice"),
    ([x, "x"], x, ValueError, "args: the argument x occurs twice"),
    ([x + 1], x, TypeError, "args: expected a symbol, a name"),
    (3, x, TypeError, "args: expected a symbol, a name.* got int 3"),
    ({x: y}, x, TypeError, "args: expected a symbol, a name.* got dict"),
    ([x], x + y, ValueError, "the symbol y is not an argument"),
    ([x], "x + y", ValueError, "the symbol y is not an argument"),
    ([x], object(), TypeError, "expr: expected an expression, text, number or Matrix, got object"),
    ([x], [x, (x, None)], TypeError, r"expr\[1\]\[1\]: expected an expression.* got NoneType"),
    ([x], {"a": set()}, TypeError, r"expr\['a'\]: expected an expression.* got set"),
    ([x], "x +", ParseError, "."),
    ([x], "__import__('os').getcwd()", ParseError, "."),
    ([x], f(x), UnsupportedNodeError, "f"),
    ([x], sympy.Integral(f(x), x), UnsupportedNodeError, "Integral"),
    ([x], sympy.DiracDelta(x), UnsupportedNodeError, "DiracDelta"),
    ([x], I * x, TypeError, 'dtype="complex128"'),
]


@pytest.mark.parametrize(("args", "expr", "error", "message"), BAD_ARGUMENTS)
def test_what_is_wrong_is_said_before_any_work(args, expr, error, message):
    with pytest.raises(error, match=message):
        lambdify(args, expr)


BAD_OPTIONS = [
    ({"dtype": "float16"}, TypeError, "dtype: expected one of float64.*, got float16"),
    ({"dtype": np.longdouble}, TypeError, "got (longdouble|float128)"),
    ({"dtype": int}, TypeError, "got int64"),
    ({"dtype": "no such type"}, TypeError, "got 'no such type'"),
    ({"dtype": None}, TypeError, "got None"),
    ({"parallel": 0}, ValueError, "parallel: expected at least one thread, got 0"),
    ({"parallel": "yes"}, TypeError, "parallel: expected"),
    ({"parallel": 1.5}, TypeError, "parallel: expected"),
    ({"stable": "no"}, TypeError, "stable: expected True or False"),
]


@pytest.mark.parametrize(("options", "error", "message"), BAD_OPTIONS, ids=str)
def test_options_are_checked(options, error, message):
    with pytest.raises(error, match=message):
        lambdify(x, x, **options)


def test_a_function_without_meaning_is_refused_when_the_kernel_is_built():
    with pytest.raises(UnsupportedNodeError, match="unheard_of"):
        lambdify(x, Function("unheard_of")(x))


# --------------------------------------------------------------------------- expressions

EXPRESSIONS = [
    ("x**2 + 1", 5.0),
    (x**2 + 1, 5.0),
    (3, 3.0),
    (0.1, 0.1),
    (np.float64(0.1), 0.1),
    (sympy.Float("0.1234567890123456789", 25), 0.12345678901234568),
    (True, 1.0),
    (x > 1, 1.0),
    (Eq(x, 3), 0.0),
    ([x, 2], [2.0, 2.0]),
    ((x, [x, 1]), (2.0, [2.0, 1.0])),
    ({"a": x, "b": {"c": 2 * x}}, {"a": 2.0, "b": {"c": 4.0}}),
    (["x + 1", x], [3.0, 2.0]),
]


@pytest.mark.parametrize(("expr", "expected"), EXPRESSIONS, ids=str)
def test_structures(expr, expected):
    result = lambdify(x, expr)(2.0)
    assert result == expected
    assert type(result) is type(expected)


def test_matrices_of_all_kinds():
    entries = [[x, x + 1], [x**2, 3]]
    kinds = [Matrix(entries), sympy.SparseMatrix(entries), np.array(entries), sympy.Array(entries)]
    for kind in kinds:
        result = lambdify(x, kind)(2.0)
        assert result.tolist() == [[2, 3], [4, 3]]
    cube = lambdify(x, sympy.Array([[[x, 1], [2, x]], [[x, x], [0, 0]]]))(np.zeros(5))
    assert cube.shape == (5, 2, 2, 2)
    column = lambdify(x, {"m": Matrix([x, 1])})(np.zeros(5))
    assert column["m"].shape == (5, 2, 1)
    assert lambdify(x, Matrix(0, 3, []))(np.zeros(5)).shape == (5, 0, 3)
    product = sympy.MatMul(Matrix(entries), Matrix(entries), evaluate=False)
    assert lambdify(x, product)(1.0).tolist() == [[3, 8], [4, 11]]


def test_text_knows_constants_unless_they_are_declared():
    assert lambdify("x", "pi*x + E")(1.0) == pytest.approx(math.pi + math.e)
    assert lambdify(["E", "pi"], "pi - E")(1.0, 5.0) == 4.0
    assert lambdify(["S", "beta", "gamma"], "S*beta + gamma")(2.0, 3.0, 1.0) == 7.0
    positive = Symbol("u", positive=True)
    assert lambdify([positive], "sqrt(u**2)").expr == positive


def test_expr_args_and_source():
    kernel = lambdify([x, (y,)], [x + y, Matrix([[x, y]])])
    assert kernel.expr[0] == x + y
    assert kernel.expr[1] == Matrix([[x, y]])
    assert kernel.args == (x, (y,))
    assert "def formula(a0, a1):" in kernel.source
    assert lambdify("x", "x + 1").expr == x + 1


# --------------------------------------------------------------------------- derivatives


def test_derivatives_of_one_expression():
    kernel = lambdify([x, y], exp(x * y) + x**3)
    point = (0.4, 0.7)
    value = math.exp(0.28)
    assert kernel.diff(x)(*point) == pytest.approx(0.7 * value + 0.48)
    assert kernel.diff("y", x)(*point) == pytest.approx(value * 1.28)
    assert kernel.diff(x, 2)(*point) == pytest.approx(0.49 * value + 2.4)
    gradient = kernel.gradient()(*point)
    assert gradient == pytest.approx([0.7 * value + 0.48, 0.4 * value])
    assert isinstance(gradient, list)
    hessian = kernel.hessian()(*point)
    assert hessian.shape == (2, 2)
    assert hessian[0, 1] == hessian[1, 0] == pytest.approx(value * 1.28)
    assert kernel.gradient().jacobian()(*point) == pytest.approx(hessian)
    assert kernel.hessian()(np.full(4, 0.4), 0.7).shape == (4, 2, 2)
    assert lambdify(x, x**3).diff()(2.0) == 12.0


def test_derivatives_of_containers():
    kernel = lambdify([x, (y, z)], {"a": x * y, "b": [z**2, x]})
    slope = kernel.diff(z)(1.0, (2.0, 3.0))
    assert slope == {"a": 0.0, "b": [6.0, 0.0]}
    jacobian = kernel.jacobian()(1.0, (2.0, 3.0))
    assert jacobian.tolist() == [[2, 1, 0], [0, 0, 6], [1, 0, 0]]
    assert kernel.jacobian().args == kernel.args


def test_derivatives_of_linear_functions_have_the_shape_of_the_arguments():
    kernel = lambdify([x, y], 3 * x + y)
    assert kernel.diff(x)(np.zeros(4), 1.0).tolist() == [3, 3, 3, 3]
    assert kernel.hessian()(np.zeros(4), 1.0).shape == (4, 2, 2)
    assert kernel.diff(x, x)(1.0, 1.0) == 0.0


def test_expressions_of_derivatives():
    kernel = lambdify([x, y], sin(x) * y)
    assert kernel.diff(x).expr == cos(x) * y
    assert kernel.gradient().expr == [cos(x) * y, sin(x)]
    assert kernel.hessian().expr == Matrix([[-sin(x) * y, cos(x)], [cos(x), 0]])
    assert kernel.jacobian().expr == Matrix([[cos(x) * y, sin(x)]])
    absolute = lambdify(x, Abs(x) ** 3).diff()
    assert float(absolute.reference(-2)) == absolute(-2.0) == -12.0
    assert lambdify(x, x > 1).diff()(2.0) == 0.0


def test_guarded_branches_have_clean_derivatives():
    kernel = lambdify(x, Piecewise((log(x), x > 0), (x**2, True)))
    values = kernel.diff()(np.array([-2.0, 0.0, 2.0]))
    assert values.tolist() == [-4.0, 0.0, 0.5]


def test_wrong_derivatives():
    kernel = lambdify([x, y], [x * y, x])
    with pytest.raises(ValueError, match="diff: z is not an argument; the arguments are x, y"):
        kernel.diff(z)
    with pytest.raises(ValueError, match="diff: name the argument"):
        kernel.diff()
    with pytest.raises(ValueError, match="diff: 2 repeats no symbol"):
        kernel.diff(2)
    with pytest.raises(ValueError, match=r"gradient: the kernel has 2 results; jacobian\(\)"):
        kernel.gradient()
    with pytest.raises(ValueError, match="hessian: the kernel has 2 results"):
        kernel.hessian()


# --------------------------------------------------------------------------- guards


def test_guard():
    kernel = build_kernel([x, y], [x + y, x * y], guard=(x > 0) & (y < 1))
    total, product = kernel(np.array([1.0, -1.0, 1.0]), np.array([0.5, 0.5, 2.0]))
    assert total[0] == 1.5
    assert np.isnan(total[1:]).all()
    assert np.isnan(product[1:]).all()
    assert np.isnan(kernel.diff(x)(-1.0, 0.5)).all()
    assert np.isnan(kernel.jacobian()(-1.0, 0.5)).all()
    assert kernel.diff(x)(1.0, 0.5) == [1.0, 0.5]
    assert all(mpmath.isnan(value) for value in kernel.reference(-1, 0.5))
    assert kernel.reference(1, 0.5) == [1.5, 0.5]
    assert all(ball.is_nan() for ball in kernel.enclose(-1, 0.5))
    assert kernel != lambdify([x, y], [x + y, x * y])
    with pytest.raises(TypeError, match="guard: expected a condition, got int"):
        build_kernel(x, x, guard=3)


# --------------------------------------------------------------------------- oracles


def test_reference_has_any_number_of_digits():
    kernel = lambdify([x], (1 - cos(x)) / x**2)
    value = kernel.reference(1e-9, digits=60)
    with mpmath.workdps(60):
        square = mpmath.mpf(1e-9) ** 2
        exact = mpmath.mpf(1) / 2 - square / 24 + square**2 / 720 - square**3 / 40320
        assert abs(value - exact) < mpmath.mpf(10) ** -59
    assert lambdify(x, [x, Matrix([[x, 1]])]).reference(3)[1].tolist() == [[3, 1]]


def test_enclosures_contain_and_are_small():
    ball = lambdify(x, (1 - cos(x)) / x**2).enclose(1e-9)
    assert isinstance(ball, flint.arb)
    assert float(ball.rad()) <= 1e-13 * float(ball.mid())
    # 1/2 - x**2/24 + x**4/720, at the double that is nearest to 1e-9
    square = flint.arb(1e-9) ** 2
    with_more = flint.arb(1) / 2 - square / 24 + square**2 / 720
    assert ball.overlaps(with_more)
    table = lambdify([x], {"m": Matrix([[x, sympy.sqrt(x)]])}).enclose(2)
    assert (table["m"][0][1] ** 2).contains(2)
    assert isinstance(lambdify(x, sympy.exp(I * x), dtype=complex).enclose(1), flint.acb)
    assert lambdify(x, x > 1).enclose(2) == 1


def test_oracles_take_nested_points():
    kernel = lambdify([x, (y, z)], x + y * z)
    assert kernel.reference(np.float64(1), (2, 3)) == 7
    assert kernel.enclose(1, [2, 3]) == 7


# --------------------------------------------------------------------------- identity


KERNELS = [
    lambda: lambdify(x, sin(x) + 1),
    lambda: lambdify([x, (y, z)], {"a": x, "b": [y, Matrix([[z]])]}, dtype="float32"),
    lambda: lambdify(x, x**2, parallel=2, stable=False).diff("x"),
    lambda: build_kernel([x], Max(x, 1), guard=x > 0).gradient(),
    lambda: lambdify([Symbol("x", positive=True)], "log(x)", dtype=complex),
]


@pytest.mark.parametrize("make", KERNELS)
def test_pickling_gives_an_equal_kernel(make):
    kernel = make()
    data = pickle.dumps(kernel)
    again = pickle.loads(data)
    assert len(data) < 1500
    assert again == kernel
    assert hash(again) == hash(kernel)
    assert again.source == kernel.source
    assert copy.deepcopy(kernel) == kernel == copy.copy(kernel)


def test_a_dummy_stays_itself():
    u = Dummy("u")
    kernel = lambdify(u, u + 1)
    assert pickle.loads(pickle.dumps(kernel)) == kernel
    other = Dummy("u")
    assert kernel != lambdify(other, other + 1)


def test_equality_follows_the_recipe():
    base = lambdify([x, y], x + y)
    assert base == lambdify(["x", "y"], "x + y")
    assert base == lambdify([x, y], x + y, dtype=float)
    different = [
        lambdify([y, x], x + y),
        lambdify([x, (y,)], x + y),
        lambdify([x, y], [x + y]),
        lambdify([x, y], x + y, dtype="float32"),
        lambdify([x, y], x + y, parallel=True),
        lambdify([x, y], x + y, stable=False),
        base.diff(x),
    ]
    assert all(base != other for other in different)
    assert len({base, *different}) == len(different) + 1
    assert lambdify([x, y], x + y, parallel=1) == lambdify([x, y], x + y, parallel=False)
    assert base != "kernel"


def test_a_spawned_process_unpickles_and_calls():
    kernel = lambdify([x, y], [x * exp(y), x**2])
    code = (
        "import pickle, sys\nk = pickle.loads(bytes.fromhex(sys.argv[1]))\nprint(repr(k(2.0, 0.5)))"
    )
    command = [sys.executable, "-c", code, pickle.dumps(kernel).hex()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert eval(done.stdout) == kernel(2.0, 0.5)


def test_kernels_are_final():
    with pytest.raises(AttributeError):
        lambdify(x, x).anything = 1
    assert Kernel.__final__


# --------------------------------------------------------------------------- display


def test_repr_is_short():
    assert repr(lambdify([x, y], x + y)) == "Kernel((x, y), x + y, dtype=float64)"
    assert "gradient()" in repr(lambdify([x, y], x + y).gradient())
    long = sum(sin(k * x) for k in range(500))
    for text in (repr(lambdify(x, long)), str(lambdify(x, [long] * 50))):
        assert len(text) < 400
    assert lambdify(x, sympy.sqrt(x))._repr_latex_() == r"$\displaystyle \sqrt{x}$"
    assert len(lambdify(x, long)._repr_latex_()) < 200
    assert r"\begin{matrix}" in lambdify(x, Matrix([[x, 1]]))._repr_latex_()


def test_deep_expressions_need_no_recursion():
    deep = x
    for step in range(3000):
        deep = sympy.Add(sympy.Mul(deep, x, evaluate=False), step % 7 + 1, evaluate=False)
    kernel = lambdify(x, deep)
    assert kernel.source.count("multiply_add") > 2500
    assert len(repr(kernel)) < 400
    assert len(kernel._repr_latex_()) < 200


# --------------------------------------------------------------------------- compilers fail


def test_a_failure_of_the_compiler_names_the_formula(monkeypatch):
    broken = Elementary(1, lambda a: a.function.instruction("nothing", a.kind, a.lanes))
    monkeypatch.setitem(ELEMENTARY, "sin", broken)
    kernel = lambdify([x], sin(x) / 7919)
    with pytest.raises(KernelError) as caught:
        kernel(1.0)
    assert str(caught.value).splitlines()[0] == "sin(x)/7919"
    assert "    1  # symnum kernel" in caught.value.source
    assert "sin(a0)" in caught.value.source
    with pytest.raises(KernelError, match="sin"):
        kernel(np.zeros(3))


# --------------------------------------------------------------------------- the package


def test_public_names_are_sorted_and_there():
    assert sorted(compiler.__all__) == compiler.__all__
    assert all(getattr(compiler, name) is not None for name in compiler.__all__)


def test_building_and_showing_a_kernel_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from symnum.compiler import lambdify\n"
        "assert 'def formula' in lambdify('x', 'sin(x)').source\n"
        "print([name for name in ('numba', 'scipy', 'dask', 'pandas', 'xarray', 'matplotlib')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
