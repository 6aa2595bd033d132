# SPDX-License-Identifier: GPL-2.0-or-later
"""What the public headers declare and document."""

import re
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
INCLUDE = SOURCE / "include" / "libvdev"

# A comment that starts with two stars, if any, and the prototype behind it.
PROTOTYPE = re.compile(
    r"(?P<doc>/\*\*(?:(?!\*/).)*\*/\s*)?"
    r"VDEV_EXPORT\s+(?P<type>[^;(]*?)(?P<name>\w+)\s*\((?P<params>[^;]*)\)\s*;",
    re.S,
)


@dataclass
class Function:
    header: str
    name: str
    returns: str
    params: list = field(default_factory=list)
    doc: str = ""


def parameters(text):
    """The names in a parameter list."""
    text = " ".join(text.split())
    if text in ("", "void"):
        return []
    names = []
    for part in text.split(","):
        part = re.sub(r"\[[^]]*\]", "", part)
        names.append(re.findall(r"\w+", part)[-1])
    return names


def functions(text, header):
    """The exported functions of a header's text."""
    return [
        Function(
            header,
            m["name"],
            " ".join(m["type"].split()),
            parameters(m["params"]),
            m["doc"] or "",
        )
        for m in PROTOTYPE.finditer(text)
    ]


def all_headers():
    return sorted(INCLUDE.glob("*.h"))


def all_functions():
    return [f for h in all_headers() for f in functions(h.read_text(), h.name)]


def doc_lines(doc):
    """A comment's text without its stars."""
    body = doc.strip().removeprefix("/**").removesuffix("*/")
    return [re.sub(r"^\s*\* ?", "", line) for line in body.splitlines()]


def doc_faults(f):
    """What a function's comment lacks; an empty list if nothing."""
    if not f.doc:
        return ["it has no comment"]
    faults = []
    lines = doc_lines(f.doc)
    text = "\n".join(lines)
    if not re.search(rf"^{f.name}\(\) - \S", text.strip()):
        faults.append(f'the comment does not start with "{f.name}() - "')
    named = re.findall(r"^@(\w+):", text, re.M)
    faults += [f"parameter {p} is not described" for p in f.params if p not in named]
    faults += [f"there is no parameter {n}" for n in named if n not in f.params]
    has_return = re.search(r"^Return: \S", text, re.M)
    if f.returns == "void" and has_return:
        faults.append("it returns nothing, and has a Return: section")
    if f.returns != "void" and not has_return:
        faults.append("it has no Return: section")
    return faults
