"""What ledger does."""
