"""Speed of exponentials of matrices beside the peers: ``python -m benchmarks.matexp``.

Batches of real and complex matrices, rotations, derivatives and the action on vectors, against
SciPy and, where it is installed, JAX. ``--write`` puts the tables into ``RESULTS.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before NumPy and the peers are imported: they read the environment when they are.
from benchmarks.timing import interleaved, single_thread

_TITLE = "Exponentials of matrices"
_METHOD = (
    "One thread{pinned}, processor time, interleaved rounds, medians of {rounds}; compilation "
    "outside. Each ratio is a peer's time for one matrix over symnum's, what is required in "
    "brackets. `deviation` is the largest difference of the results, relative to the largest entry."
)
_OURS = "symnum"


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison.

    Attributes
    ----------
    name : str
    ours : callable
    peers : mapping of str to callable
    required : mapping of str to float
    counts : mapping of str to int
        How many matrices a call of a peer treats, where not as many as symnum's.
    count : int
        Matrices of a call of symnum.
    """

    name: str
    ours: Callable[[], Any]
    peers: dict[str, Callable[[], Any]]
    required: dict[str, float]
    count: int
    counts: dict[str, int]


# Size of the matrices, complex, how many, and the ratio to SciPy that is required.
_SIZES = (
    (2, False, 20_000, 100.0),
    (3, False, 20_000, 50.0),
    (4, False, 20_000, 35.0),
    (8, False, 4_000, 8.0),
    (16, False, 800, 4.0),
    (32, False, 160, 2.5),
    (64, False, 32, 1.5),
    (128, False, 8, 1.3),
    (3, True, 10_000, 15.0),
    (8, True, 2_000, 5.0),
    (32, True, 80, 1.5),
)
_NORMS = (1.0, 10.0)
_JAX_REQUIRED = {3: 5.0, 8: 2.0}


def batches() -> list[Case]:
    """Return the comparisons of `expm` over the sizes."""
    import numpy as np
    import scipy.linalg

    from symnum.matexp import expm

    rng = np.random.default_rng(0)
    cases = []
    for n, is_complex, count, required in _SIZES:
        for norm in _NORMS:
            stack = rng.standard_normal((count, n, n))
            if is_complex:
                stack = stack + 1j * rng.standard_normal(stack.shape)
            stack *= norm / np.abs(stack).sum(axis=1).max(axis=1)[:, None, None]
            part = stack[: max(1, count // 10)]
            peers: dict[str, Callable[[], Any]] = {"scipy": lambda a=part: scipy.linalg.expm(a)}
            wanted, counts = {"scipy": required}, {"scipy": len(part)}
            jax = _jax_expm()
            if jax is not None and n <= 8 and not is_complex:
                peers["jax"] = lambda a=stack, f=jax: f(a).block_until_ready()
                wanted |= {"jax": _JAX_REQUIRED[n]} if n in _JAX_REQUIRED else {}
            kind = "complex" if is_complex else "real"
            name = f"{n} x {n} {kind}, norm {norm:g}, {count:,} of them"
            cases.append(Case(name, lambda a=stack: expm(a), peers, wanted, count, counts))
    return cases


def _jax_expm() -> Callable[..., Any] | None:
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    return jax.jit(jax.vmap(jax.scipy.linalg.expm))


def derivatives() -> list[Case]:
    """Return the comparisons of derivatives and of the action on vectors."""
    import numpy as np
    import scipy.linalg
    import scipy.sparse
    import scipy.sparse.linalg

    from symnum.matexp import expm_frechet, expm_multiply

    rng = np.random.default_rng(1)
    cases = []
    for n in (3, 4):
        stack, directions = rng.standard_normal((2, 5_000, n, n))
        few = 50

        def loop(a: Any = stack, e: Any = directions, few: int = few) -> Any:
            return [scipy.linalg.expm_frechet(a[k], e[k])[1] for k in range(few)]

        name = f"derivative of {n} x {n}, 5,000 of them"
        ours = lambda a=stack, e=directions: expm_frechet(a, e)[1]  # noqa: E731
        cases.append(Case(name, ours, {"scipy": loop}, {"scipy": 30.0}, 5_000, {"scipy": few}))
    for n, required in ((100, 3.0), (1_000, 3.0), (10_000, 1.0)):
        chain = scipy.sparse.diags([1.0, -2.0, 1.0], [-1, 0, 1], shape=(n, n), format="csr")
        start = rng.standard_normal(n)
        cases += [
            Case(
                f"exp(tA) b, chain of {n:,}, t = {t:g}",
                lambda a=chain, b=start, t=t: expm_multiply(a, b, t),
                {"scipy": lambda a=chain, b=start, t=t: _action(a * t, b)},
                {"scipy": required},
                1,
                {},
            )
            for t in (1.0, 20.0)
        ]
    return cases


def motions() -> list[Case]:
    """Return the comparisons of rotations and rigid motions of three dimensions."""
    import numpy as np
    import scipy.linalg
    from scipy.spatial.transform import Rotation

    from symnum.matexp import rigid_motion, rotation

    rng = np.random.default_rng(2)
    cases = []
    for count in (100_000, 1_000_000):
        vectors = rng.standard_normal((count, 3))
        few = _twists(vectors[:500], np.zeros((500, 3)))[:, :3, :3]
        turn = rotation(["x", "y", "z"]).compile(parallel=False)
        peers = {
            "scipy": lambda a=few: scipy.linalg.expm(a),
            "Rotation": lambda w=vectors: Rotation.from_rotvec(w).as_matrix(),
        }
        wanted = {"scipy": 200.0, "Rotation": 0.9}
        name = f"rotations, {count:,} of them"
        ours = lambda k=turn, w=vectors: k(*w.T)  # noqa: E731
        cases.append(Case(name, ours, peers, wanted, count, {"scipy": len(few)}))
    vectors, moves = rng.standard_normal((2, 100_000, 3))
    move = rigid_motion(["x", "y", "z"], ["a", "b", "c"]).compile(parallel=False)
    part = _twists(vectors[:500], moves[:500])
    peers = {"scipy": lambda a=part: scipy.linalg.expm(a)}
    ours = lambda k=move, w=vectors, v=moves: k(*v.T, *w.T)  # noqa: E731
    name = f"rigid motions, {len(vectors):,} of them"
    cases.append(Case(name, ours, peers, {}, len(vectors), {"scipy": len(part)}))
    return cases


def _twists(vectors: Any, moves: Any) -> Any:
    """Return the matrices whose exponentials the motions are."""
    import numpy as np

    x, y, z = vectors.T
    whole = np.zeros((len(vectors), 4, 4))
    whole[:, 2, 1], whole[:, 0, 2], whole[:, 1, 0] = x, y, z
    whole[:, :3, :3] -= whole[:, :3, :3].transpose(0, 2, 1)
    whole[:, :3, 3] = moves
    return whole


def _action(matrix: Any, vector: Any) -> Any:
    import scipy.sparse.linalg

    return scipy.sparse.linalg.expm_multiply(matrix, vector)


def measure(case: Case, rounds: int) -> dict[str, Any]:
    """Time one comparison and compare the results."""
    import numpy as np

    found = np.asarray(case.ours())
    deviation = 0.0
    for name, call in case.peers.items():
        other = np.asarray(call())
        size = case.counts.get(name)
        mine = found if size is None else found[:size]
        scale = np.abs(other).max()
        deviation = max(deviation, float(np.abs(mine - other).max() / scale))
    seconds = interleaved({_OURS: case.ours, **case.peers}, rounds)
    each = seconds[_OURS] / case.count
    ratios = {name: seconds[name] / case.counts.get(name, case.count) / each for name in case.peers}
    return {"case": case.name, "seconds": each, "ratios": ratios, "required": case.required,
            "deviation": deviation}  # fmt: skip


def table_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return comparisons as a table in Markdown."""
    peers = sorted({name for row in rows for name in row["ratios"]}, reverse=True)
    lines = [
        f"| case | microseconds | {' | '.join(f'times {name}' for name in peers)} | deviation |",
        "|---" * (len(peers) + 3) + "|",
    ]
    for row in rows:
        cells = []
        for name in peers:
            ratio, required = row["ratios"].get(name), row["required"].get(name)
            cell = "" if ratio is None else f"**{ratio:.1f}**"
            cells.append(cell + (f" ({required:g})" if required and ratio is not None else ""))
        time = f"{1e6 * row['seconds']:.3g}"
        lines.append(f"| {row['case']} | {time} | {' | '.join(cells)} | {row['deviation']:.0e} |")
    return lines


def arguments(texts: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matexp", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="samples of each competitor")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--write", action="store_true", help="rewrite the section of RESULTS.md")
    return parser.parse_args(texts)


def main() -> None:
    """Measure, print, keep."""
    asked = arguments()
    pinned = ", pinned to one processor" if single_thread() else ""
    from benchmarks.results import machine_line, write_section

    lines = [machine_line(), "", _METHOD.format(pinned=pinned, rounds=asked.rounds), ""]
    print("\n".join(lines))
    figures: list[dict[str, Any]] = []
    groups = {"Batches": batches, "Motions": motions, "Derivatives and action": derivatives}
    for title, cases in ((title, make()) for title, make in groups.items()):
        rows = [measure(case, asked.rounds) for case in cases]
        block = [f"### {title}", "", *table_lines(rows), ""]
        print("\n".join(block), flush=True)
        lines += block
        figures += rows
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if asked.write:
        write_section(_TITLE, lines)


if __name__ == "__main__":
    main()
