"""Smooth forms of what is done with scores: the largest, the order, the best few."""
