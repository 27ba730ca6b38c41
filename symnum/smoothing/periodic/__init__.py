"""Functions whose kinks or jumps repeat themselves without end."""
