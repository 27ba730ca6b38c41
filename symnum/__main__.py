"""The command as ``python -m symnum``."""

from symnum.cli import main

if __name__ == "__main__":
    main()
