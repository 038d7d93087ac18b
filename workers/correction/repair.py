"""Mends figures that their own format or checksum shows to be misread, where exactly one reading passes."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from jobs.result import Change
from workers.correction import glyph
from workers.correction.amount import CURRENCY, parse
from workers.correction.candidate import Candidate, candidates
from workers.correction.choice import LEAD
from workers.correction.confusion import Confusions, Readings
from workers.correction.date import DATE, exists
from workers.correction.figure import Token, tokenize
from workers.correction.identifier import checksum, holds
from workers.correction.lexicon import Lexicon

_LETTER = re.compile(r"[^\W\d_]|[|!]")
_UNIT_AT_END = re.compile(r"\d[lI|]$")
_RAISED = str.maketrans("23", "²³")
#: Not two points: `12..50` are the pages from 12 to 50.
_TWO_MARKS = re.compile(r"\d[\d.,]*(?<=\d)(?!\.\.)[.,]{2}\d\d")
#: A currency that belongs to the figure beside it and to no other one, looked for in so many characters.
_NEAR = 8
_MONEY_BEFORE = re.compile(rf"(?:^|[^\s\d])\s*{CURRENCY}\s?$")
_MONEY_BEHIND = re.compile(rf"\s?{CURRENCY}(?!\s?\d)")
#: Whole amounts with letters among their digits are no longer; article numbers are.
_LONGEST_WHOLE = 6
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|er|ers|re|e|es|ème|eme|o|a|os|as|m|x|k|d)", re.IGNORECASE)
#: Evidence in nats at which a word is certain enough to be written in the place of a digit.
_CERTAIN = 4.0
_GTIN_CONTEXT = re.compile(r"\b(?:EAN|GTIN|GLN|ILN|UPC)\b", re.IGNORECASE)
_VAT_CONTEXT = re.compile(r"USt|U5t|VAT|TVA|IVA|MwSt|NIF|BTW", re.IGNORECASE)


def repairs(
    text: str, lexicon: Lexicon, confusions: Confusions, *, context: str = "", seen: Sequence[Readings] = ()
) -> tuple[Change, ...]:
    """Every figure of a line that can be mended for certain.

    `context` is the line before it, for a label; `seen` what else the engine saw for each character.
    """
    found = []
    for token in tokenize(text):
        readings = dict(_readings(text, token, context + " " + text, seen[token.start : token.end]))
        if not readings and token.kind == "code":
            others = seen[token.start : token.end]
            readings = {word: "word" for word in _words(token.text, lexicon, confusions, others)}
        if len(readings) == 1:
            final, witness = readings.popitem()
            found.append(
                Change(start=token.start, end=token.end, raw=token.text, final=final, source="figure", witness=witness)
            )
    return tuple(found)


def _readings(line: str, token: Token, context: str, seen: Sequence[Readings]) -> Iterator[tuple[str, str]]:
    """Readings of a broken figure that pass, each with what vouches for it. A figure that holds has none."""
    if rule := checksum(token.kind):
        if token.kind == "gtin" and not _GTIN_CONTEXT.search(context):
            return  # nine in ten numbers of 13 digits fail a check digit that they do not have
        if not holds(token.kind, token.text):
            yield from ((reading, rule) for reading in _checked(token, seen))
    elif token.kind == "quantity":
        yield from ((reading, "unit format") for reading in _raised(token.text, seen))
    elif token.kind == "code":
        yield from _formats(line, token, seen)
        yield from ((reading, "vat id format") for reading in _vat_ids(token.text, context))


def _checked(token: Token, seen: Sequence[Readings]) -> Iterator[str]:
    """Readings of an identifier whose checksum holds: letters as digits, or what the engine itself saw.

    Digits that merely look alike are not tried: one in three invalid IBANs has such a neighbour that holds by chance.
    """
    digits = token.text[:2] + glyph.as_digits(token.text[2:])
    readings = [digits] if digits != token.text else list(glyph.seen(token.text, seen))
    yield from (reading for reading in readings if holds(token.kind, reading))


def _raised(text: str, seen: Sequence[Readings]) -> Iterator[str]:
    """`3 m2` as `3 m²`, where the engine saw a raised digit too."""
    raised = text[-1].translate(_RAISED)
    if re.search(r"\d ?[kmc]?m[23]$", text) and seen and any(other == raised for other, _ in seen[-1]):
        yield text[:-1] + raised


def _formats(line: str, token: Token, seen: Sequence[Readings]) -> Iterator[tuple[str, str]]:
    """Digits with letters among them, read as an amount or a date.

    None where they may be something else: `1,0I` litres, `l2.50` an amount behind a rule of the table; and without a
    currency beside it, or the engine's own other reading, `S.12` a page, `Z96.64` a diagnosis, `1B.25` a room.
    """
    text = token.text
    if _TWO_MARKS.fullmatch(text):
        yield from ((reading, "amount format") for reading in _one_mark_less(text) if parse(reading))
    if not _LETTER.search(text) or _UNIT_AT_END.search(text):
        return
    before = line[max(0, token.start - _NEAR) : token.start]
    money = bool(_MONEY_BEFORE.search(before) or _MONEY_BEHIND.match(line, token.end))
    witnesses = [_format(glyph.as_digits(each), money) for each in (text, text.strip("lI|!SB"))]
    reading = glyph.as_digits(text)
    if witnesses[0] == "amount format" and not money and not _engine_saw(reading, text, seen):
        return
    misread = sum(a != b for a, b in zip(text, reading, strict=True))
    if witnesses[0] and misread <= glyph.MOST_GLYPHS and (text.strip("lI|!SB") == text or not witnesses[1]):
        yield reading, witnesses[0]


def _engine_saw(reading: str, text: str, seen: Sequence[Readings]) -> bool:
    """Whether each character that a reading has otherwise is one of the engine's own other readings."""
    if len(seen) != len(text) or len(reading) != len(text):
        return False
    return all(a == b or a in dict(others) for a, b, others in zip(reading, text, seen, strict=True))


def _one_mark_less(text: str) -> Iterator[str]:
    """Readings of two marks in a row, of which one is a speck: `6.847,.24`."""
    at = next(at for at in range(1, len(text)) if text[at] in ".," and text[at - 1] in ".,")
    yield from {text[: at - 1] + text[at:], text[:at] + text[at + 1 :]}


def _format(reading: str, money: bool) -> str | None:
    if re.fullmatch(DATE, reading) and exists(reading):
        return "date format"
    amount = parse(reading)
    whole = money and reading.isdigit() and reading[0] != "0" and len(reading) <= _LONGEST_WHOLE
    return "amount format" if amount and (amount.decimals in (2, 4) or whole) else None


def _words(text: str, lexicon: Lexicon, confusions: Confusions, seen: Sequence[Readings]) -> Iterator[str]:
    """The word that a word with digits in it must be. Codes are written in capitals: those stay.

    A digit before or behind it may be one: `5pin` is no `Spin` unless the engine saw that too.
    """
    if sum(char.islower() for char in text) < 2 or not text.isalnum() or _ORDINAL.fullmatch(text):
        return
    best, *others = candidates(text, lexicon, confusions) or (Candidate("", 0),)
    rest = [other.evidence for other in others if other.text.casefold() != best.text.casefold()]
    lead = best.evidence - max(rest, default=0)
    if best.evidence < _CERTAIN or lead < LEAD or not _only_digits_differ(text, best.text):
        return
    letters = "".join(b if a.isdigit() else a for a, b in zip(text, best.text, strict=True))
    if (text[0].isalpha() and text[-1].isalpha()) or _engine_saw(letters, text, seen):
        yield best.text


def _only_digits_differ(text: str, word: str) -> bool:
    """Whether a word has letters where the text has digits, accents aside. A last `1` may be any mark: `Date1`."""
    same = all(a.isdigit() or _plain(a) == _plain(b) for a, b in zip(text, word, strict=False))
    return same and len(text) == len(word) and word.isalpha() and not text.endswith("1")


def _plain(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0]


def _vat_ids(text: str, context: str) -> Iterator[str]:
    """`G8123456789`: a VAT id begins with a country's two letters."""
    if re.fullmatch(r"[A-Z]\d{10}", text) and _VAT_CONTEXT.search(context):
        for letter in "B" if text.startswith("G8") else "":
            yield text[0] + letter + text[2:]
