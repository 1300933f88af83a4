"""What SQLAlchemy and the drivers raise, as errors of ours. Nothing of theirs leaves the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from adapter.core.errors import TransientError


class StoreUnavailableError(TransientError):
    """The database does not answer, or cannot go on. Nothing of the transaction stands."""


class RowRefusedError(Exception):
    """The database refuses a row, and with it the whole transaction.

    Either another transaction wrote the row's key a moment ago: a second try finds that row.
    Or a value fits no column: a second try is refused too.
    """


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise StoreUnavailableError or RowRefusedError for any error of the database.

    Their details name the kind of the error and nothing else: its text quotes rows.
    """
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise RowRefusedError(type(error.orig).__name__) from error
    except UnicodeEncodeError:  # half a surrogate pair; this error too quotes what was written
        raise RowRefusedError("UnicodeEncodeError") from None
    except DBAPIError as error:
        raise StoreUnavailableError("store-unavailable", type(error.orig).__name__) from error
    except NoConnectionFreeError as error:
        raise StoreUnavailableError("store-unavailable", type(error).__name__) from error
