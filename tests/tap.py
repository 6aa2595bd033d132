# SPDX-License-Identifier: GPL-2.0-or-later
"""TAP output for tests written in Python.

    tap = Tap()
    tap.ok(x == 1, "x is one", diag=f"x is {x}")
    tap.same(got, expected, "the list")
    tap.skip("the other compiler", "there is no clang")
    tap.done()

done() prints the plan and exits with status 1 if a test failed.
"""

import sys


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def _line(self, good, name, directive=""):
        self.count += 1
        word = "ok" if good else "not ok"
        name = name.replace("\n", " ").replace("#", "")
        print(f"{word} {self.count} - {name}{directive}", flush=True)

    def ok(self, good, name, diag=""):
        """One verdict; `diag` is printed if it is a failure."""
        self._line(good, name)
        if not good:
            self.failed += 1
            for line in str(diag).splitlines():
                print(f"# {line}")
        return bool(good)

    def same(self, got, expected, name):
        """Equality; of sets only the difference is printed."""
        if isinstance(got, set) and isinstance(expected, set):
            diag = "\n".join(
                [f"missing: {x}" for x in sorted(expected - got)]
                + [f"too much: {x}" for x in sorted(got - expected)]
            )
        else:
            diag = f"expected: {expected!r}\nactual:   {got!r}"
        return self.ok(got == expected, name, diag)

    def skip(self, name, reason):
        self._line(True, name, f" # SKIP {reason}")

    def done(self):
        if not self.count:
            self.ok(False, "there is something to test")
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
