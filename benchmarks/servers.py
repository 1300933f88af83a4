"""A private RabbitMQ and PostgreSQL for `adapter bench`, for as long as standard input is open.

    python -m benchmarks.servers planning journal lulea umea

Prints their URLs as one line of JSON, with a broker user for each name. A line that comes starts
PostgreSQL anew, which is answered with a line when it runs: what it had in memory it reads again.
"""

from __future__ import annotations

import json
import sys

from tests.kit.servers import PostgreSQL, RabbitMQ, ServerError


def main(names: list[str]) -> None:
    """Start both, print their addresses, and stop them when standard input ends."""
    with RabbitMQ.start(names) as broker, PostgreSQL.start() as cluster:
        accounts = {name: broker.partner(name) for name in names}
        urls = {"broker": broker.url, "store": cluster.url, "accounts": accounts}
        _tell(json.dumps(urls))
        for _ in sys.stdin:
            cluster.restart()
            _tell("restarted")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ServerError as error:
        sys.exit(str(error))
