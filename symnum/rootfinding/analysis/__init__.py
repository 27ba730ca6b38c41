"""What can be said of an iteration and of a root: orders, cycles, certificates, derivatives."""
