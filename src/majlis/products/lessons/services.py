"""What lessons does."""
