"""symnum.matexp."""
