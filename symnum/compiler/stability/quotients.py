"""Rules for logarithms, quotients of exponentials and roots: what overflows or is close to one."""

from __future__ import annotations

import math
from collections.abc import Iterator

import sympy
from sympy import Add, Expr, Mul, Pow, S
from sympy.codegen.cfunctions import hypot, log1p

from symnum.compiler.stability.algebra import (
    coefficient_and_rest,
    expanded,
    factored,
    fraction,
    freeze,
)
from symnum.compiler.stability.raising import (
    SplitSquareExp,
    below,
    dominated_by,
    is_exact,
    or_zero,
    scaled_erfc,
)
from symnum.compiler.stability.sums import SUM_RULES, Rule

__all__ = ["RULES", "squares"]

# ------------------------------------------------------------------ logarithms


def _logarithm_near_one(expression: Expr) -> Iterator[Expr]:
    for kernel, argument in _logarithms(expression):
        small = expanded(argument - 1)
        forms = [small]
        for rule in SUM_RULES:
            forms.extend(rule.apply(argument - 1))
        for form in dict.fromkeys(forms):
            yield expression.xreplace({kernel: log1p(form, evaluate=False)})


def _logarithms(expression: Expr) -> Iterator[tuple[Expr, Expr]]:
    found = [node for node in sympy.preorder_traversal(expression) if isinstance(node, sympy.log)]
    for node in found[:3]:
        yield node, node.args[0]


def _logarithm_of_quotient(expression: Expr) -> Iterator[Expr]:
    for kernel, argument in _logarithms(expression):
        top, bottom = sympy.fraction(argument)
        if bottom.is_number:
            continue
        difference = expanded(top - bottom)
        yield expression.xreplace({kernel: log1p(factored(difference / bottom), evaluate=False)})
        yield expression.xreplace({kernel: -log1p(factored(-difference / top), evaluate=False)})
        ratio = factored(difference / expanded(top + bottom))
        yield expression.xreplace({kernel: 2 * sympy.atanh(ratio, evaluate=False)})


def _logarithm_of_exponentials(expression: Expr) -> Iterator[Expr]:
    for kernel, argument in _logarithms(expression):
        weights = _exponential_terms(argument)
        if weights is None or len(weights) < 2:
            continue
        if len(weights) == 2:
            (first, u), (second, v) = sorted(
                weights, key=lambda row: sympy.default_sort_key(row[1])
            )
            if first == second or (first.is_positive and second.is_positive):
                # Different weights go into the exponents.
                common = first if first == second else S.One
                a, b = u + sympy.log(first / common), v + sympy.log(second / common)
                rest = log1p(sympy.exp(-sympy.Abs(a - b)), evaluate=False)
                # Where both are the same infinity, nothing is added to it.
                for part in (rest, or_zero(rest)):
                    form = sympy.Max(a, b) + part + sympy.log(common)
                    yield expression.xreplace({kernel: form})
            ratio = log1p(second / first * sympy.exp(v - u), evaluate=False)
            yield expression.xreplace({kernel: u + sympy.log(first) + ratio})
            ratio = log1p(first / second * sympy.exp(u - v), evaluate=False)
            yield expression.xreplace({kernel: v + sympy.log(second) + ratio})
        largest = sympy.Max(*(exponent for _, exponent in weights))
        total = Add(*(weight * sympy.exp(exponent - largest) for weight, exponent in weights))
        for part in (sympy.log(total), or_zero(sympy.log(total))):
            yield expression.xreplace({kernel: largest + part})


def _exponential_terms(expression: Expr) -> list[tuple[Expr, Expr]] | None:
    """Return the weights and exponents of a sum of exponentials, constants included."""
    rows: list[tuple[Expr, Expr]] = []
    for term in Add.make_args(expanded(expression)):
        number, rest = coefficient_and_rest(term)
        if rest is S.One:
            rows.append((number, S.Zero))
        elif isinstance(rest, sympy.exp):
            rows.append((number, rest.exp))
        else:
            return None
    return rows if any(exponent != 0 for _, exponent in rows) else None


def _inverse_hyperbolic(expression: Expr) -> Iterator[Expr]:
    for kernel, argument in _logarithms(expression):
        if not isinstance(argument, Add) or len(argument.args) != 2:
            continue
        for root, other in (argument.args, argument.args[::-1]):
            if not isinstance(root, Pow) or root.exp is not S.Half:
                continue
            if expanded(root.base - other**2 - 1).is_zero:
                yield expression.xreplace({kernel: sympy.asinh(other, evaluate=False)})
            if expanded(root.base - other**2 + 1).is_zero:
                yield expression.xreplace({kernel: sympy.acosh(other, evaluate=False)})
        first, second = argument.args
        for root, other in ((first, second), (second, first)):
            sign, kernel_root = coefficient_and_rest(root)
            if sign == -1 and isinstance(kernel_root, Pow) and kernel_root.exp is S.Half:
                if expanded(kernel_root.base - other**2 - 1).is_zero:
                    yield expression.xreplace({kernel: -sympy.asinh(other, evaluate=False)})
                if expanded(kernel_root.base - other**2 + 1).is_zero:
                    yield expression.xreplace({kernel: -sympy.acosh(other, evaluate=False)})


def _logarithm_of_tail(expression: Expr) -> Iterator[Expr]:
    for kernel, argument in _logarithms(expression):
        weight, tail = coefficient_and_rest(argument)
        if not isinstance(tail, sympy.erfc):
            continue
        u = tail.args[0]
        far = sympy.log(weight * scaled_erfc(u)) - u**2
        yield expression.xreplace({kernel: dominated_by(-u, far, kernel)})


# ------------------------------------------------------------------ quotients of exponentials


def _dominant_exponential(expression: Expr) -> Iterator[Expr]:
    hyperbolic = (sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth, sympy.sech, sympy.csch)
    if expression.has(*hyperbolic):
        expression = expression.rewrite(sympy.exp)
    if not expression.has(sympy.exp):
        return
    top, bottom = fraction(expression)
    rows = _weighted(bottom)
    others = _weighted(top)
    if not rows or others is None:
        return
    exponents = list(dict.fromkeys(exponent for _, exponent in rows))
    if len(exponents) < 2:
        return
    bases = [exponent for exponent in exponents if exponent != 0]
    if len(exponents) == 2 or len({_direction(u) for u in bases}) == 1:
        yield from _symmetric(others, rows, bases)
    for exponent in exponents[:4]:
        yield _divided(others, exponent) / _divided(rows, exponent)
    largest = sympy.Max(*exponents)
    yield _divided(others, largest) / _divided(rows, largest)


def _direction(exponent: Expr) -> Expr:
    return coefficient_and_rest(expanded(exponent))[1]


def _symmetric(
    top: list[tuple[Expr, Expr]], bottom: list[tuple[Expr, Expr]], bases: list[Expr]
) -> Iterator[Expr]:
    """Take out the larger end on each side of zero, with one exponential of -|u|."""
    steps = [coefficient_and_rest(expanded(u)) for u in bases]
    if len({rest for _, rest in steps}) != 1 or not all(n.is_Rational for n, _ in steps):
        if len(bases) != 2:
            return
        u = expanded(bases[0] - bases[1])
        numbers = {bases[0]: S.One, bases[1]: S.Zero}
        shift = bases[1]
    else:
        common = sympy.Rational(1, math.lcm(*(int(number.q) for number, _ in steps)))
        u = steps[0][1] * common
        numbers = {base: number / common for base, (number, _) in zip(bases, steps, strict=True)}
        numbers[S.Zero] = S.Zero
        shift = S.Zero
    size = sympy.Symbol("t", positive=True)
    powers = [numbers[exponent] for _, exponent in bottom]
    rows = [(weight, _multiple(exponent - shift, u)) for weight, exponent in top]
    if any(multiple is None for _, multiple in rows):
        return
    forms = []
    for extreme, sign in ((min(powers), 1), (max(powers), -1)):
        above = Add(*(weight * size ** (sign * (m - extreme)) for weight, m in rows))
        below = Add(
            *(
                weight * size ** (sign * (numbers[exponent] - extreme))
                for weight, exponent in bottom
            )
        )
        forms.append((above, below))
    decay = sympy.exp(-sympy.Abs(u))
    (left_top, left_bottom), (right_top, right_bottom) = forms
    left = left_top.xreplace({size: decay}), factored(left_bottom).xreplace({size: decay})
    right = right_top.xreplace({size: decay}), factored(right_bottom).xreplace({size: decay})
    tops = left[0] if left[0] == right[0] else dominated_by(u, left[0], right[0])
    bottoms = left[1] if left[1] == right[1] else dominated_by(u, left[1], right[1])
    yield tops / bottoms


def _multiple(exponent: Expr, u: Expr) -> Expr | None:
    ratio = sympy.cancel(expanded(exponent) / u)
    return ratio if ratio.is_Rational else None


def _weighted(expression: Expr) -> list[tuple[Expr, Expr]] | None:
    """Return a sum as weights times exponentials; the weights may hold other functions."""
    frozen = freeze(expression)
    if frozen.expression.count_ops() > 60:
        return None
    rows: dict[Expr, Expr] = {}
    for term in Add.make_args(frozen.thawed(sympy.expand(frozen.expression))):
        weight, exponent = S.One, S.Zero
        for part in Mul.make_args(term):
            base, power = part.as_base_exp()
            if isinstance(part, sympy.exp):
                exponent += part.exp
            elif base is S.Exp1 and not part.is_number:
                exponent += power
            else:
                weight *= part
        rows[exponent] = rows.get(exponent, S.Zero) + weight
    return [(weight, exponent) for exponent, weight in rows.items()]


def _divided(rows: list[tuple[Expr, Expr]], exponent: Expr) -> Expr:
    return Add(*(weight * sympy.exp(expanded(u - exponent)) for weight, u in rows))


# ------------------------------------------------------------------ products and roots


def _scaled_tail(expression: Expr) -> Iterator[Expr]:
    tails = [k for k in freeze(expression).kernels.values() if isinstance(k, sympy.erfc)]
    for tail in tails:
        u = tail.args[0]
        yield expanded(expression.xreplace({tail: scaled_erfc(u) * sympy.exp(-(u**2))}))
        number, variable = coefficient_and_rest(u)
        if is_exact(variable):
            far = scaled_erfc(u) * SplitSquareExp(variable, number**2)
            yield expression.xreplace({tail: dominated_by(u, tail, far)})


def _root_of_squares(expression: Expr) -> Iterator[Expr]:
    for node in sympy.preorder_traversal(expression):
        if not isinstance(node, Pow) or node.exp not in (S.Half, -S.Half):
            continue
        sides = squares(node.base)
        if sides is None:
            continue
        total = sides[0]
        for side in sides[1:]:
            total = hypot(total, side)
        yield expression.xreplace({node: total if node.exp is S.Half else 1 / total})


def squares(base: Expr) -> list[Expr] | None:
    """Return the roots of the terms of a sum of squares, None where it is no such sum."""
    sides: list[Expr] = []
    for term in Add.make_args(base):
        number, rest = coefficient_and_rest(term)
        root, exponent = rest.as_base_exp()
        if not number.is_nonnegative or (rest is not S.One and exponent % 2 != 0):
            return None
        side = S.One if rest is S.One else root ** (exponent / 2)
        sides.append(sympy.sqrt(number) * side)
    return sides if len(sides) > 1 else None


def _factored_radicand(expression: Expr) -> Iterator[Expr]:
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, Pow) and node.exp in (S.Half, -S.Half) and node.base.is_Add:
            form = factored(node.base)
            if isinstance(form, Mul):
                yield expression.xreplace({node: Pow(form, node.exp, evaluate=False)})


def _arc_cosine(expression: Expr) -> Iterator[Expr]:
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, sympy.acos):
            small = factored(expanded(1 - node.args[0]))
            root = sympy.sqrt(small / 2)
            yield expression.xreplace({node: 2 * sympy.asin(root, evaluate=False)})


def _power_near_one(expression: Expr) -> Iterator[Expr]:
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, Pow) and node.base.is_Add and node.exp.is_number:
            small = expanded(node.base - 1)
            form = sympy.exp(node.exp * log1p(small, evaluate=False))
            form = below(sympy.Abs(small), S.Half, form, node)
            yield expression.xreplace({node: form})


def _in_sums(rule: Rule) -> Rule:
    """Return a rule for sums as one for everything that has a sum in it."""

    def apply(expression: Expr) -> Iterator[Expr]:
        sums = [node for node in sympy.preorder_traversal(expression) if isinstance(node, Add)]
        for inner in list(dict.fromkeys(sums))[:4]:
            for form in rule.apply(inner):
                yield expression.xreplace({inner: form})

    return Rule(rule.law, apply)


RULES: tuple[Rule, ...] = (
    Rule("log(1 + u) = log1p(u)", _logarithm_near_one),
    Rule("log(a/b) = log1p((a - b)/b) = 2 atanh((a - b)/(a + b))", _logarithm_of_quotient),
    Rule("log(e^u + e^v) = max(u, v) + log1p(e^-|u - v|)", _logarithm_of_exponentials),
    Rule("log(u + sqrt(u^2 + 1)) = asinh u", _inverse_hyperbolic),
    Rule("log erfc(u) = -u^2 + log erfcx(u)", _logarithm_of_tail),
    Rule("numerator and denominator divided by the largest exponential", _dominant_exponential),
    Rule("erfc(u) = e^(-u^2) erfcx(u)", _scaled_tail),
    Rule("sqrt(a^2 + b^2) = hypot(a, b)", _root_of_squares),
    Rule("sqrt(a^2 - b^2) = sqrt((a - b)(a + b))", _factored_radicand),
    Rule("acos u = 2 asin(sqrt((1 - u)/2))", _arc_cosine),
    Rule("(1 + v)^a = e^(a log1p(v))", _power_near_one),
    *(_in_sums(rule) for rule in SUM_RULES),
)
