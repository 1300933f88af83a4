"""`adapter bench`: how fast it is with every guarantee on, on a real RabbitMQ and PostgreSQL.

Workers are processes, as an operator starts them. Simulated parties send, receive and receipt,
each in a process of its own, and note the times in shared memory (`message_times`). Each
measurement has a file: `throughput`, `latency`, `drain`, `query_times`; `measurement_run` runs them
all. Nothing is imported here: the process of a party starts often and needs little.
"""
