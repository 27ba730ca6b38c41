"""Certificates kept between runs: keyed by everything that counts, and hard to fake."""

from __future__ import annotations

import json

import pytest
import sympy as sp

import symnum as sn
from symnum.derivation import (
    archive,
    archive_size,
    certificate_cache,
    clear_archive,
    proofs,
)
from symnum.derivation.claims import Equality
from symnum.derivation.evidence import Evidence
from symnum.errors import CacheWarning

x, y = sp.symbols("x y")
unit = sn.Interval(0, 1)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMNUM_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv(archive.VARIABLE, raising=False)
    return tmp_path / "certificates"


@pytest.fixture
def calls(monkeypatch):
    made = []
    prove = proofs.provers.prove

    def counted(claim, box, **keywords):
        made.append(str(claim))
        return prove(claim, box, **keywords)

    monkeypatch.setattr(proofs.provers, "prove", counted)
    return made


def derive(domain=unit):
    d = sn.Derivation("archived", domain={x: domain})
    d.equal((x + 1) ** 2, x**2 + 2 * x + 1, why="expand")
    return d


def records(folder):
    return sorted(folder.glob("*/*.json"))


def test_off_unless_asked_for(folder, calls):
    derive()
    derive()
    assert len(calls) == 2
    assert not folder.exists()


def test_second_run_proves_nothing_and_says_so(folder, calls):
    with certificate_cache():
        first, second = derive(), derive()
    assert len(calls) == 1
    assert len(records(folder)) == 1
    assert not first.steps[0].certificate.cached
    assert second.steps[0].certificate.cached
    assert "taken from the certificate cache" in second.to_markdown()
    assert "taken from the certificate cache" not in first.to_markdown()
    assert first.steps[0].certificate.details == second.steps[0].certificate.details


@pytest.mark.parametrize(
    ("value", "enabled"), [("1", True), ("on", True), ("0", False), ("", False)]
)
def test_environment_switch(monkeypatch, value, enabled):
    monkeypatch.setenv(archive.VARIABLE, value)
    assert archive.is_enabled() is enabled
    with certificate_cache(False):
        assert not archive.is_enabled()
    with certificate_cache(True):
        assert archive.is_enabled()


def test_switch_ends_with_its_block():
    with pytest.raises(RuntimeError), certificate_cache():
        raise RuntimeError
    assert not archive.is_enabled()


CHANGES = {
    "the claim": lambda: (Equality(x, 2 * x), sn.Box({x: unit}), ()),
    "the domain": lambda: (Equality(x, x), sn.Box({x: sn.Interval(0, 2)}), ()),
    "an open end": lambda: (Equality(x, x), sn.Box({x: sn.Interval(0, 1, True)}), ()),
    "a joint condition": lambda: (Equality(x, x), sn.Box({x: unit}, where=x < 1), ()),
    "a second symbol": lambda: (Equality(x, x), sn.Box({x: unit, y: unit}), ()),
    "the lemmas": lambda: (Equality(x, x), sn.Box({x: unit}), ("jensen",)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_key_depends_on(change):
    original = archive.key_of(Equality(x, x), sn.Box({x: unit}), ())
    assert archive.key_of(*change()) != original


@pytest.mark.parametrize("name", ["sympy", "mpmath", "python-flint", "checker"])
def test_key_depends_on_versions(monkeypatch, name):
    arguments = (Equality(x, x), sn.Box({x: unit}), ())
    original = archive.key_of(*arguments)
    assert archive.key_of(*arguments) == original
    archive.checker.cache_clear()
    if name == "checker":
        monkeypatch.setattr(archive, "CHECKER_VERSION", "another")
    else:
        real = archive.version
        monkeypatch.setattr(archive, "version", lambda n: "0" if n == name else real(n))
    changed = archive.key_of(*arguments)
    archive.checker.cache_clear()
    assert changed != original


def damage_body(path):
    record = json.loads(path.read_text())
    record["body"]["level"] = "interval"
    path.write_text(json.dumps(record))


DAMAGES = {
    "empty": lambda path: path.write_text(""),
    "cut": lambda path: path.write_text(path.read_text()[:40]),
    "bytes": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "other json": lambda path: path.write_text("[1, 2]"),
    "edited": damage_body,
    "gone": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.filterwarnings("ignore::symnum.errors.CacheWarning")
def test_damaged_record_is_proved_again(folder, calls, damage):
    with certificate_cache():
        derive()
        damage(records(folder)[0])
        again = derive()
    assert len(calls) == 2
    assert not again.steps[0].certificate.cached
    assert again.level == "exact"


def test_record_of_a_true_claim_does_not_vouch_for_a_false_one(folder):
    false = archive.key_of(Equality(x, x + 1), sn.Box({x: unit}), ())
    with certificate_cache():
        derive()
        record = records(folder)[0]
        target = folder / false[:2] / f"{false}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(record.read_text())
        d = sn.Derivation("forged", domain={x: unit})
        with pytest.raises(sn.Refuted):
            d.equal(x, x + 1, why="a copied record")


def test_new_key_voids_all_records(folder, calls):
    with certificate_cache():
        derive()
        (folder / "key").write_bytes(b"0" * 32)
        derive()
    assert len(calls) == 2


def test_size_and_clearing(calls):
    assert archive_size() == 0
    clear_archive()
    with certificate_cache():
        derive()
        assert archive_size() == 1
        clear_archive()
        assert archive_size() == 0
        derive()
    assert len(calls) == 2
    assert archive_size() == 1


def test_refusals_are_not_kept(folder):
    with certificate_cache():
        d = sn.Derivation("false", domain={x: unit})
        with pytest.raises(sn.Refuted):
            d.equal(x, x + 1, why="wrong")
    assert not records(folder)


VALUES = {
    "nothing": None,
    "integer": sp.Integer(-7),
    "rational": sp.Rational(22, 7),
    "float": sp.Float("-0.739085133215160641655312087673873404", 40),
    "huge float": sp.Float("1e400", 30),
    "tiny float": sp.Float("1e-400", 30),
    "zero": sp.Float(0, 30),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_evidence_comes_back_as_it_was(value):
    evidence = Evidence("interval", "Newton", (("boxes", "3"), ("enclosure", "[0, 1]")), value)
    archive.save("0" * 32, evidence)
    kept = archive.load("0" * 32)
    assert kept == evidence
    assert repr(kept.value) == repr(value)


def test_other_values_are_not_kept(folder):
    archive.save("0" * 32, Evidence("exact", "algebra", (), sp.sqrt(2)))
    assert archive.load("0" * 32) is None


def test_unwritable_folder_costs_a_warning(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("SYMNUM_CACHE_DIR", str(blocked))
    with certificate_cache(), pytest.warns(CacheWarning, match="switch the cache off"):
        assert derive().level == "exact"
