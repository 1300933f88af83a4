"""The names that others rely on, and the test that they stay."""
