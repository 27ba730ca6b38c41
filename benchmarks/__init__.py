"""Measurements that are kept out of the tests: speed, and the figures of the gallery."""
