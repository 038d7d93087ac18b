"""Invoices by the hundred, read with misread digits and doubts: what was read right stays as it is."""

import random
from collections import Counter
from decimal import Decimal

import pytest

from jobs.result import DocumentResult, LineResult, PageResult, Provenance
from jobs.verify import check_document
from workers.correction.glyph import LIKE_DIGITS
from workers.correction.line import finish
from workers.correction.settlement import settle

COLUMNS = (20, 300, 420, 560)
Rows = list[list[str]]


def printed(value: Decimal, mark: str, currency: str) -> str:
    text = f"{value:,.2f}".translate(str.maketrans(",.", ".," if mark == "," else ",."))
    return currency + text if currency in ("$", "£") else f"{text} {currency}".strip()


def invoice(chance: random.Random) -> Rows:
    mark, currency = chance.choice([(",", "€"), (",", ""), (".", "€"), (".", "$"), (".", "£"), (".", "")])
    rows, net = [], Decimal()
    for name in chance.sample(["Toner", "Papier", "Heft", "Stift", "Locher"], chance.randint(1, 5)):
        count, price = chance.choice([1, 1, 2, 3, 5, 10, 12, 24]), Decimal(chance.randint(1, 200000)) / 100
        rows.append([name, str(count), printed(price, mark, currency), printed(price * count, mark, currency)])
        net += price * count
    rate = chance.choice([0, 5, 7, 8, 19, 20])
    tax = (net * rate / 100).quantize(Decimal("0.01"))
    totals = [("Zwischensumme", net), (f"MwSt. {rate}%", tax), ("Rechnungsbetrag", net + tax)]
    paid = [("Anzahlung", Decimal()), ("Zahlbetrag", net + tax)] if chance.random() < 0.5 else []
    return [*rows, *([label, "", "", printed(value, mark, currency)] for label, value in totals + paid)]


def misread(rows: Rows, count: int, chance: random.Random) -> Rows:
    rows = [list(row) for row in rows]
    for _ in range(count):
        row = chance.choice(rows)
        column = chance.choice([at for at in (1, 2, 3) if row[at]])
        at = chance.choice([at for at, char in enumerate(row[column]) if char.isdigit()])
        text = row[column]
        row[column] = text[:at] + chance.choice(LIKE_DIGITS[text[at]]) + text[at + 1 :]
    return rows


def read(rows: Rows, truth: Rows, doubt: float, chance: random.Random) -> list[tuple[LineResult, str]]:
    """Lines with what they should read. The engine saw most of what it misread, and doubts some of the rest."""
    lines = []
    for y, (row, true) in enumerate(zip(rows, truth, strict=True)):
        for x, text, right in zip(COLUMNS, row, true, strict=True):
            if text:
                readings = tuple(tuple(others(a, b, doubt, chance)) for a, b in zip(text, right, strict=True))
                left, top, end, low = x, 40 * y, x + 8 * len(text), 40 * y + 20
                box = ((left, top), (end, top), (end, low), (left, low))
                lines.append((finish(text, box, 0.97, readings=readings), right))
    return lines


def others(char: str, right: str, doubt: float, chance: random.Random):
    if char != right and chance.random() < 0.7:
        yield right, round(chance.uniform(0.05, 0.45), 3)
    if chance.random() < doubt:
        other = chance.choice(LIKE_DIGITS[char] + ".,") if char.isdigit() else chance.choice(".,1-")
        yield other, round(chance.uniform(0.01, 0.4), 3)


def outcome(lines: list[tuple[LineResult, str]]) -> Counter[str]:
    made_by = Provenance(
        pipeline_version=1, engine="e", model="", model_sha256="", mode="constrained", prompt_name="f", prompt=""
    )
    page = PageResult(page=1, width_px=700, height_px=900, dpi=150, lines=tuple(line for line, _ in lines),
                      provenance=made_by, seconds={})  # fmt: skip
    pages, arithmetic = settle((page,))
    assert settle(pages) == (pages, arithmetic)
    result = DocumentResult(document="0" * 64, fingerprint="f", pages=pages, arithmetic=arithmetic)
    assert check_document(result) == []
    found: Counter[str] = Counter()
    for line, (_, right) in zip(pages[0].lines, lines, strict=True):
        if line.raw == right:
            found["broken" if line.text != right else "right"] += 1
        else:
            found["mended" if line.text == right else "left" if line.text == line.raw else "made another"] += 1
    return found


@pytest.mark.parametrize("doubt", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_what_was_read_right_stays_and_what_was_misread_is_mended_or_left(count, doubt):
    found: Counter[str] = Counter()
    for seed in range(25):
        chance = random.Random(seed)
        truth = invoice(chance)
        found += outcome(read(misread(truth, count, chance), truth, doubt, chance))
    assert found["broken"] == found["made another"] == 0
    assert found["right"] > 400
    assert found["mended"] > (5 if count else -1)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_invoice_whose_own_sums_are_wrong_stays_as_it_was_printed(count):
    for seed in range(60):
        chance = random.Random(seed)
        wrong = misread(invoice(chance), count, chance)
        assert outcome(read(wrong, wrong, 0.0, chance))["broken"] == 0, seed
