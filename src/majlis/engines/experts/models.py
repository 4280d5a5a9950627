"""The tables of experts."""
