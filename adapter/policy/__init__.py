"""Pure decisions: what a message says, whether it may be shared, and with which endpoints.

The functions read and write nothing outside their arguments; the time is an argument too.
"""
