"""The errors of the store: none of SQLAlchemy or of a driver leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from adapter.core.errors import Issue, TransientError
from adapter.store import faults
from adapter.store.faults import FAULTS, Fault


class StoreUnavailableError(TransientError):
    """The database does not answer or cannot continue. The transaction is rolled back.

    `detail` and `todo` are words for an operator, with the `place` of the store; a partner gets
    only the code. `cause` is the type of the driver's error, or another short text without rows.
    """

    def __init__(self, fault: Fault, cause: str = "", place: str = "") -> None:
        entry = FAULTS[fault]
        self.fault, self.cause = fault, cause
        self.what = f"{entry.what} ({cause})" if cause else entry.what
        detail = f"{place}: {self.what}" if place else self.what
        issues = [Issue(code="store-unavailable")]
        super().__init__("store-unavailable", detail, issues, todo=entry.todo)


class RowRefusedError(Exception):
    """The database refuses a row, and with it the whole transaction.

    Either another transaction has just written the same key: a second try reads that row. Or a
    value does not fit its column: a second try is refused too.
    """


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise StoreUnavailableError or RowRefusedError for any error of the database.

    Of the original error only its type is told: its text quotes rows.
    """
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise RowRefusedError(type(error.orig).__name__) from error
    except DBAPIError as error:
        raise StoreUnavailableError(_fault(error), _name(error)) from error
    except NoConnectionFreeError as error:
        raise StoreUnavailableError(Fault.NO_CONNECTION_FREE) from error
    except PendingRollbackError as error:
        raise StoreUnavailableError(Fault.FAILED, type(error).__name__) from error


def _fault(error: DBAPIError) -> Fault:
    original = error.orig
    of_driver = faults.of_sqlite if _is_sqlite(original) else faults.of_postgresql
    return of_driver(original)


def _name(error: DBAPIError) -> str:
    """Return SQLite's name of the code, or the type of the error."""
    return str(getattr(error.orig, "sqlite_errorname", "") or type(error.orig).__name__)


def _is_sqlite(error: BaseException | None) -> bool:
    return type(error).__module__ == "sqlite3"
