"""A private RabbitMQ and PostgreSQL for `adapter bench`, for as long as standard input is open.

    python -m benchmarks.servers planning journal lulea umea

Prints their URLs as one line of JSON, with a broker user for each name.
"""

from __future__ import annotations

import json
import sys

from tests.servers import PostgreSQL, RabbitMQ, ServerError


def main(names: list[str]) -> None:
    """Start both, tell where they are, and end them when nobody needs them any more."""
    with RabbitMQ.start(names) as broker, PostgreSQL.start() as cluster:
        accounts = {name: broker.partner(name) for name in names}
        found = {"broker": broker.url, "store": cluster.url, "accounts": accounts}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ServerError as error:
        sys.exit(str(error))
