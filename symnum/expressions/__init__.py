"""symnum.expressions."""
