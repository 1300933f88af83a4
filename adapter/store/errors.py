"""The errors of the store: none of SQLAlchemy or of a driver leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from adapter.core.errors import TransientError


class StoreUnavailableError(TransientError):
    """The database does not answer or cannot continue. The transaction is rolled back."""


class RowRefusedError(Exception):
    """The database refuses a row, and with it the whole transaction.

    Either another transaction has just written the same key: a second try reads that row. Or a
    value does not fit its column: a second try is refused too.
    """


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise StoreUnavailableError or RowRefusedError for any error of the database.

    The detail has only the type of the original error: its text quotes rows.
    """
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise RowRefusedError(type(error.orig).__name__) from error
    except DBAPIError as error:
        raise StoreUnavailableError("store-unavailable", type(error.orig).__name__) from error
    except (NoConnectionFreeError, PendingRollbackError) as error:
        raise StoreUnavailableError("store-unavailable", type(error).__name__) from error
