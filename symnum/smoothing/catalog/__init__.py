"""Activations, losses and steps by name, each with its origin and its kernel."""
