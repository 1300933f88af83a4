"""The judge: seven counts, from the truth and an observation alone."""
