"""The figures of homotopy series draw on a given figure, and show what they say."""

from __future__ import annotations

import math

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from symnum import homotopy

matplotlib.use("Agg")


def test_the_curve_is_flat_at_the_truth() -> None:
    figure = Figure()
    axes = homotopy.plot_c0_curves(
        figure, "u'' + sin(u)", "u", "t", amplitude=2.0, orders=(2, 6, 12)
    )
    assert axes.figure is figure
    lines = axes.get_lines()
    assert [line.get_label() for line in lines] == ["order 2", "order 6", "order 12", "iterated"]
    exact = float(homotopy.pendulum_frequency(2.0))
    assert lines[-1].get_ydata()[0] == pytest.approx(exact, rel=1e-14)
    controls, curve = lines[2].get_xdata(), lines[2].get_ydata()
    flat = np.abs(np.asarray(controls) + 1) < 0.2
    assert np.max(np.abs(np.asarray(curve)[flat] / exact - 1)) < 1e-5


def test_errors_fall_with_the_order() -> None:
    figure = Figure()
    axes = homotopy.plot_errors(
        figure,
        "u'' + sin(u)",
        "u",
        "t",
        amplitudes={"30°": math.radians(30), "120°": math.radians(120)},
        order=12,
    )
    small, _, large, pade = (np.asarray(line.get_ydata()) for line in axes.get_lines())
    assert len(small) == 13
    assert small[-1] < 1e-15 < 1e-12 < large[-1] < 1e-9 < large[0]
    assert pade[-1] < large[10]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["30°", "120°"]


def test_a_list_of_amplitudes_and_a_velocity() -> None:
    axes = homotopy.plot_errors(
        Figure(), "(1 + u**2)*u'' + u*u'**2 + u", "u", "t", amplitudes=[0.5], order=6
    )
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0.5"]
    with pytest.raises(ValueError, match="order: expected"):
        homotopy.plot_errors(Figure(), "u'' + u", "u", "t", amplitudes=[1], order=0)
