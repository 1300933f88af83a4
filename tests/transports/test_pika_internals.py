"""Private names of pika stand in one file, and a pika without them is refused at the start."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pika.adapters.utils.connection_workflow import AMQPConnector
from pika.connection import Connection

from adapter.core.errors import FatalError
from adapter.transports.rabbitmq import Consumer, Topology, check, pika_internals

ROOT = Path(__file__).parents[2]
ALLOWED = ROOT / "adapter/transports/rabbitmq/pika_internals.py"


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not checked its pika yet; afterwards pika is as it was."""
    monkeypatch.setattr(pika.data, "decode_value", pika.data.decode_value)
    monkeypatch.setattr(AMQPConnector, "abort", AMQPConnector.abort)
    monkeypatch.setattr(pika_internals, "install", pika_internals.install.__wrapped__)


@pytest.fixture
def newer(not_installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with a pika that nobody has read yet."""
    monkeypatch.setattr(pika, "__version__", "1.5.0")


def test_the_installed_pika_has_every_private_name() -> None:
    assert pika_internals.incompatibility(pika.__version__) == ""


@pytest.mark.parametrize("version", ["1.2.1", "1.5.0", "2.0.0", "1.40.0"])
def test_a_pika_of_another_minor_version_is_refused_by_its_version(version: str) -> None:
    assert pika_internals.incompatibility(version) == (
        f"pika {version} is installed, and the adapter is written for 1.3.x and 1.4.x"
    )


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (BlockingConnection, "_flush_output"),
        (Connection, "_send_connection_close"),
        (Connection, "CONNECTION_CLOSING"),
        (pika.data, "decode_value"),
    ],
)
def test_a_private_name_that_is_gone_is_named(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    monkeypatch.delattr(owner, name)
    assert pika_internals.missing_names() == [f"{owner.__name__}.{name}"]


def test_a_private_function_with_another_argument_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(self: object, code: int, text: str, reason: str) -> None: ...

    monkeypatch.setattr(Connection, "_send_connection_close", send)
    assert pika_internals.missing_names() == ["Connection._send_connection_close"]


def test_an_attribute_that_the_constructor_no_longer_sets_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def construct(self: AMQPConnector) -> None:
        self._amqp_conn = None

    monkeypatch.setattr(AMQPConnector, "__init__", construct)
    assert pika_internals.missing_names() == ["AMQPConnector._state"]


@pytest.mark.usefixtures("newer")
def test_a_consumer_with_a_newer_pika_is_not_made() -> None:
    with pytest.raises(FatalError, match=r"settings: pika 1.5.0 is installed"):
        Consumer("amqp://a:b@127.0.0.1:1/", Topology([], lambda _: None))


@pytest.mark.usefixtures("newer")
def test_check_reports_a_newer_pika() -> None:
    (problem,) = check("amqp://a:b@127.0.0.1:1/", [], "")
    assert problem.startswith("broker: pika 1.5.0 is installed")


@pytest.mark.usefixtures("newer")
def test_a_newer_pika_is_left_as_it_is() -> None:
    before = pika.data.decode_value
    with pytest.raises(FatalError):
        pika_internals.install()
    assert pika.data.decode_value is before


def test_the_package_asks_for_the_same_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (requirement,) = [each for each in project["dependencies"] if each.startswith("pika")]
    oldest, newest = pika_internals.WRITTEN_FOR[0], pika_internals.WRITTEN_FOR[-1]
    major, minor = newest.split(".")
    assert requirement.startswith(f"pika>={oldest}.")
    assert requirement.endswith(f",<{major}.{int(minor) + 1}")


# Which files use them.


def sources() -> list[Path]:
    folders = ("adapter", "chaos", "benchmarks")
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def uses(source: str) -> list[str]:
    """The uses of underscored names, and changes to pika, in a file that knows pika."""
    tree = ast.parse(source)
    names = set(imported_from_pika(tree))
    if not names:
        return []
    return [use for node in ast.walk(tree) for use in private_uses(node, names)]


def imported_from_pika(tree: ast.AST) -> Iterator[str]:
    """The names that a file binds to something of pika, or of a module that passes it on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.asname or "pika" for a in node.names if a.name.split(".")[0] == "pika")
        elif isinstance(node, ast.ImportFrom) and passes_pika_on(node.module or ""):
            yield from (alias.asname or alias.name for alias in node.names)


def passes_pika_on(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] == "pika" or ".rabbitmq" in module


def private_uses(node: ast.AST, names: set[str]) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pika":
        yield from (alias.name for alias in node.names if alias.name.startswith("_"))
    if isinstance(node, ast.ClassDef):
        yield from (f"class {node.name}" for base in node.bases if root(base) in names & PIKA)
    if isinstance(node, ast.Attribute):
        private = node.attr.startswith("_") and not node.attr.startswith("__")
        changed = isinstance(node.ctx, ast.Store | ast.Del) and root(node) in names
        if changed or (private and not is_self(node.value)):
            yield node.attr
    if isinstance(node, ast.Call) and root(node.func) in ("getattr", "setattr", "delattr"):
        name = node.args[1]
        if not isinstance(name, ast.Constant) or str(name.value).startswith("_"):
            yield ast.unparse(node)


PIKA = {"pika", "SelectConnection", "BlockingConnection", "Connection", "BlockingChannel"}


def root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


@pytest.mark.parametrize(
    "source",
    [
        "import pika\npika.BlockingConnection()._impl.close()",
        "import pika\nclass Mine(pika.SelectConnection): ...",
        "import pika.data\npika.data.decode_value = print",
        "import pika\nsetattr(pika.data, name, print)",
        "import pika\ngetattr(connection, '_impl')",
        "from pika.adapters.blocking_connection import _CallbackResult",
        "from adapter.transports.rabbitmq.connection import connect\nconnect('', '')._impl",
    ],
)
def test_the_search_sees(source: str) -> None:
    assert uses(source)


def test_the_search_passes_public_names_and_own_attributes() -> None:
    assert uses("import pika\nclass A:\n    def b(self): return self._c.is_open") == []


def test_no_other_file_uses_a_private_name_of_pika() -> None:
    others = {str(f.relative_to(ROOT)): uses(f.read_text()) for f in sources() if f != ALLOWED}
    assert {file: names for file, names in others.items() if names} == {}
    assert uses(ALLOWED.read_text())
