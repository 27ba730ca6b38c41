"""Compute the coefficients of the elementary functions and write their files."""

from __future__ import annotations

import sys

from symnum.approximation.recipes import FAMILIES, write_family


def main(names: list[str]) -> None:
    """Write the families of these names, or all."""
    unknown = sorted(set(names) - set(FAMILIES))
    if unknown:
        known = ", ".join(FAMILIES)
        raise SystemExit(f"no family of recipes is called {unknown[0]!r}; there are {known}")
    for family in names or FAMILIES:
        print(write_family(family))


if __name__ == "__main__":
    main(sys.argv[1:])
