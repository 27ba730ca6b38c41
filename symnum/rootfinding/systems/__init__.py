"""One root of a system: a portfolio of iterations, and the evidence behind an answer."""
