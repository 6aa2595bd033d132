# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks documents: reads lines, a schema's path and a document's, and answers
each pair with a line, "valid" or why it is not."""

import json
import sys

import jsonschema


def verdict(schema, document):
    try:
        with open(schema, encoding="utf-8") as s:
            with open(document, encoding="utf-8") as d:
                jsonschema.validate(json.load(d), json.load(s))
    except (OSError, ValueError, jsonschema.ValidationError) as error:
        return " ".join(str(error).split())[:1000]
    return "valid"


for line in sys.stdin:
    print(verdict(line.rstrip("\n"), sys.stdin.readline().rstrip("\n")),
          flush=True)
