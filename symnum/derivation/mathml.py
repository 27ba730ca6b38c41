"""Expressions as presentation MathML that is valid inside HTML.

SymPy's own printer leaves ``<`` unescaped, prints powers of derivatives wrongly and most special
functions by their class names, hence this one.
"""

from __future__ import annotations

import html
from functools import singledispatch
from typing import Any

import sympy
from sympy import (
    Add,
    Basic,
    Expr,
    Float,
    Integer,
    Mul,
    NumberSymbol,
    Pow,
    Rational,
    S,
    Symbol,
    fraction,
)
from sympy.core.function import AppliedUndef, Function, _coeff_isneg
from sympy.core.relational import Relational
from sympy.printing.conventions import split_super_sub
from sympy.printing.precedence import PRECEDENCE, precedence_traditional
from sympy.printing.pretty.pretty_symbology import greek_unicode

from symnum.derivation.notation import (
    ACCENTS,
    APPLY,
    CONSTANTS,
    FENCES,
    INDEXED,
    INVISIBLE_TIMES,
    MINUS,
    NAMES,
    PLUS,
    RELATIONS,
    TIMES,
    UNRAISED,
    fenced,
    identifier,
    interleaved,
    listed,
    row,
)

__all__ = ["mathml_of"]


@singledispatch
def mathml_of(tree: Any) -> str:
    """Return an expression, a relation or a matrix as MathML, without the ``math`` element.

    Parameters
    ----------
    tree : sympy.Basic

    Returns
    -------
    str
        Well-formed XML without named entities, so that it is valid HTML as well.

    Examples
    --------
    >>> mathml_of(Symbol("x") ** 2)
    '<msup><mi>x</mi><mn>2</mn></msup>'
    """
    return f"<mtext>{html.escape(str(tree))}</mtext>"


def _operand(expr: Basic, level: int, *, strict: bool = False) -> str:
    """Print an operand, in brackets where its operator binds less than `level`."""
    own = precedence_traditional(expr)
    printed = mathml_of(expr)
    return fenced(printed) if own < level or (strict and own == level) else printed


@mathml_of.register(Symbol)
def _(expr: Symbol) -> str:
    if expr.name[:1].isdigit():
        return _decimal(expr.name)  # a double, see `short_floats`
    name, above, below = split_super_sub(expr.name)
    base, top, bottom = _greek(name), _scripts(above), _scripts(below)
    if top and bottom:
        return f"<msubsup>{base}{bottom}{top}</msubsup>"
    if bottom:
        return f"<msub>{base}{bottom}</msub>"
    return f"<msup>{base}{top}</msup>" if top else base


@mathml_of.register(Integer)
def _(expr: Integer) -> str:
    number = f"<mn>{abs(int(expr))}</mn>"
    return row(MINUS, number) if expr < 0 else number


@mathml_of.register(Rational)
def _(expr: Rational) -> str:
    quotient = f"<mfrac><mn>{abs(expr.p)}</mn><mn>{expr.q}</mn></mfrac>"
    return row(MINUS, quotient) if expr < 0 else quotient


@mathml_of.register(Float)
def _(expr: Float) -> str:
    return _decimal(sympy.sstr(expr, full_prec=False))


def _decimal(text: str) -> str:
    sign = [MINUS] if text.startswith("-") else []
    mantissa, _, exponent = text.lstrip("-").partition("e")
    parts = [*sign, f"<mn>{mantissa}</mn>"]
    if exponent:
        power = mathml_of(Integer(int(exponent)))
        parts += [TIMES, f"<msup><mn>10</mn>{power}</msup>"]
    return row(*parts)


@mathml_of.register(type(S.ImaginaryUnit))
@mathml_of.register(type(S.Infinity))
@mathml_of.register(NumberSymbol)
def _(expr: Basic) -> str:
    return identifier(CONSTANTS.get(expr, str(expr)))


@mathml_of.register(type(S.NegativeInfinity))
def _(expr: Basic) -> str:
    return row(MINUS, identifier(CONSTANTS[S.Infinity]))


@mathml_of.register(type(S.true))
def _(expr: Basic) -> str:
    return "<mtext>true</mtext>"


@mathml_of.register(type(S.false))
def _(expr: Basic) -> str:
    return "<mtext>false</mtext>"


@mathml_of.register(Add)
def _(expr: Add) -> str:
    parts: list[str] = []
    for term in expr.as_ordered_terms():
        if _coeff_isneg(term):
            parts += [MINUS, _operand(-term, PRECEDENCE["Add"], strict=True)]
        else:
            parts += [*([PLUS] if parts else []), _operand(term, PRECEDENCE["Add"])]
    return row(*parts)


@mathml_of.register(Mul)
def _(expr: Mul) -> str:
    if _coeff_isneg(expr):
        return row(MINUS, _operand(-expr, PRECEDENCE["Mul"]))
    top, bottom = fraction(expr, exact=True)
    if bottom != 1 and Mul(top, 1 / bottom) == expr:
        return f"<mfrac>{mathml_of(top)}{mathml_of(bottom)}</mfrac>"
    factors = expr.as_ordered_factors()
    parts: list[str] = []
    for place, factor in enumerate(factors):
        if parts:
            parts.append(TIMES if _starts_with_number(factor) else INVISIBLE_TIMES)
        last = place == len(factors) - 1
        level = PRECEDENCE["Mul"] if last else PRECEDENCE["Mul"] + 1
        open_ended = isinstance(factor, sympy.Integral | sympy.Sum | sympy.Product)
        printed = _operand(factor, level)
        parts.append(fenced(printed) if open_ended and not last else printed)
    return row(*parts)


@mathml_of.register(Pow)
def _(expr: Pow) -> str:
    base, exponent = expr.base, expr.exp
    if exponent.is_Rational and exponent.is_negative and base.is_commutative:
        return f"<mfrac><mn>1</mn>{mathml_of(Pow(base, -exponent))}</mfrac>"
    if exponent.is_Rational and exponent.p == 1 and exponent.q > 1:
        inside = mathml_of(base)
        if exponent.q == 2:
            return f"<msqrt>{inside}</msqrt>"
        return f"<mroot>{row(inside)}<mn>{exponent.q}</mn></mroot>"
    above = _exponent(exponent)
    if isinstance(base, Function) and type(base).__name__ not in UNRAISED:
        return _function(base, above)
    return f"<msup>{_operand(base, PRECEDENCE['Pow'], strict=True)}{above}</msup>"


def _exponent(exponent: Expr) -> str:
    if exponent.is_Rational and exponent.q != 1:
        sign = [MINUS] if exponent < 0 else []
        top, bottom = f"<mn>{abs(exponent.p)}</mn>", f"<mn>{exponent.q}</mn>"
        return row(*sign, top, "<mo>/</mo>", bottom)
    return mathml_of(exponent)


@mathml_of.register(sympy.exp)
def _(expr: Expr) -> str:
    return f"<msup><mi>e</mi>{_exponent(expr.args[0])}</msup>"


@mathml_of.register(sympy.Max)
@mathml_of.register(sympy.Min)
@mathml_of.register(Function)
def _(expr: Expr) -> str:
    return _function(expr, "")


def _function(expr: Expr, power: str) -> str:
    kind = type(expr).__name__
    arguments = list(expr.args)
    if isinstance(expr, AppliedUndef):
        head = mathml_of(Symbol(kind))
    elif kind in INDEXED and len(arguments) > 1:
        index = mathml_of(arguments.pop(0))
        head = f"<msub>{identifier(INDEXED[kind])}{index}</msub>"
    else:
        head = identifier(NAMES.get(kind, kind))
    if power:
        head = f"<msup>{head}{power}</msup>"
    return row(head, APPLY, fenced(listed(mathml_of(argument) for argument in arguments)))


@mathml_of.register(sympy.Abs)
@mathml_of.register(sympy.floor)
@mathml_of.register(sympy.ceiling)
def _(expr: Expr) -> str:
    left, right = FENCES[type(expr).__name__]
    return fenced(mathml_of(expr.args[0]), left, right)


@mathml_of.register(sympy.Mod)
def _(expr: Expr) -> str:
    left, right = (_operand(argument, PRECEDENCE["Mul"], strict=True) for argument in expr.args)
    space = "<mspace width='0.3em'/>"
    return row(left, space, "<mi>mod</mi>", space, right)


@mathml_of.register(sympy.factorial)
def _(expr: Expr) -> str:
    return row(_operand(expr.args[0], PRECEDENCE["Func"]), "<mo>!</mo>")


@mathml_of.register(sympy.binomial)
def _(expr: Expr) -> str:
    top, bottom = (mathml_of(argument) for argument in expr.args)
    return fenced(f'<mfrac linethickness="0">{top}{bottom}</mfrac>')


@mathml_of.register(sympy.conjugate)
def _(expr: Expr) -> str:
    return f"<mover>{mathml_of(expr.args[0])}<mo>&#xAF;</mo></mover>"


@mathml_of.register(sympy.Derivative)
def _(expr: Any) -> str:
    body = _operand(expr.expr, PRECEDENCE["Mul"], strict=True)
    sign = "d" if len(expr.expr.free_symbols) <= 1 else "\u2202"
    order = sum(count for _, count in expr.variable_count)
    below = [
        part
        for variable, count in expr.variable_count
        for part in (f"<mi>{sign}</mi>", _power(mathml_of(variable), count))
    ]
    above = _power(f"<mi>{sign}</mi>", order)
    return row(f"<mfrac>{above}{row(*below)}</mfrac>", body)


def _power(base: str, exponent: Any) -> str:
    return base if exponent == 1 else f"<msup>{base}{mathml_of(exponent)}</msup>"


@mathml_of.register(sympy.Integral)
def _(expr: Any) -> str:
    signs: list[str] = []
    differentials: list[str] = []
    for variable, *ends in reversed(expr.limits):
        sign = "<mo>&#x222B;</mo>"
        if len(ends) == 2:
            sign = f"<msubsup>{sign}{mathml_of(ends[0])}{mathml_of(ends[1])}</msubsup>"
        signs.append(sign)
        differentials = [
            *("<mspace width='0.17em'/>", "<mi>d</mi>", mathml_of(variable)),
            *differentials,
        ]
    body = _operand(expr.function, PRECEDENCE["Add"], strict=True)
    return row(*signs, body, *differentials)


@mathml_of.register(sympy.Sum)
def _(expr: Any) -> str:
    return _indexed(expr, "&#x2211;")


@mathml_of.register(sympy.Product)
def _(expr: Any) -> str:
    return _indexed(expr, "&#x220F;")


def _indexed(expr: Any, sign: str) -> str:
    signs = []
    for variable, *ends in reversed(expr.limits):
        index = mathml_of(variable)
        if len(ends) == 2:
            below = row(index, "<mo>=</mo>", mathml_of(ends[0]))
            top = mathml_of(ends[1])
            signs.append(f"<munderover><mo>{sign}</mo>{below}{top}</munderover>")
        else:
            signs.append(f"<munder><mo>{sign}</mo>{index}</munder>")
    return row(*signs, _operand(expr.function, PRECEDENCE["Add"], strict=True))


@mathml_of.register(sympy.Limit)
def _(expr: Any) -> str:
    body, variable, point, direction = expr.args
    place = mathml_of(point)
    if str(direction) in {"+", "-"} and point.is_finite:
        place = f"<msup>{place}<mo>{direction}</mo></msup>"
    below = row(mathml_of(variable), "<mo>&#x2192;</mo>", place)
    return row(f"<munder><mi>lim</mi>{below}</munder>", _operand(body, PRECEDENCE["Mul"]))


@mathml_of.register(sympy.Subs)
def _(expr: Any) -> str:
    pairs = [
        row(mathml_of(variable), "<mo>=</mo>", mathml_of(value))
        for variable, value in zip(expr.variables, expr.point, strict=True)
    ]
    body = fenced(mathml_of(expr.expr), "", "|")
    return f"<msub>{body}{listed(pairs)}</msub>"


@mathml_of.register(sympy.Order)
def _(expr: Any) -> str:
    return row("<mi>O</mi>", fenced(mathml_of(expr.expr)))


@mathml_of.register(sympy.Piecewise)
def _(expr: Any) -> str:
    lines = []
    for value, condition in expr.args:
        case = "<mtext>otherwise</mtext>"
        if condition != S.true:
            case = row("<mtext>if&#xA0;</mtext>", mathml_of(condition))
        lines.append(f"<mtr><mtd>{mathml_of(value)}</mtd><mtd>{case}</mtd></mtr>")
    opening = '<mo fence="true" form="prefix">{</mo>'
    return f"<mrow>{opening}<mtable>{''.join(lines)}</mtable></mrow>"


@mathml_of.register(Relational)
def _(expr: Relational) -> str:
    level = PRECEDENCE["Relational"]
    sign = f"<mo>{RELATIONS[expr.rel_op]}</mo>"
    return row(_operand(expr.lhs, level, strict=True), sign, _operand(expr.rhs, level))


@mathml_of.register(sympy.And)
def _(expr: Any) -> str:
    return _joined(expr, "and")


@mathml_of.register(sympy.Or)
def _(expr: Any) -> str:
    return _joined(expr, "or")


def _joined(expr: Any, word: str) -> str:
    arguments = sorted(expr.args, key=sympy.default_sort_key)
    separator = f"<mtext>&#xA0;{word}&#xA0;</mtext>"
    level = PRECEDENCE["Or"]
    parts = (_operand(argument, level, strict=True) for argument in arguments)
    return row(*interleaved(parts, separator))


@mathml_of.register(sympy.Not)
def _(expr: Any) -> str:
    return row("<mtext>not&#xA0;</mtext>", fenced(mathml_of(expr.args[0])))


@mathml_of.register(sympy.MatrixBase)
def _(expr: Any) -> str:
    lines = []
    for line in expr.tolist():
        cells = "".join(f"<mtd>{mathml_of(entry)}</mtd>" for entry in line)
        lines.append(f"<mtr>{cells}</mtr>")
    return fenced(f"<mtable>{''.join(lines)}</mtable>")


@mathml_of.register(sympy.Tuple)
def _(expr: Any) -> str:
    return fenced(listed(mathml_of(item) for item in expr))


def _greek(name: str) -> str:
    for ending, mark in ACCENTS.items():
        if len(name) > len(ending) and name.endswith(ending):
            return f"<mover>{_greek(name.removesuffix(ending))}<mo>{mark}</mo></mover>"
    return identifier(greek_unicode.get(name, name))


def _scripts(names: list[str]) -> str:
    if not names:
        return ""
    return listed(f"<mn>{name}</mn>" if name.isdigit() else _greek(name) for name in names)


def _starts_with_number(factor: Basic) -> bool:
    while isinstance(factor, Pow | Mul) and factor.args:
        if isinstance(factor, Pow) and factor.exp.is_Rational and factor.exp.q != 1:
            return False
        factor = factor.args[0]
    return bool(factor.is_Number)
