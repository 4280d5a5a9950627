"""What calls does."""
