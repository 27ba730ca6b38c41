"""symnum.reference."""
