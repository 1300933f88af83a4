"""The invariants of FHIR R4's Questionnaire and its answers (4.0.1), each with R4's key."""

from __future__ import annotations

from typing import Any

from adapter.fhir.r4_rules import Node, add, all_differ, each, has, is_one_of, lacks, not_both

_WITH_LENGTH = ("boolean", "decimal", "integer", "string", "text", "url", "open-choice")
_WITH_OPTIONS = (
    "choice",
    "open-choice",
    "decimal",
    "integer",
    "date",
    "dateTime",
    "time",
    "string",
    "quantity",
)


def add_all() -> None:
    """Add the invariants of questionnaires."""
    item = "Questionnaire.item"
    add(item, "que-1", "a group needs items, and a display has none", _has_items_where_a_group)
    add("Questionnaire", "que-2", "a linkId twice", lambda n: all_differ(_link_ids(n)))
    for key, names in (("que-3", "code"), ("que-6", "required repeats"), ("que-9", "readOnly")):
        _not_in_display(key, names)
    not_both(item, "que-4", "answerOption", "answerValueSet")
    add(item, "que-5", "a type without options", _has_options_where_allowed)
    add("Questionnaire.item.enableWhen", "que-7", "exists needs true or false", _is_existence)
    add(item, "que-8", "an initial value of a group or display", _has_initial_where_allowed)
    add(item, "que-10", "a length of a type without length", _has_length_where_allowed)
    not_both(item, "que-11", "answerOption", "initial")
    add(item, "que-12", "many conditions, and not said how they join", _is_joined)
    add(item, "que-13", "several initial values, and no repetition", _has_one_initial)
    not_both("QuestionnaireResponse.item", "qrs-1", "answer", "item")


def _not_in_display(key: str, names: str) -> None:
    """Add: an item that only displays has none of these elements, named with spaces between."""
    add(
        "Questionnaire.item",
        key,
        f"{names} of a display",
        lambda node: node.get("type") != "display" or lacks(node, *names.split()),
    )


def _has_items_where_a_group(node: Node) -> bool:
    if node.get("type") == "group":
        return has(node, "item")
    return node.get("type") != "display" or lacks(node, "item")


def _link_ids(node: Any) -> list[Any]:
    """The linkId of every item, on all levels."""
    ids, items = list[Any](), each(node, "item")
    while items:
        ids += [id_ for item in items for id_ in each(item, "linkId")]
        items = [inner for item in items for inner in each(item, "item")]
    return ids


def _has_options_where_allowed(node: Node) -> bool:
    is_free = lacks(node, "answerValueSet", "answerOption")
    return is_free or is_one_of(node, "type", *_WITH_OPTIONS)


def _is_existence(node: Node) -> bool:
    return node.get("operator") != "exists" or has(node, "answerBoolean")


def _has_initial_where_allowed(node: Node) -> bool:
    return lacks(node, "initial") or not is_one_of(node, "type", "group", "display")


def _has_length_where_allowed(node: Node) -> bool:
    return lacks(node, "maxLength") or is_one_of(node, "type", *_WITH_LENGTH)


def _is_joined(node: Node) -> bool:
    return len(each(node, "enableWhen")) <= 2 or has(node, "enableBehavior")


def _has_one_initial(node: Node) -> bool:
    return node.get("repeats") is True or len(each(node, "initial")) <= 1
