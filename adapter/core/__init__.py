"""What every other room may use, and what uses none of them: words, rules, times, logs.

Nothing here opens a file, a socket or a transaction.
"""
