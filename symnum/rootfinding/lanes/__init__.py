"""Batches of roots: iterations compiled for vectors of lanes, and pictures of basins."""
