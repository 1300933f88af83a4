"""What is wrong with the store, or will be: `check` looks at it, and creates nothing."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.cli.check_findings import CheckFinding, error, warning
from adapter.core.errors import AdapterError
from adapter.operate.store_findings import low_on_space
from adapter.store import Store, StoreUnavailableError
from adapter.store.faults import Fault
from adapter.store.queries import figures
from adapter.store.schema import schema

_PRIVATE = "`adapter serve` corrects the files; the folder: chmod 700"


def problems(url: str) -> Iterator[CheckFinding]:
    """Yield every problem of the store at this URL; a SQLite file may be missing yet."""
    store = Store(url)
    where = store.url.render_as_string(hide_password=True)
    try:
        yield from _of_file(store, where)
        yield from _of_database(store, where)
    except AdapterError as problem:
        if not _comes_with_the_start(problem):
            yield error("store", where, f"{problem.detail}. {problem.todo}")
    finally:
        store.close()


def _comes_with_the_start(problem: AdapterError) -> bool:
    return isinstance(problem, StoreUnavailableError) and problem.fault is Fault.MISSING


def _of_file(store: Store, where: str) -> Iterator[CheckFinding]:
    if store.file is None:
        return
    if store.file.problem:
        raise store.file.problem
    low = low_on_space(store)
    if low:
        yield warning("store", where, low)
    for path, mode in store.file.open_to_others():
        yield warning("store", where, f"{path} has mode {mode:o}, and holds patients; {_PRIVATE}")


def _of_database(store: Store, where: str) -> Iterator[CheckFinding]:
    store.require_undamaged()
    with store.read() as tx:
        version, unsafe, lacks = schema(tx), figures.unsafe(tx), list(figures.lacks(tx))
        if not (version.fits or figures.may_create(tx)):
            lacks.append("CREATE on the schema, for the upgrade")
    for setting in unsafe:
        yield error("store", where, f"{setting}: what was acknowledged may be lost")
    for privilege in lacks:
        yield error("store", where, f"the role lacks the privilege {privilege}")
    if version.current and not version.fits:
        of_version = warning if version.known else error
        yield of_version("store", where, f"{version.what}. {version.todo}")
