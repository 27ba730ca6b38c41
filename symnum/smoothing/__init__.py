"""symnum.smoothing."""
