import mpmath
import numpy as np
import pytest
import sympy as sp

import symnum as sn
from symnum.compiler.lowering import lower
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.terms import Term
from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.lanes.complex import lane_problem
from symnum.rootfinding.lanes.complex_map import newton_quotient
from symnum.rootfinding.lanes.systems_noise import noisy_values, prepared

Z = sp.Symbol("z")
STARTS = np.random.default_rng(7).uniform(-2, 2, (60, 2)) @ np.array([1, 1j])

# equation, simple or multiple roots nearest to the starts
KNOWN_ROOTS = {
    "z**3 - 1": [1, np.exp(2j * np.pi / 3), np.exp(-2j * np.pi / 3)],
    "z**2 - 2*z + 5": [1 + 2j, 1 - 2j],
    "(z - 1)**3*(z + 2)": [1, -2],
    "(z**2 + 1)/(z - 3)": [1j, -1j],
    "exp(z) - 1": [2j * np.pi * k for k in range(-500, 500)],
    "(exp(z) - 1)**2": [2j * np.pi * k for k in range(-500, 500)],
    "(z - 1/2)*exp(z/8)": [0.5],
    "sin(z)": [np.pi * k for k in range(-500, 500)],
    "1 - cos(z)": [2 * np.pi * k for k in range(-500, 500)],
    "log(z) - 1": [np.e],
    "z**4*(z - 1)": [0, 1],
    "sin(z)/z": [np.pi * k for k in range(-500, 500) if k],
}


@pytest.mark.parametrize("equation", KNOWN_ROOTS, ids=str)
def test_what_converges_is_a_root_within_its_bound(equation):
    result = sn.newton_kernel(equation, "z").solve(STARTS)
    roots = np.array(KNOWN_ROOTS[equation], dtype=complex)
    found = result.root[result.converged]
    assert found.size >= 20
    distance = np.min(np.abs(found[:, None] - roots), axis=1)
    bounds = result.error_bound[result.converged]
    # The roots of the table are rounded themselves.
    assert np.all(distance <= bounds + 4e-16 * np.abs(found))
    assert np.all(bounds < 1 + np.abs(found))
    assert np.all(np.isinf(result.error_bound[~result.converged]))


@pytest.mark.parametrize("method", ["newton", "halley", "householder", "schroeder"])
def test_all_methods_find_the_roots(method):
    result = sn.newton_kernel("z**5 - 3*z + 1 + I", "z", method=method).solve(STARTS)
    roots = np.roots([1, 0, 0, 0, -3, 1 + 1j])
    assert result.converged.mean() > 0.9
    found = result.root[result.converged]
    assert np.max(np.min(np.abs(found[:, None] - roots), axis=1)) < 1e-13


def test_methods_of_higher_order_take_fewer_steps():
    steps = [
        np.mean(sn.newton_kernel("z**3 - 2", "z", method=method).solve(STARTS).iterations)
        for method in ("newton", "halley", "householder")
    ]
    assert steps[0] > steps[1] > steps[2]


@pytest.mark.parametrize(
    ("equation", "start", "status"),
    [
        ("1/z", 0j, "pole"),
        ("1/(z - 1)**2 + z", 1 + 0j, "pole"),
        ("1/z + exp(z)", 0j, "pole"),
        ("z**3 - 1", 0j, "zero_derivative"),
        ("z**2 + 1", 0j, "zero_derivative"),
        ("exp(z)", 1 + 1j, "maxiter"),
        ("exp(z) + exp(2*z)", 300 + 0j, "maxiter"),
        ("exp(1/z)", -0.3 + 0j, "maxiter"),
        ("exp(z) - 1", 1000 + 0j, "nan"),
        ("z**2 - 2", complex(np.nan, 0), "nan"),
        ("1 + sqrt(z)", 0j, "nan"),
        ("sqrt(z) + 1", 0.1 + 0.1j, "maxiter"),
        ("z**3 - 2*z + 2", 0j, "maxiter"),
        ("(z - 1)**2", 1 + 0j, "exact"),
        ("z**3", 0j, "exact"),
        ("z*(z - 1)", 1 + 0j, "exact"),
    ],
    ids=str,
)
def test_statuses(equation, start, status):
    result = sn.newton_kernel(equation, "z").solve(np.array([start]))
    assert str(result.status[0]) == status
    assert result.converged[0] == (status == "exact")


@pytest.mark.parametrize(
    "equation",
    [
        "exp(z)",
        "1/z",
        "exp(1/z)",
        "1 + sqrt(z)",
        "exp(z) + exp(-z)*0 + exp(2*z)*exp(-z)",
        "1/sin(z)",
    ],
)
def test_equations_without_a_root_are_never_solved(equation):
    starts = np.concatenate([STARTS, 1e-8 * STARTS, 100 * STARTS, 1e100 * STARTS, [0]])
    assert not sn.newton_kernel(equation, "z").solve(starts).converged.any()


def test_a_factor_that_never_vanishes_does_no_harm():
    # exp(z) is 0 in doubles there, and so would be f and f'.
    result = sn.newton_kernel("(z + 800)*exp(z)", "z").solve(-800.4 + 0.1j)
    assert result.converged
    assert abs(result.root + 800) <= result.error_bound


def test_roots_far_from_one():
    tiny = sn.newton_kernel("z**2 + 1e-200", "z").solve(np.array([1e-100 + 1e-101j]))
    assert tiny.converged.all()
    assert abs(tiny.root[0] ** 2 + 1e-200) < 1e-214
    large = sn.newton_kernel("z**3 - 1e90", "z").solve(np.array([2e30 + 1e28j]))
    assert large.converged.all()
    assert abs(large.root[0] / 1e30 - 1) < 1e-15


def test_close_roots_are_told_apart():
    result = sn.newton_kernel("(z - 1)*(z - 1.0000001)", "z").solve(STARTS)
    assert result.converged.all()
    assert set(np.round(result.root.real, 8)) == {1.0, 1.0000001}
    assert result.error_bound.max() < 1e-14


def test_many_lanes_agree_with_few():
    kernel = sn.newton_kernel("z**4 - z - 1", "z")
    many = kernel.solve(np.tile(STARTS, 40))
    few = sn.newton_kernel("z**4 - z - 1", "z").solve(STARTS)
    assert np.all(many.converged)
    np.testing.assert_allclose(many.root[:60], few.root, rtol=1e-14)


@pytest.mark.parametrize("parameter", [2.0, np.array([1 + 2j, -3j, 0.5])], ids=["real", "complex"])
def test_gradients_are_those_of_the_root(parameter):
    kernel = sn.newton_kernel("z**3 - a*z - b", "z", ["a", "b"], gradient=True)
    start, b = 1.5 + 0.7j, np.array([1.0, 2.0, 3.0])
    result = kernel.solve(start, parameter, b)
    assert result.converged.all()
    assert result.gradient.shape == (3, 2)
    slope = 3 * result.root**2 - parameter
    np.testing.assert_allclose(result.gradient[:, 0], result.root / slope, rtol=1e-12)
    np.testing.assert_allclose(result.gradient[:, 1], 1 / slope, rtol=1e-12)


def test_shapes():
    kernel = sn.newton_kernel("z**2 - a", "z", "a")
    for shape in [(), (1,), (0,), (2, 3)]:
        result = kernel.solve(np.full(shape, 1 + 1j), 2.0)
        assert np.shape(result.root) == np.shape(result.converged) == shape


@pytest.mark.parametrize(
    ("equation", "error", "message"),
    [
        ("Abs(z) - 1", ValueError, r"Abs\(z\) is not analytic.*complex z; write it without Abs"),
        ("re(z) + z", ValueError, "re"),
        ("conjugate(z) - z**2", ValueError, "conjugate"),
        ("gamma(z) - 1", UnsupportedNodeError, "gamma"),
    ],
)
def test_what_has_no_complex_derivative_is_refused(equation, error, message):
    with pytest.raises(error, match=message):
        sn.newton_kernel(sp.sympify(equation), "z").solve(1 + 1j)


def test_unknown_methods_are_named():
    with pytest.raises(ValueError, match="'bracketed' is not for complex starts"):
        lane_problem([Z**2 - 2], [Z], [], method="bracketed", gradient=False)


@pytest.mark.parametrize(
    ("expr", "numerator", "simple"),
    [
        (Z**3 - 1, Z**3 - 1, True),
        ((Z - 1) ** 2 * (Z + 2), (Z - 1) * (Z + 2), True),
        ((Z**2 - 1) / (Z - 1), Z + 1, True),
        ((Z + 800) * sp.exp(Z), Z + 800, False),
        (Z**2 * sp.exp(Z) + sp.exp(Z), Z**2 + 1, False),
        ((sp.exp(Z) - 1) ** 3, sp.exp(Z) - 1, False),
    ],
    ids=str,
)
def test_the_step_is_without_what_cancels(expr, numerator, simple):
    quotient = newton_quotient(expr, Z, simple_roots=True)
    assert sp.simplify(quotient.numerator - numerator) == 0
    assert quotient.simple is simple


@pytest.mark.parametrize(
    "expr", [(Z - 1) ** 2 * (Z + 2), (Z**2 - 1) / (Z + 3) ** 2, (sp.exp(Z) - 1) ** 3 / Z], ids=str
)
def test_the_plain_step_is_the_quotient_of_function_and_derivative(expr):
    quotient = newton_quotient(expr, Z, simple_roots=False)
    step = quotient.numerator / quotient.denominator
    expected = expr / sp.diff(expr, Z)
    for point in (sp.Rational(1, 3), 2 + sp.I):
        assert abs(sp.N((step - expected).subs(Z, point), 30)) < 1e-25


NOISY = {
    "cancelled": Z**3 - 3 * Z**2 + 3 * Z - 1,
    "functions": sp.log(1 + Z**2) * sp.sqrt(Z + 2) - sp.atan(Z),
    "quotient": (1 - sp.cos(Z)) / Z**2 - sp.Rational(1, 2),
    "constants": sp.pi * Z - sp.Rational(1, 3),
    "negative power": Z**-5 - Z,
}


@pytest.mark.parametrize("name", NOISY)
def test_bounds_of_rounding_errors_hold(name):
    """The program is evaluated in doubles and exactly; the library is off by an ulp at most."""
    builder = ProgramBuilder(1)
    argument = Term(builder, builder.add("argument", value=0))
    program = prepared(lower((Z,), (NOISY[name],)))
    (result,) = noisy_values(program, builder, [argument])
    kernel = sn.lambdify("z", NOISY[name], stable=False)
    bound = _evaluated(builder.finish((result.bound.position,)))
    with mpmath.workdps(40):
        exact = sp.lambdify(Z, NOISY[name], "mpmath")
        for point in np.random.default_rng(1).uniform(-2, 2, 40):
            error = abs(float(mpmath.mpf(kernel(point)) - exact(mpmath.mpf(point))))
            assert error <= bound(point)


def _evaluated(program):
    from symnum.compiler.interpretation import interpret

    return lambda point: float(interpret(program, (point,), 17)[0])


def test_underflow_is_not_exact():
    builder = ProgramBuilder(1)
    argument = Term(builder, builder.add("argument", value=0))
    (result,) = noisy_values(prepared(lower((Z,), (sp.exp(Z),))), builder, [argument])
    bound = _evaluated(builder.finish((result.bound.position,)))
    assert 0 < bound(-1000.0) < 1e-300
