"""symnum.homotopy."""
