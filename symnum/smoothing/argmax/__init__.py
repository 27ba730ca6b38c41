"""The place of the largest of several perturbed numbers."""
