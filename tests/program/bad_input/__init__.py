"""What a hostile or broken partner sends, and what it gets."""
