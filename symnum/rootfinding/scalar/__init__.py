"""One root of one equation: searches, verdicts, digits."""
