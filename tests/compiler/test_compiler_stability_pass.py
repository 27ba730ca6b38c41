"""The pass: what it leaves alone, what it must never do, and its record."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy

from symnum.compiler.lowering import lower
from symnum.compiler.program import Program
from symnum.compiler.stability import (
    Choice,
    Span,
    span_of_symbol,
    stabilise,
)
from symnum.compiler.stability.doubling import doubled
from symnum.compiler.stability.series import find_series, single_cuts
from symnum.compiler.stability.stabilisation import VERDICTS
from symnum.compiler.stability.workspace import Workspace
from symnum.compiler.verdicts import stable_program
from symnum.errors import CacheWarning
from symnum.expressions import parse_expression


def program_of(text: str, names: str = "x") -> Program:
    symbols = [sympy.Symbol(name) for name in names]
    return lower(symbols, (parse_expression(text, {s.name: s for s in symbols}),))


def evaluated(program: Program, *rows: list[float]) -> np.ndarray:
    workspace, (output,) = Workspace.of(program, np.array(rows, dtype=float))
    return np.asarray(workspace.double(output))


HARMLESS = [
    "x**3 - 2*x + 5",
    "x*y + 1",
    "sin(x)*exp(-y**2) + x*y",
    "x/(1 + y**2)",
    "exp(-x**2/2)",
    "x - y",
    "x*y - y**2*sin(x)",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_formulas_are_left_alone(text):
    program = program_of(text, "xy")
    stable, choices = stabilise(program)
    assert stable is program
    assert choices == ()


def test_nothing_is_lost_outside_of_the_domain():
    # log1p(1/x) has values where log(x) has none.
    stable, choices = stabilise(program_of("log(x+1)-log(x)"))
    assert choices
    assert np.isnan(evaluated(stable, [-3.0, -0.5, -1e9])).all()


NEVER_WORSE = [
    "log(x+1)-log(x)",
    "sqrt(x+1)-sqrt(x)",
    "(1+x)**40-1",
    "(1+x)**(7/2)-1",
    "sqrt(1+x**2)-1",
    "1-1/(1+exp(-x))",
    "x/2*(1+erf(x/sqrt(2)))",
    "log(1+exp(x))",
    "tanh(x)-x",
    "acos(x)-pi/2",
    "1/(x+1)-1/x",
    "log(x+sqrt(x**2-1))",
]
EVERYWHERE = [0.0, 1.0, -1.0, 0.3, -0.3, 5.0, -5.0, 1e9, -1e9, 1e200, -1e200, math.inf, -math.inf]


@pytest.mark.parametrize("text", NEVER_WORSE)
def test_what_is_defined_stays_defined(text):
    program = program_of(text)
    stable, _ = stabilise(program)
    before, after = evaluated(program, EVERYWHERE), evaluated(stable, EVERYWHERE)
    assert not (np.isnan(after) & ~np.isnan(before)).any()
    assert np.isnan(evaluated(stable, [math.nan])).all()


@pytest.mark.parametrize("text", ["log(x+1)-log(x)", "sqrt(x+1)-sqrt(x)", "log(x+sqrt(x**2-1))"])
def test_what_is_undefined_stays_undefined(text):
    program = program_of(text)
    stable, _ = stabilise(program)
    points = [-2.5, -3.7, -100.0, -0.7]
    assert (np.isnan(evaluated(stable, points)) >= np.isnan(evaluated(program, points))).all()


def test_sums_of_exponentials_at_infinity():
    stable, choices = stabilise(program_of("log(exp(x)+exp(y))", "xy"))
    assert choices
    x = [math.inf, -math.inf, math.inf, 1e4, math.nan]
    y = [math.inf, -math.inf, -math.inf, 1e4, 0.0]
    expected = [math.inf, -math.inf, math.inf, 1e4 + math.log(2), math.nan]
    np.testing.assert_allclose(evaluated(stable, x, y), expected, rtol=1e-15)


def test_piecewise_formulas_are_repaired_branch_by_branch():
    x = sympy.Symbol("x")
    branches = sympy.Piecewise((sympy.exp(x) - 1, x < 1), (x + 1, True))
    stable, choices = stabilise(lower((x,), (branches,)))
    assert [choice.after for choice in choices] == ["expm1(x0)"]
    assert evaluated(stable, [1e-20, 2.0]).tolist() == [pytest.approx(1e-20, rel=1e-15), 3.0]


def test_single_precision_takes_no_pairs_of_doubles():
    program = program_of("(1+x)**40-1")
    assert "fused_multiply_add" in stabilise(program)[0].counts()
    assert "fused_multiply_add" not in stabilise(program, single=True)[0].counts()


def test_removable_points_get_their_limit():
    assert evaluated(stabilise(program_of("sin(x)/x"))[0], [0.0])[0] == 1
    assert evaluated(stabilise(program_of("(exp(x)-1)/x"))[0], [0.0])[0] == 1
    quotient, _ = stabilise(program_of("(1-cos(x))/x**2"))
    assert evaluated(quotient, [0.0, 1e-180]).tolist() == [0.5, 0.5]


def test_poles_are_not_filled():
    stable, _ = stabilise(program_of("sqrt(x)/x"))
    assert not np.isfinite(evaluated(stable, [0.0])[0])


def test_roots_of_squares_do_not_overflow():
    stable, _ = stabilise(program_of("sqrt(x**2 + y**2)", "xy"))
    assert evaluated(stable, [3e200], [4e200])[0] == pytest.approx(5e200)
    stable, _ = stabilise(program_of("sqrt(x**2 + 4)"))
    assert evaluated(stable, [-3e200])[0] == 3e200


def test_a_declared_domain_makes_protection_unnecessary():
    program = program_of("sqrt(x**2 + 4)")
    stable, choices = stabilise(program, [Span(-1e6, 1e6)])
    assert stable is program
    assert choices == ()


def test_the_domain_decides_what_is_lost():
    program = program_of("log(1+exp(x))")
    _, choices = stabilise(program, [Span(0.5, 20.0)])
    assert choices == ()
    _, choices = stabilise(program, [Span(0.5, 2000.0)])
    assert choices


def test_several_outputs_share_what_is_rewritten():
    x = sympy.Symbol("x")
    program = lower((x,), (sympy.exp(x) - 1, (sympy.exp(x) - 1) ** 2))
    stable, choices = stabilise(program)
    assert stable.counts()["expm1"] == 1
    assert "exp" not in stable.counts()
    assert len(choices) == 1


def test_the_record_says_what_was_done():
    _, (choice,) = stabilise(program_of("exp(x)-1"), names=("rate",))
    assert isinstance(choice, Choice)
    assert choice.before == "(exp(rate) - 1)"
    assert choice.after == "expm1(rate)"
    assert choice.error_before > 1e9
    assert choice.error_after < 3
    assert str(choice).startswith("(exp(rate) - 1) -> expm1(rate)   [e^u = 1 + expm1(u); worst")
    assert str(choice).endswith("ulp on [-inf, inf]]")


def test_verdicts_are_the_same_in_every_run():
    program = program_of("(x-sin(x))/(1-cos(x)) + sqrt(x+1) - sqrt(x)")
    first, choices = stabilise(program)
    VERDICTS.clear()
    again, same = stabilise(program)
    assert (first, choices) == (again, same)


def test_the_budget_bounds_the_search():
    _, none = stabilise(program_of("cosh(x)-1"), budget=0)
    assert none == ()


def test_complex_programs_are_left_alone():
    x = sympy.Symbol("x")
    program = lower((x,), (sympy.exp(x) - 1,), complex_valued=True)
    assert stabilise(program) == (program, ())


def test_wrong_arguments():
    program = program_of("exp(x)-1")
    with pytest.raises(
        ValueError, match="domain: expected one range for each of 1 arguments, got 2"
    ):
        stabilise(program, [None, None])
    with pytest.raises(ValueError, match="names: expected 1, got 0"):
        stabilise(program, names=())
    with pytest.raises(ValueError, match=r"domain: the range from 2\.0 to 1\.0 is empty"):
        Span(2.0, 1.0)


def test_spans_follow_assumptions():
    assert span_of_symbol(sympy.Symbol("x", positive=True)) == Span(0.0, math.inf)
    assert span_of_symbol(sympy.Symbol("x", negative=True)) == Span(-math.inf, 0.0)
    assert span_of_symbol(sympy.Symbol("x")) == Span(-math.inf, math.inf)


def test_series_know_power_and_symmetry():
    program = program_of("sin(x)-x")
    series = find_series(program, program, sympy.Integer(0))
    assert (series.power, series.step, series.middle) == (3, 2, 0.0)
    assert series.coefficients[0] == pytest.approx(-1 / 6, rel=1e-16)
    assert (
        str(series) == f"polynomial of {len(series.coefficients)} terms below {series.threshold:g}"
    )
    root = program_of("sqrt(x)-x")
    assert find_series(root, root, sympy.Integer(0)) is None


def test_cuts_are_nodes_that_decide_alone():
    x, y = sympy.symbols("x y")
    workspace, (output,) = Workspace.of(lower((x, y), (sympy.sin(x * y) - x * y,)), np.ones((2, 1)))
    (cut,) = single_cuts(workspace.builder, output)
    assert workspace.builder.nodes[cut].operation == "multiply"


PAIRS = [
    "(1+x)**40-1",
    "x**4-2*x**2*y**2+y**4",
    "exp(x)*cos(y)-1-x",
    "sin(x+y)-sin(x)-sin(y)",
    "1/(9+x)-1/(9+y)",
    "log(9+x)-log(9+y)",
    "sqrt(1+x*x)-sqrt(1+y*y)",
    "cosh(x)-cosh(y)",
    "tanh(x)-tanh(y)",
    "atan(x)-atan(y)",
]


@pytest.mark.parametrize("text", PAIRS)
def test_pairs_of_doubles_have_twice_the_digits(text):
    program = program_of(text, "xy")
    random = np.random.default_rng(1)
    x = random.uniform(-4, 4, 60)
    points = np.array([x, x * (1 + 1e-6 * random.uniform(-1, 1, 60))])
    workspace, (output,) = Workspace.of(program, points)
    nodes = workspace.builder.nodes
    term = doubled(
        nodes,
        output,
        workspace.term(0),
        lambda k: workspace.term(k) if nodes[k].operation == "argument" else None,
    )
    exact = workspace.exact(output)
    assert np.nanmax(exact.errors(workspace.double(term.position))) <= 1
    assert np.nanmax(exact.errors(workspace.double(output))) > 5


def test_a_verdict_is_stored_and_read_by_another_process(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMNUM_CACHE_DIR", str(tmp_path))
    # A constant of a function that SymPy itself does not know, and one with a root.
    text = "log(exp(x) + exp(x - 2/3))*sqrt(2) + exp(3*x) - 1 + x**5 - x**4 + (1 - cos(x))/x**2"
    program = program_of(text)
    spans = [(-math.inf, math.inf)]
    found, rewrites = stable_program(program, spans, single=False)
    (file,) = (tmp_path / "kernels").glob("*.stable.bin")
    VERDICTS.clear()
    monkeypatch.setattr("symnum.compiler.verdicts._measured", None)
    assert stable_program(program, spans, single=False) == (found, rewrites)
    file.write_bytes(file.read_bytes()[:-3])
    monkeypatch.undo()
    monkeypatch.setenv("SYMNUM_CACHE_DIR", str(tmp_path))
    with pytest.warns(CacheWarning, match="damaged"):
        assert stable_program(program, spans, single=False) == (found, rewrites)
