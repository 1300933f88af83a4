"""Pure decisions: what a message says, whether it may be told, and to whom.

Values go in, values come out; the time is an argument.
"""
