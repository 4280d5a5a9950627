"""The tables of calls."""
