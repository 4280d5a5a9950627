"""The tables of lessons."""
