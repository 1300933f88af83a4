"""Receive messages: store what arrives, decide on it, and write its receipt."""
