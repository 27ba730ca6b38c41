from __future__ import annotations

from pathlib import Path

import pytest

import symnum as sn
from symnum import catalogue


def test_gallery_is_sorted_and_imports_no_row() -> None:
    names = sn.gallery()
    assert names == sorted(names)
    assert {"newton_raphson", "pendulum_homotopy", "dirac_smoothing"} <= set(names)


@pytest.mark.parametrize(
    ("asked", "offered"),
    [("squareplu", ""), ("newton", "newton_raphson"), ("rank_one_exponentail", "rank_one")],
)
def test_unknown_names_offer_near_ones(asked: str, offered: str) -> None:
    with pytest.raises(KeyError) as caught:
        sn.derive(asked)
    assert asked in str(caught.value)
    assert offered in str(caught.value)


def test_a_name_must_be_a_text() -> None:
    with pytest.raises(TypeError, match="name: expected the name of a derivation, got 7"):
        sn.derive(7)  # type: ignore[arg-type]


def test_duplicate_names_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for chapter in ("classical", "smoothing"):
        (tmp_path / chapter).mkdir()
        (tmp_path / chapter / "twice.py").write_text("")
    monkeypatch.setattr(catalogue, "gallery_folder", lambda: tmp_path)
    with pytest.raises(ValueError, match="two derivations are named 'twice'"):
        sn.gallery()


def test_a_broken_row_is_not_half_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "classical").mkdir()
    (tmp_path / "classical" / "broken.py").write_text("1/0")
    monkeypatch.setattr(catalogue, "gallery_folder", lambda: tmp_path)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            sn.derive("broken")
