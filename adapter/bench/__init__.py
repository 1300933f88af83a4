"""`adapter bench`: how fast it is with every guarantee on, on a real RabbitMQ and PostgreSQL.

Workers are processes, as an operator starts them. Around them simulated parties send, hold and
receipt, each in a process of its own, and write on a common board when they did. What each
measurement does stands in its own file: `journeys`, `latency`, `drain`, `stored`; `running` is
the whole. Nothing is imported here: a party's process needs little, and starts often.
"""
