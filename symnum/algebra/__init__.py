"""symnum.algebra."""
