"""What experts does."""
