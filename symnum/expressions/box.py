"""A product of domains: the set of points for which a statement is made."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy import Dummy, Expr, Symbol

from symnum.expressions.conditions import holds, read_conditions, readable
from symnum.expressions.domains import Integers, Interval
from symnum.expressions.exact import exact_number
from symnum.expressions.names import as_symbol
from symnum.expressions.sampling import Region, enumerate_corners

_MOST_CORNERS = 64


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Box(Mapping[Symbol, Interval | Integers]):
    r"""A product of domains under joint conditions; a read-only mapping from symbol to domain.

    .. math:: \{(x_1, ..., x_n) : x_i \in D_i, \; c_j(x_1, ..., x_n)\}

    Parameters
    ----------
    domains : mapping from sympy.Symbol or str to Interval or Integers
        In the order that counts; a name stands for the plain symbol of that name.
    where : relation, str, or a sequence of them
        Joint conditions such as ``a*z < 2``. Equalities must be linear in one of their symbols.

    Raises
    ------
    ValueError
        Two symbols of one name; a symbol that assumes more than its domain implies; a condition
        that is false or mentions a symbol without a domain.
    TypeError
        What is no symbol, domain or relation.

    Examples
    --------
    >>> a, z = sympy.symbols("a z")
    >>> box = Box({a: Interval(0, 10), z: Interval(0, 10)}, where=a * z < 2)
    >>> print(box)
    a in [0, 10], z in [0, 10], where a*z < 2
    >>> box.contains({a: 1, z: 1}), box.contains({a: 2, z: 1})
    (True, False)
    """

    domains: Any
    where: Any = ()

    def __post_init__(self) -> None:
        pairs = _read_domains(self.domains)
        declared = {symbol.name: symbol for symbol in pairs}
        where = read_conditions(self.where, declared)
        object.__setattr__(self, "domains", tuple(pairs.items()))
        object.__setattr__(self, "where", where)
        for symbol, domain in pairs.items():
            _check_assumptions(symbol, domain, self._implied(symbol, domain))
        Region.build(pairs, where)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols, in order."""
        return tuple(symbol for symbol, _ in self.domains)

    def __getitem__(self, key: Symbol | str) -> Interval | Integers:
        domain: Interval | Integers
        for symbol, domain in self.domains:
            if key in (symbol, symbol.name):
                return domain
        raise KeyError(f"{key} has no domain; these have: {', '.join(map(str, self.symbols))}")

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self.symbols)

    def __len__(self) -> int:
        return len(self.domains)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Box):
            return NotImplemented
        return bool(self.domains == other.domains and self.where == other.where)

    def __hash__(self) -> int:
        return hash((Box, self.domains, self.where))

    def __str__(self) -> str:
        parts = [
            f"{symbol} in {domain}" if str(domain) != "integers" else f"{symbol} integer"
            for symbol, domain in self.domains
        ]
        text = ", ".join(parts) if parts else "no symbols"
        if self.where:
            text += f", where {' and '.join(readable(relation) for relation in self.where)}"
        return text

    def __repr__(self) -> str:
        return f"<Box {self}>"

    @property
    def fingerprint(self) -> str:
        """A hexadecimal digest that is equal for equal boxes, in every process."""
        rows = [f"{symbol_key(symbol)} {_domain_key(domain)}" for symbol, domain in self.domains]
        places = {symbol: Symbol(f"s{place}") for place, symbol in enumerate(self.symbols)}
        rows += [sympy.srepr(relation.xreplace(places)) for relation in self.where]
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()

    def restricted(self, symbols: Iterable[Symbol]) -> Box:
        """Return the box of some symbols and of those that joint conditions tie to them.

        Parameters
        ----------
        symbols : iterable of sympy.Symbol

        Returns
        -------
        Box
            Its points are the projections of the points of this box.
        """
        kept = set(symbols)
        tied = [relation.free_symbols for relation in self.where]
        while any(kept & group and not group <= kept for group in tied):
            kept.update(*(group for group in tied if kept & group))
        domains = {symbol: domain for symbol, domain in self.domains if symbol in kept}
        where = tuple(relation for relation in self.where if relation.free_symbols & kept)
        return self if len(domains) == len(self.domains) else Box(domains, where)

    def contains(self, point: Mapping[Any, Any]) -> bool:
        """Tell whether a point lies in the box and fulfils the joint conditions, exactly.

        Parameters
        ----------
        point : mapping from sympy.Symbol or str to number
            One value for each symbol of the box.

        Returns
        -------
        bool
            Whether it does.

        Raises
        ------
        ValueError
            A symbol without a value, or a value for a symbol that the box does not have.

        Examples
        --------
        >>> Box({"x": Interval(0, 1)}).contains({"x": 0.5})
        True
        """
        values = self._read_point(point)
        if any(values[symbol] not in domain for symbol, domain in self.domains):
            return False
        return all(holds(relation, values) for relation in self.where)

    def _read_point(self, point: Mapping[Any, Any]) -> dict[Symbol, Expr]:
        declared = {symbol.name: symbol for symbol in self.symbols}
        values: dict[Symbol, Expr] = {}
        for key, value in point.items():
            symbol = declared.get(key, key) if isinstance(key, str) else key
            if symbol not in self.symbols:
                raise ValueError(f"point: {key} has no domain; {self} is the domain")
            values[symbol] = exact_number(value, f"point[{key}]")
        missing = [str(symbol) for symbol in self.symbols if symbol not in values]
        if missing:
            raise ValueError(f"point: no value for {', '.join(missing)}")
        return values

    def sample(self, rng: random.Random, count: int) -> list[dict[Symbol, Expr]]:
        """Return random points of the box.

        Values are rational, with numerator and denominator up to ``10**6`` where the box has such
        points; a thin region, or an equality, may ask for more digits.

        Parameters
        ----------
        rng : random.Random
            The source of randomness.
        count : int
            How many points.

        Returns
        -------
        list of dict from sympy.Symbol to sympy.Expr
            Inside the box, joint conditions included.

        Raises
        ------
        ValueError
            No point could be found at which the joint conditions hold.

        Examples
        --------
        >>> box = Box({"x": Interval(0, 1), "y": Interval(0, 1)}, where="x + y < 1/1000")
        >>> all(box.contains(point) for point in box.sample(random.Random(0), 3))
        True
        """
        region = Region.build(dict(self.domains), self.where)
        points = []
        for _ in range(count):
            point = region.draw(rng)
            if point is None:
                raise ValueError(
                    f"where: found no point of {self} at which the conditions hold together; "
                    "the box is empty or too thin"
                )
            points.append(point)
        return points

    def probes(self) -> list[dict[Symbol, Expr]]:
        """Return the points that every check has to visit, always the same ones.

        For each symbol the ends that belong to its domain, the middle, zero, and powers of ten
        towards an infinite end, with the other symbols at a sample; and the corners of the box.

        Returns
        -------
        list of dict from sympy.Symbol to sympy.Expr
            Inside the box, joint conditions included, without repetitions.

        Examples
        --------
        >>> Box({"x": Interval(0, 1)}).probes()
        [{x: 0}, {x: 1}, {x: 1/2}]
        """
        return [dict(point) for point in _probes(self)]

    def dummies(self) -> dict[Symbol, Dummy]:
        """Return for each symbol a dummy that assumes what the box implies, and nothing else.

        Returns
        -------
        dict from sympy.Symbol to sympy.Dummy
            New dummies at each call.

        Examples
        --------
        >>> dummy = Box({"z": Interval(0, 1)}).dummies()[Symbol("z")]
        >>> sympy.sqrt(dummy**2) == dummy
        True
        """
        return {
            symbol: Dummy(symbol.name, **self._implied(symbol, domain))
            for symbol, domain in self.domains
        }

    def _implied(self, symbol: Symbol, domain: Interval | Integers) -> dict[str, bool]:
        """Return the assumptions that the domain and the conditions on this symbol alone imply."""
        facts = domain.assumptions()
        for relation in self.where:
            if relation in (sympy.Ne(symbol, 0), sympy.Ne(0, symbol, evaluate=False)):
                weak = {"nonnegative": "positive", "nonpositive": "negative"}
                signs = [strong for fact, strong in weak.items() if facts.pop(fact, False)]
                facts[signs[0] if signs else "nonzero"] = True
        return facts


@lru_cache(maxsize=64)
def _probes(box: Box) -> tuple[tuple[tuple[Symbol, Expr], ...], ...]:
    """Search once for each box: many claims are checked on the same one."""
    rng = random.Random(box.fingerprint)
    domains = dict(box.domains)
    points: list[dict[Symbol, Expr]] = []
    for symbol, domain in box.domains:
        for value in domain.probes():
            region = Region.build(domains, box.where, {symbol: value})
            if (point := region.draw(rng, rejections=8, repairs=2)) is not None:
                points.append(point)
    points += [
        corner for corner in enumerate_corners(domains, _MOST_CORNERS) if box.contains(corner)
    ]
    return tuple(dict.fromkeys(tuple(point.items()) for point in points))


def symbol_key(symbol: Symbol) -> str:
    """Return a text that is equal for equal symbols, in every process.

    Parameters
    ----------
    symbol : sympy.Symbol
        A symbol; of a dummy only the name counts.

    Returns
    -------
    str
        The name and the assumptions that the symbol was made with.

    Examples
    --------
    >>> symbol_key(Symbol("x", positive=True))
    "'x' positive=True"
    """
    claims = sorted(symbol._assumptions_orig.items())
    return " ".join([repr(symbol.name), *(f"{fact}={value}" for fact, value in claims)])


def _domain_key(domain: Interval | Integers) -> str:
    ends = f"{sympy.srepr(domain.low)} {sympy.srepr(domain.high)}"
    return f"{type(domain).__name__} {ends} {domain.left_open} {domain.right_open}"


def _read_domains(domains: Any) -> dict[Symbol, Interval | Integers]:
    if isinstance(domains, tuple):
        pairs = list(domains)  # what dataclasses.replace hands back
    elif isinstance(domains, Mapping):
        pairs = list(domains.items())
    else:
        raise TypeError(
            "domains: expected a mapping from symbol to Interval or Integers, "
            f"got {type(domains).__name__} {domains!r:.60}"
        )
    read: dict[Symbol, Interval | Integers] = {}
    for key, domain in pairs:
        symbol = as_symbol(key, "domains")
        if not isinstance(domain, Interval | Integers):
            raise TypeError(
                f"domains[{symbol}]: expected Interval or Integers, "
                f"got {type(domain).__name__} {domain!r:.60}"
            )
        if symbol.name in {other.name for other in read}:
            raise ValueError(f"domains: two symbols are called {symbol}; rename one of them")
        read[symbol] = domain
    return read


def _check_assumptions(
    symbol: Symbol, domain: Interval | Integers, implied: dict[str, bool]
) -> None:
    """Refuse a symbol that assumes more than its domain implies.

    SymPy simplifies with a symbol's own assumptions as soon as it sees them, before any check.
    """
    known = Dummy(**implied).assumptions0
    claims = symbol._assumptions_orig
    # What the symbol was made with comes first: the message names it, not a consequence.
    for fact, claimed in sorted(symbol.assumptions0.items(), key=lambda row: row[0] not in claims):
        if known.get(fact) == claimed:
            continue
        if domain.is_point and getattr(domain.low, f"is_{fact}") == claimed:
            continue
        raise ValueError(
            f"domains[{symbol}]: the symbol assumes {fact}={claimed}, which {domain} does not "
            "imply; use a plain symbol, its domain says what it is"
        )
