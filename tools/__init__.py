"""What the Makefile needs and the adapter does not."""
