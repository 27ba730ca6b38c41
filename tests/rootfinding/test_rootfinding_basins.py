import numpy as np
import pytest
import sympy as sp

from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.lanes.basins_of_attraction import basins
from symnum.rootfinding.lanes.basins_roots import distinct_roots


def test_the_basins_of_a_cube_root():
    result = basins("z**3 - 1", ((-2, 2), (-2, 2)), (60, 40))
    assert result.index.shape == result.iterations.shape == (60, 40)
    assert result.roots.shape == (3,)
    np.testing.assert_allclose(
        result.roots, [np.exp(-2j * np.pi / 3), np.exp(2j * np.pi / 3), 1], atol=1e-15
    )
    # First row at the bottom, first column at the left; the map commutes with conjugation.
    assert result.index[0, 0] == 0
    assert result.index[-1, 0] == 1
    assert np.all(result.index[:, -1] == 2)
    swapped = np.array([1, 0, 2])[result.index[::-1]]
    assert np.mean(swapped == result.index) > 0.99
    assert result.iterations.min() >= 1


def test_every_point_leads_where_the_iteration_leads():
    result = basins("z**4 - z - 1", ((-1.5, 1.5), (-1, 1)), (13, 17))
    xs, ys = np.linspace(-1.5, 1.5, 17), np.linspace(-1, 1, 13)
    z = xs + 1j * ys[:, None]
    for _ in range(200):
        z = z - (z**4 - z - 1) / (4 * z**3 - 1)
    known = result.index >= 0
    assert known.all()
    np.testing.assert_allclose(result.roots[result.index], z, atol=1e-10)


@pytest.mark.parametrize(
    ("equation", "window", "roots"),
    [
        ("(z - 1)**3*(z + 1)", (-2, 2), [-1, 1]),
        ("z**2", (-1, 1), [0]),
        ("exp(z) = 1", ((-1, 4), (-1, 1)), [0]),
        ("(z - 1)*(z - 1.0000001)", ((0.5, 1.5), (-0.5, 0.5)), [1, 1.0000001]),
        ("(1 - cos(z))*(z - 3)", ((-1, 1), (-1, 1)), [0]),
        ("(z**2 - 1)/(z**2 + 1)", ((0.5, 1.5), (-0.3, 0.3)), [1]),
        ("z**2 = -1e-20", ((-1e-9, 1e-9), (1e-10, 1e-9)), [1e-10j]),
    ],
    ids=str,
)
def test_roots(equation, window, roots):
    result = basins(equation, window, 20)
    for root in roots:
        near = np.abs(result.roots - root) <= result.error_bounds + 4e-16 * abs(root)
        assert np.count_nonzero(near) == 1
    assert len(set(np.round(result.roots, 12))) == len(result.roots)
    used = np.unique(result.index)
    assert used.min() >= -1
    assert used.max() == len(result.roots) - 1


@pytest.mark.parametrize("equation", ["exp(z)", "1/z"])
def test_no_root_is_no_index(equation):
    result = basins(equation, (-1, 1), (4, 5))
    assert np.all(result.index == -1)
    assert result.roots.shape == (0,)
    assert "0 roots" in str(result)


def test_a_pole_and_a_cycle_belong_to_nobody():
    result = basins("1/z - z", ((-1, 1), (-1, 1)), 3)
    assert result.index[1, 1] == -1
    cycle = basins("z**3 - 2*z + 2", ((-0.05, 0.05), (-0.05, 0.05)), 3)
    assert cycle.index[1, 1] == -1
    assert cycle.iterations[1, 1] == 200


def test_newtons_method_itself_is_slow_at_multiple_roots():
    multiple = basins("(z - 1)**3*(z + 1)", ((0.5, 1.5), (0.1, 0.5)), 5)
    assert multiple.iterations.min() > 30


def test_methods_and_steps():
    newton = basins("z**3 - 1", (-2, 2), 20)
    halley = basins("z**3 - 1", (-2, 2), 20, method="halley")
    assert halley.iterations.mean() < newton.iterations.mean()
    few = basins("z**3 - 1", (-2, 2), 20, maxiter=3)
    assert few.iterations.max() <= 3
    assert np.any(few.index == -1)


@pytest.mark.parametrize(
    "window",
    [((-2, 2), (-1, 1)), [[-2, 2], [-1, 1]], (-2, 2, -1, 1), (-2 - 1j, 2 + 1j), (2 - 1j, -2 + 1j)],
    ids=str,
)
def test_spellings_of_a_window(window):
    assert basins("z**2 - 2", window, (3, 4)).window == ((-2, 2), (-1, 1))


def test_one_pair_is_for_both_axes():
    result = basins(sp.Symbol("w") ** 2 + 1, (-3, 1), 1)
    assert result.window == ((-3, 1), (-3, 1))
    assert result.index.shape == (1, 1)
    assert result.unknown == "w"


@pytest.mark.parametrize(
    ("equation", "window", "shape", "error", "message"),
    [
        ("z**2 - 1", 3, (2, 2), TypeError, "window: expected .*left, right.*got 3"),
        ("z**2 - 1", "square", (2, 2), (TypeError, ValueError), "window"),
        ("z**2 - 1", ((2, -2), (-1, 1)), 4, ValueError, "window: expected the left side below"),
        ("z**2 - 1", ((-2, 2), (1, 1)), 4, ValueError, "bottom below the top"),
        ("z**2 - 1", ((-2, np.inf), (-1, 1)), 4, ValueError, "window: expected finite"),
        ("z**2 - 1", (1, 2, 3), 4, ValueError, "window: expected"),
        ("z**2 - 1", ((-2, 2), (-1, 1j)), 4, ValueError, "window: expected finite real"),
        ("z**2 - 1", (-2, 2), (0, 4), ValueError, "shape: expected at least one row"),
        ("z**2 - 1", (-2, 2), (2.5, 4), TypeError, "shape: expected .rows, columns."),
        ("z**2 - 1", (-2, 2), (1, 2, 3), TypeError, "shape"),
        ("z**2 - 1", (-2, 2), True, TypeError, "shape"),
        ("z**2 - a", (-2, 2), 4, ValueError, "more than one candidate for the unknown: a, z"),
        ("Abs(z) - 1", (-2, 2), 4, ValueError, "not analytic"),
        ("gamma(z) - 1", (-2, 2), 4, UnsupportedNodeError, "gamma"),
    ],
)
def test_misuse(equation, window, shape, error, message):
    with pytest.raises(error, match=message):
        basins(equation if equation[0] != "g" else sp.gamma(sp.Symbol("z")) - 1, window, shape)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"method": "bisection"}, "method: 'bisection'"),
        ({"maxiter": 0}, "maxiter: expected a whole number from 1 on, got 0"),
        ({"maxiter": 1.5}, "maxiter"),
    ],
)
def test_misuse_of_options(option, message):
    with pytest.raises(ValueError, match=message):
        basins("z**2 - 1", (-2, 2), 3, **option)


def test_the_picture():
    from matplotlib.figure import Figure

    result = basins("z**3 - 1", ((-2, 2), (-1, 1)), (10, 20))
    picture = result.colours()
    assert picture.shape == (10, 20, 3)
    assert 0 <= picture.min() <= picture.max() <= 1
    figure = Figure()
    result.plot(figure)
    (axes,) = figure.axes
    assert axes.get_xlim() == (-2, 2)
    assert axes.get_ylim() == (-1, 1)
    (image,) = axes.images
    assert image.origin == "lower"
    (line,) = axes.lines
    assert len(line.get_xdata()) == 3
    assert "z**3 - 1" in axes.get_title()


def test_roots_of_noisy_approximations():
    rng = np.random.default_rng(0)
    roots = np.array([1.0, 1.0 + 1e-6, -2j, 0.0])
    bounds = np.array([1e-15, 1e-15, 1e-7, 1e-12])
    which = rng.integers(0, 4, 400)
    turn = np.exp(2j * np.pi * rng.random(400))
    points = roots[which] + bounds[which] * rng.random(400) * turn
    found, errors, index = distinct_roots(points, bounds[which], rng.random(400) < 2)
    np.testing.assert_allclose(found, [-2j, 0, 1, 1 + 1e-6], atol=2e-7)
    assert np.array_equal(np.array([2, 3, 0, 1])[which], index)
    assert np.all(errors == bounds[[2, 3, 0, 1]])
