"""The tables of reviews."""
