"""symnum.rootfinding."""
