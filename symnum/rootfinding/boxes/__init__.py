"""All roots in a box, with a proof that there are no others."""
