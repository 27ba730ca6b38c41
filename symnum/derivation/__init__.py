"""symnum.derivation."""
