"""What notices does."""
