"""What scheduling does."""
