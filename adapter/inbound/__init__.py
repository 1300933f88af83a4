"""From the first byte to a decision: store what came, decide on it, and owe its receipt."""
