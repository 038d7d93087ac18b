"""Recomputes an invoice's equations from their printed terms: the checker's own arithmetic (jobs/verify.py)."""

import math
import re


def proves(rule: str, terms: tuple[str, ...], final: str) -> bool:
    """Whether an equation closes by its printed `terms`, the result last, and says more of `final` than that it recurs.

    `0 + a = a` and `1 x a = a` close with any a that was misread twice.
    """
    values = [_value(term) for term in terms]
    at = terms.index(final)
    twins = (n for n, value in enumerate(values) if n != at and abs(value) == abs(values[at]))
    both = (
        [value + math.copysign(7, value) if n in (at, twin) else value for n, value in enumerate(values)]
        for twin in twins
    )
    return _closes(rule, values) and not any(_closes(rule, each) for each in both)


def _closes(rule: str, values: list[float]) -> bool:
    """Whether it closes, with one cent for rounding."""
    *parts, result = values
    if rule == "quantity x price = amount":
        total = parts[0] * parts[1]
    elif rule == "quantity x price - discount = amount":
        total = parts[0] * parts[1] * (1 - abs(parts[2]) / 100)
    elif rule == "rate x net = tax":
        total = parts[0] * parts[1] / 100
    else:
        total = sum(parts) if rule == "items = total" else sum(map(abs, parts))
    return abs(abs(total) - abs(result)) <= 0.0101


def _value(term: str) -> float:
    """The value of a printed figure: what follows the last mark by other than three digits is decimals.

    A unit's own digit is none of it: `129 m3`.
    """
    digits = re.sub(r"[^\d.,]", "", re.sub(r"m[23]$", "", term)).strip(".,")
    sign = -1 if re.search(r"^[^\d]*[-−–(]|\d[-−–)]", term) else 1
    found = re.fullmatch(r"(.*)[.,](\d{1,2}|\d{4})", digits)
    whole, decimals = found.groups() if found else (digits, "")
    return sign * float(f"{re.sub(r'[.,]', '', whole) or 0}.{decimals or 0}")
