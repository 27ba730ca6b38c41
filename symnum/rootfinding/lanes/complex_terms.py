"""Complex numbers as pairs of real terms, for programs that are written by hand."""

from __future__ import annotations

from typing import TypeAlias

from sympy import Rational

from symnum.compiler.passes import optimise
from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.splitting import split_complex
from symnum.compiler.terms import Term, call, choose, constant

__all__ = [
    "Point",
    "complex_program",
    "joined",
    "largest_size",
    "product_over",
    "quick_quotient",
    "quotient",
    "smallest_size",
    "square",
]

Point: TypeAlias = "tuple[Term, Term]"

#: Squares of denominators in this range need no scaling.
LARGEST, SMALLEST = 2**900, Rational(1, 2**900)
SCALE = 2**600


def complex_program(program: Program, complex_params: bool) -> Program:
    """Return a program of complex numbers as one of their real and imaginary parts.

    Parameters
    ----------
    program : Program
        Complex; its first argument is the unknown, the others are parameters.
    complex_params : bool
        Whether parameters are complex: then they are two arguments each, else one.

    Returns
    -------
    Program
        Real; the unknown is two arguments, and each output is two.

    Raises
    ------
    UnsupportedNodeError
        If a function has no code for complex numbers.
    """
    if complex_params:
        return split_complex(optimise(program)[0])
    builder = ProgramBuilder(program.arity, complex_valued=True)
    columns = [builder.add("argument", value=k) for k in range(program.arity)]
    real = [builder.add("call", column, value="real_part") for column in columns[1:]]
    places = builder.include(program, [columns[0], *real])
    program = builder.finish(tuple(places[k] for k in program.outputs))
    return _without_imaginary_parts(split_complex(optimise(program)[0]))


def _without_imaginary_parts(program: Program) -> Program:
    """Take the imaginary parts of parameters, which nothing uses, off the arguments."""
    params = program.arity // 2 - 1
    builder = ProgramBuilder(2 + params)
    columns = [builder.add("argument", value=k) for k in range(2 + params)]
    arguments = columns[:2] + [column for column in columns[2:] for _ in range(2)]
    places = builder.include(program, arguments)
    return builder.finish(tuple(places[k] for k in program.outputs))


def joined(*programs: Program) -> Program:
    """Return one program with the outputs of several that have the same arguments."""
    builder = ProgramBuilder(programs[0].arity, programs[0].complex_valued)
    outputs = []
    for program in programs:
        places = builder.include(program)
        outputs += [places[k] for k in program.outputs]
    return builder.finish(tuple(outputs))


def fused(x: Term, y: Term, z: Term) -> Term:
    """Return x y + z; complex products need no exact cancellation here."""
    return x.make("multiply_add", x, y, z)


def square(z: Point) -> Term:
    """Return |z|**2."""
    return fused(z[0], z[0], z[1] * z[1])


def product(z: Point, w: Point) -> Point:
    """Return z conj(w)."""
    return fused(z[0], w[0], z[1] * w[1]), fused(z[1], w[0], -(z[0] * w[1]))


def quick_quotient(z: Point, w: Point) -> tuple[Point, Term]:
    """Return z/w = z conj(w)/|w|**2, and 1/|w|**2, which is 0 where the square overflows."""
    inverse = 1 / square(w)
    return product(z, (w[0] * inverse, w[1] * inverse)), inverse


def quotient(z: Point, w: Point) -> Point:
    """Return z (1/w) with 1/w = conj(w)/|w|**2, scaled where the square leaves the range."""
    size = square(w)
    one = constant(size, 1)
    scale = choose(size.compare(">", LARGEST), constant(size, Rational(1, SCALE)), one)
    scale = choose(size.compare("<", SMALLEST), constant(size, SCALE), scale)
    c, d = w[0] * scale, w[1] * scale
    inverse = 1 / square((c, d))
    # One after the other: the inverse of the square may not be a number while 1/w is.
    return product(z, ((c * inverse) * scale, (d * inverse) * scale))


def product_over(z: Point, w: Point, divisor: Point) -> Term:
    """Return the real part of z w/divisor**2."""
    (a, b), (c, d) = quotient(z, divisor), quotient(w, divisor)
    return a * c - b * d


def smallest_size(z: Point) -> Term:
    """Return max(|x|, |y|), which is at most |z|."""
    return call("maximum", call("absolute", z[0]), call("absolute", z[1]))


def largest_size(z: Point) -> Term:
    """Return |x| + |y|, which is at least |z|."""
    return call("absolute", z[0]) + call("absolute", z[1])
