"""The same expression at any precision, as a ball, and over a whole box: the oracles of symnum."""

from symnum.reference.balls import BallFunction, ball_of, enclose
from symnum.reference.evaluator import Reference, evaluate
from symnum.reference.ulps import ulp_distance

__all__ = ["BallFunction", "Reference", "ball_of", "enclose", "evaluate", "ulp_distance"]
