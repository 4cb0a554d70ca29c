"""Another process of the same workspace: does what standard input says, a line each, and answers.

`python -m tests.egress.other_process PREFIX SCHEMA`; lines read `fail TARGET` and `enter TARGET`.
"""

import sys

import django

from apps.egress import circuits
from apps.egress.breakers import Fault, breaker
from apps.egress.exceptions import BreakerOpen
from apps.tenants.context import Scope, entered


def main(prefix: str, schema: str) -> None:
    django.setup()
    circuits.PREFIX = prefix
    with entered(Scope(schema)):
        for line in sys.stdin:
            act, target = line.split()
            try:
                with breaker("http", target) as call:
                    if act == "fail":
                        call.note(Fault("HTTP 503"))
                answer = "passed"
            except BreakerOpen:
                answer = "refused"
            sys.stdout.write(f"{answer}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
