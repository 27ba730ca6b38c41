"""Functions with kinks and jumps taken apart: intervals, and the terms on each."""
