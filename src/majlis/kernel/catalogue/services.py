"""What catalogue does."""
