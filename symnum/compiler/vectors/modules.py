"""Functions over vectors, and the module that holds them, as text.

A `Function` is straight-line code, but for one construction: `rarely` runs a piece of code only if
some lane needs it. What it returns for the other lanes must be what they have already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from symnum.compiler.vectors.target import Target
from symnum.compiler.vectors.values import SUFFIXES, Vector, constant_text

__all__ = ["Function", "Module"]

# The number of the metadata that says so; without it LLVM may compute both branches always.
RARE = 99

Builder = Callable[..., "Vector | Sequence[Vector]"]


@dataclass(slots=True)
class Module:
    """The text of one module: functions, declarations and tables, each written once.

    Parameters
    ----------
    target : Target
        The processor.
    lanes : int
        The number of lanes of every vector in it.
    inlined : bool
        Whether its functions are written out where they are called.
    """

    target: Target
    lanes: int
    inlined: bool = True
    declarations: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    tables: dict[tuple[str, tuple[float, ...]], str] = field(default_factory=dict)

    def declare(self, name: str, result: str, parameters: Sequence[str]) -> None:
        """Declare a function of LLVM, of the system's library, or one bound by its symbol."""
        text = f"declare {result} @{name}({', '.join(parameters)})"
        if not name.startswith("llvm."):
            # Called through the table of addresses, whose size is known before code is loaded.
            text += " nonlazybind"
        self.declarations.setdefault(name, text)

    def table(self, kind: str, values: Sequence[float]) -> str:
        """Return the name of a constant array."""
        key = (kind, tuple(values))
        return self.tables.setdefault(key, f"@table{len(self.tables)}")

    def define(
        self, name: str, kinds: Sequence[str], build: Builder, *, rare: bool = False
    ) -> None:
        """Write an internal function, unless it is there already.

        Parameters
        ----------
        name : str
            Without the sign.
        kinds : sequence of str
            Kinds of its parameters.
        build : callable
            Called with the parameters as vectors; returns the result, or several results, which
            the function returns as a structure.
        rare : bool
            Whether it stays a function of its own in any case, because it is rarely called.
        """
        if name in self.functions:
            return
        self.functions[name] = ""
        function = Function(self)
        parameters = [
            Vector(function, f"%a{index}", kind, self.lanes) for index, kind in enumerate(kinds)
        ]
        built = build(*parameters)
        head = ", ".join(f"{vector.type} {vector.name}" for vector in parameters)
        if isinstance(built, Vector):
            result = built.type
            function.lines.append(f"  ret {result} {built.name}")
        else:
            result = _structure_type(built)
            name_of_structure = function.structure(built)
            function.lines.append(f"  ret {result} {name_of_structure}")
        body = "\n".join(function.lines)
        attributes = "alwaysinline" if self.inlined and not rare else "noinline"
        self.functions[name] = (
            f"define internal {result} @{name}({head}) {attributes} nounwind {{\nentry:\n{body}\n}}"
        )

    def text(self) -> str:
        """Return the whole module."""
        tables = [
            f"{name} = private unnamed_addr constant [{len(values)} x {kind}] "
            f"[{', '.join(f'{kind} {constant_text(value, kind)}' for value in values)}], align 64"
            for (kind, values), name in self.tables.items()
        ]
        weights = f'!{RARE} = !{{!"branch_weights", i32 1, i32 1000}}'
        parts = [*tables, *self.declarations.values(), *self.functions.values(), weights]
        return "\n\n".join(part for part in parts if part) + "\n"


def _structure_type(values: Sequence[Vector]) -> str:
    return f"{{ {', '.join(value.type for value in values)} }}"


@dataclass(slots=True)
class Function:
    """The instructions of one function, appended in order.

    Parameters
    ----------
    module : Module
        What it belongs to.
    """

    module: Module
    lines: list[str] = field(default_factory=list)
    block: str = "entry"
    count: int = 0

    @property
    def target(self) -> Target:
        """The processor."""
        return self.module.target

    @property
    def lanes(self) -> int:
        """The number of lanes of every vector."""
        return self.module.lanes

    def fresh(self) -> str:
        """Return a name that is not used yet, without the sign."""
        self.count += 1
        return f"v{self.count}"

    def instruction(self, text: str, kind: str, lanes: int) -> Vector:
        """Append an instruction and return its result."""
        name = f"%{self.fresh()}"
        self.lines.append(f"  {name} = {text}")
        return Vector(self, name, kind, lanes)

    def constant(self, lanes: Sequence[str], kind: str) -> Vector:
        """Return the vector with these numbers, LLVM's text for each."""
        text = ", ".join(f"{kind} {lane}" for lane in lanes)
        return Vector(self, f"<{text}>", kind, len(lanes))

    def intrinsic(self, name: str, *operands: Vector) -> Vector:
        """Call one of LLVM's functions that are overloaded by the type of their operands."""
        first = operands[0]
        full = f"llvm.{name}.v{first.lanes}{SUFFIXES[first.kind]}"
        return self.call(full, first.kind, *operands)

    def call(self, name: str, kind: str, *operands: Vector) -> Vector:
        """Call a function of vectors, declared here if the module does not define it."""
        lanes = operands[0].lanes
        result = f"<{lanes} x {kind}>"
        if name not in self.module.functions:
            self.module.declare(name, result, [operand.type for operand in operands])
        return self.instruction(f"call {result} @{name}({_arguments(operands)})", kind, lanes)

    def call_several(self, name: str, kinds: Sequence[str], *operands: Vector) -> list[Vector]:
        """Call a function of this module that returns a structure of vectors."""
        lanes = operands[0].lanes
        structure = f"{{ {', '.join(f'<{lanes} x {kind}>' for kind in kinds)} }}"
        whole = f"%{self.fresh()}"
        self.lines.append(f"  {whole} = call {structure} @{name}({_arguments(operands)})")
        return [
            self.instruction(f"extractvalue {structure} {whole}, {index}", kind, lanes)
            for index, kind in enumerate(kinds)
        ]

    def structure(self, values: Sequence[Vector]) -> str:
        """Return the name of a structure of vectors."""
        kind = _structure_type(values)
        name = "poison"
        for index, value in enumerate(values):
            fresh = f"%{self.fresh()}"
            self.lines.append(
                f"  {fresh} = insertvalue {kind} {name}, {value.type} {value.name}, {index}"
            )
            name = fresh
        return name

    def rarely(
        self, condition: Vector, values: Sequence[Vector], build: Callable[..., Sequence[Vector]]
    ) -> list[Vector]:
        """Replace values by what `build` makes of them, if the condition holds in some lane.

        Parameters
        ----------
        condition : Vector
            Truth values.
        values : sequence of Vector
            What holds otherwise.
        build : callable
            Called with `values`; must leave the lanes alone where the condition does not hold.
        """
        wanted = f"%{self.fresh()}"
        kind = f"v{condition.lanes}i1"
        self.module.declare(f"llvm.vector.reduce.or.{kind}", "i1", [condition.type])
        self.lines.append(
            f"  {wanted} = call i1 @llvm.vector.reduce.or.{kind}({condition.type} {condition.name})"
        )
        start, rare, joined = self.block, f"rare{self.fresh()}", f"join{self.fresh()}"
        self.lines.append(f"  br i1 {wanted}, label %{rare}, label %{joined}, !prof !{RARE}")
        self._open(rare)
        replaced = build(*values)
        end = self.block
        self.lines.append(f"  br label %{joined}")
        self._open(joined)
        return [
            self.instruction(
                f"phi {old.type} [ {old.name}, %{start} ], [ {new.name}, %{end} ]",
                old.kind,
                old.lanes,
            )
            for old, new in zip(values, replaced, strict=True)
        ]

    def _open(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.block = label


def _arguments(operands: Sequence[Vector]) -> str:
    return ", ".join(f"{operand.type} {operand.name}" for operand in operands)
