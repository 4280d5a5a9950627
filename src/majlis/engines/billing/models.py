"""The tables of billing."""
