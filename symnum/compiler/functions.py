"""What a call becomes in generated code: one row for each function.

A template is a Python expression in the operands `{0}`, `{1}`; its functions are looked up among
the imports below and the definitions of the helper modules. A function without a template for the
number type of a program is refused when the kernel is built.
"""

from __future__ import annotations

from dataclasses import dataclass

from symnum.compiler.program import Program
from symnum.errors import UnsupportedNodeError

__all__ = ["IMPLEMENTATIONS", "Implementation", "check_functions"]


@dataclass(frozen=True, slots=True)
class Implementation:
    """Templates of one function.

    Parameters
    ----------
    real : str
        For real numbers in double precision.
    complex : str
        For complex numbers; empty if there is none.
    single : str
        For real numbers in single precision; empty if it is the one for double precision.
    """

    real: str
    complex: str = ""
    single: str = ""

    def template(self, kind: str) -> str:
        """Return the template for ``"real"``, ``"single"`` or ``"complex"``, or an empty text."""
        if kind == "complex":
            return self.complex
        return (self.single or self.real) if kind == "single" else self.real


def _through_double(template: str) -> str:
    """Evaluate in double precision and round: the single form of the library is inaccurate."""
    widened = template.replace("{0}", "numpy.float64({0})").replace("{1}", "numpy.float64({1})")
    return f"numpy.float32({widened})"


IMPLEMENTATIONS: dict[str, Implementation] = {
    # powers and roots
    "power": Implementation("math.pow({0}, {1})", "complex_power({0}, {1})"),
    "cube_root": Implementation("numpy.cbrt({0})"),
    "hypot": Implementation("math.hypot({0}, {1})", "complex_hypot({0}, {1})"),
    # exponentials and logarithms
    "exp": Implementation("math.exp({0})", "numpy.exp({0})"),
    "expm1": Implementation("math.expm1({0})", "complex_expm1({0})"),
    "log": Implementation("math.log({0})", "complex_log({0})"),
    "log1p": Implementation("math.log1p({0})", "complex_log1p({0})"),
    "log2": Implementation("numpy.log2({0})", "complex_log2({0})"),
    "log10": Implementation("math.log10({0})", "complex_log10({0})"),
    # trigonometric
    "sin": Implementation("math.sin({0})", "numpy.sin({0})"),
    "cos": Implementation("math.cos({0})", "numpy.cos({0})"),
    "tan": Implementation("math.tan({0})", "complex_tan({0})"),
    "asin": Implementation("math.asin({0})", "numpy.arcsin({0})"),
    "acos": Implementation("math.acos({0})", "numpy.arccos({0})"),
    "atan": Implementation("math.atan({0})", "numpy.arctan({0})"),
    "atan2": Implementation("math.atan2({0}, {1})", "complex_atan2({0}, {1})"),
    # hyperbolic
    "sinh": Implementation("math.sinh({0})", "numpy.sinh({0})"),
    "cosh": Implementation("math.cosh({0})", "numpy.cosh({0})"),
    "tanh": Implementation("math.tanh({0})", "complex_tanh({0})"),
    "asinh": Implementation("math.asinh({0})", "numpy.arcsinh({0})"),
    "acosh": Implementation("math.acosh({0})", "complex_acosh({0})"),
    "atanh": Implementation("math.atanh({0})", "numpy.arctanh({0})"),
    # corners, jumps and parts
    "absolute": Implementation("abs({0})", "complex_absolute({0})"),
    "floor": Implementation("floor({0})", "complex_floor({0})"),
    "ceiling": Implementation("ceiling({0})", "complex_ceiling({0})"),
    "modulo": Implementation("modulo({0}, {1})", "complex_modulo({0}, {1})"),
    "maximum": Implementation("maximum({0}, {1})", "complex_maximum({0}, {1})"),
    "minimum": Implementation("minimum({0}, {1})", "complex_minimum({0}, {1})"),
    "real_part": Implementation("{0}", "complex({0}.real, 0.0)"),
    "imaginary_part": Implementation("({0} * 0)", "complex({0}.imag, 0.0)"),
    "conjugate": Implementation("{0}", "complex({0}.real, -{0}.imag)"),
    "argument": Implementation("math.atan2({0} * 0, {0})", "complex_argument({0})"),
    # special
    "erf": Implementation("math.erf({0})", "", _through_double("math.erf({0})")),
    "erfc": Implementation("math.erfc({0})", "", _through_double("math.erfc({0})")),
    "gamma": Implementation("math.gamma({0})", "", _through_double("math.gamma({0})")),
    "loggamma": Implementation("loggamma({0})", "", _through_double("loggamma({0})")),
}


def check_functions(program: Program, kind: str) -> None:
    """Raise if a program calls a function that has no implementation for its number type.

    Parameters
    ----------
    program : Program
        In its final form, without functions that have a definition.
    kind : str
        ``"real"``, ``"single"`` or ``"complex"``.

    Raises
    ------
    UnsupportedNodeError
        Naming the functions.
    """
    called = {node.value for node in program.nodes if node.operation == "call"}
    missing = sorted(
        name
        for name in called
        if name not in IMPLEMENTATIONS or not IMPLEMENTATIONS[name].template(kind)
    )
    if missing:
        numbers = "complex numbers" if kind == "complex" else "real numbers"
        raise UnsupportedNodeError(
            f"no implementation of {', '.join(missing)} for {numbers} in compiled code"
        )
