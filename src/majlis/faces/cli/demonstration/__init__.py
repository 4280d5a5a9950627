"""What a fresh installation shows: people, lessons and money, made through services."""
