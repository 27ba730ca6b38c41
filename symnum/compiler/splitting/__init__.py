"""Programs of complex numbers as programs of real numbers, so that one emitter serves both."""

from symnum.compiler.splitting.programs import FORMULAS, OF_REALS, split_complex

__all__ = ["FORMULAS", "OF_REALS", "split_complex"]
