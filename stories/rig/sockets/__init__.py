"""Stories over real sockets: MLLP and HTTP, a RabbitMQ and a PostgreSQL of the run's own."""
