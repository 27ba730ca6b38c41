"""Functions of one's own: their values to any digits, their forms for floating point."""
