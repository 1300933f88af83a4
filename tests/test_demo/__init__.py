"""The demo: what it shows, on which bus, and what makes it fail."""
