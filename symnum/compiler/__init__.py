"""symnum.compiler."""
