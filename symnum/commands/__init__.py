"""The commands of the engines, one file an engine; `symnum.cli` puts them together."""
