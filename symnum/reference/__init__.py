"""The same expression at any precision, as a ball, and over a whole box: the oracles of symnum."""

from symnum.reference.balls import BallFunction, ball_of, enclose
from symnum.reference.bounds import BoundReport, prove_nonnegative
from symnum.reference.evaluator import Reference, evaluate
from symnum.reference.ranges import Range, range_enclosure
from symnum.reference.roots import RootEnclosure, RootIsolation, interval_newton, isolate_roots
from symnum.reference.singularities import definedness
from symnum.reference.ulps import ulp_distance

__all__ = [
    "BallFunction",
    "BoundReport",
    "Range",
    "Reference",
    "RootEnclosure",
    "RootIsolation",
    "ball_of",
    "definedness",
    "enclose",
    "evaluate",
    "interval_newton",
    "isolate_roots",
    "prove_nonnegative",
    "range_enclosure",
    "ulp_distance",
]
