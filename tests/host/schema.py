# SPDX-License-Identifier: Apache-2.0
"""The schema of `paravane host --json`, as the manual page documents it."""

ANSWERS = {"yes", "partly", "no", "untried"}
COSTS = [
    "cost.port_user", "cost.port_ioeventfd", "cost.mmio_user", "cost.mmio_ioeventfd",
    "cost.irqfd_to_handler", "cost.halt_and_wake",
]


class Broken(Exception):
    """The document is not what the schema says."""


def need(condition, what):
    if not condition:
        raise Broken(what)


def keys(thing, needed, possible, where):
    need(isinstance(thing, dict), f"{where}: not an object")
    need(needed <= thing.keys(), f"{where}: without {sorted(needed - thing.keys())}")
    surplus = thing.keys() - needed - possible
    need(not surplus, f"{where}: with {sorted(surplus)}")


def text(thing, key, where):
    need(isinstance(thing[key], str) and thing[key], f"{where}: {key} is no text")


def integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def check_finding(finding, where):
    keys(finding, {"id", "what", "answer"}, {"detail", "why", "advice", "value", "unit"}, where)
    where = f"{where}, {finding['id']}"
    for key in finding.keys() - {"value"}:
        text(finding, key, where)
    need(finding["answer"] in ANSWERS, f"{where}: answer {finding['answer']}")
    need(("why" in finding) == (finding["answer"] != "yes"), f"{where}: a reason iff the answer is not yes")
    need("advice" not in finding or finding["answer"] in ("no", "partly"), f"{where}: advice for a yes")
    need(("value" in finding) == ("unit" in finding), f"{where}: a value or a unit alone")
    need("value" not in finding or (integer(finding["value"]) and finding["value"] >= 0),
         f"{where}: value {finding.get('value')}")


def check_cost(cost):
    where = f"costs, {cost.get('id')}"
    spread = {"unit", "median", "least", "most", "rounds"}
    keys(cost, {"id", "what", "measured"}, spread | {"why"}, where)
    need(isinstance(cost["measured"], bool), f"{where}: measured is no truth value")
    if not cost["measured"]:
        keys(cost, {"id", "what", "measured", "why"}, set(), where)
        text(cost, "why", where)
        return
    keys(cost, {"id", "what", "measured"} | spread, set(), where)
    need(cost["unit"] == "ns", f"{where}: unit {cost['unit']}")
    need(integer(cost["rounds"]) and cost["rounds"] > 0, f"{where}: no rounds")
    need(0 < cost["least"] <= cost["median"] <= cost["most"], f"{where}: no spread")


def check(document):
    """Raises Broken, or returns the findings by their ids."""
    keys(document, {"schema", "version", "paravane", "kvm", "quick", "sections", "costs"}, set(), "document")
    need(document["schema"] == "paravane-host", "schema: another name")
    need(document["version"] == 1, "version: another number")
    text(document, "paravane", "document")
    for key in ("kvm", "quick"):
        need(isinstance(document[key], bool), f"{key}: no truth value")

    findings = {}
    need([section.get("id") for section in document["sections"]]
         == ["vehicle", "kvm", "io_uring", "memory", "network", "process"], "sections: others, or in another order")
    for section in document["sections"]:
        keys(section, {"id", "title", "findings"}, set(), section["id"])
        text(section, "title", section["id"])
        need(section["findings"], f"{section['id']}: no findings")
        for finding in section["findings"]:
            check_finding(finding, section["id"])
            need(finding["id"] not in findings, f"{finding['id']}: twice")
            findings[finding["id"]] = finding
    need(document["kvm"] == (findings["vehicle.kvm"]["answer"] == "yes"), "kvm: not what vehicle.kvm says")

    for cost in document["costs"]:
        check_cost(cost)
    need([cost["id"] for cost in document["costs"]] == ([] if document["quick"] else COSTS),
         "costs: others, or in another order")
    return findings
