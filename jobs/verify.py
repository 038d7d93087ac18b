"""Checks a result against its own record: that no figure differs from what OCR read without a witness that holds.

An independent checker: it shares no code with the correction, sees figures simply as runs of digits with what sticks
to them, and recomputes each witness its own way. Light enough for the producer (`ocrfleet verify BATCH`).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.check_digit import holds
from jobs.equation import proves
from jobs.result import Change, DocumentResult, LineResult, Statement
from jobs.stated import states

#: Codes that must not change unseen, as no digit and no sign of money may.
_CODE = re.compile(r"\b(?:EUR|USD|GBP|CHF|BRL)\b")
_SIGN = re.compile(r"[-−–+()]")
_RAISED = str.maketrans("23", "²³")
_LETTER_DIGITS = str.maketrans("OoDQIl|!iZzSsB", "00001111122558")
#: A misreading touches a glyph or two; a figure that differs by more is another figure.
_MOST_GLYPHS = 3
_AMOUNT = re.compile(r"\d[.,]\d\d(\d\d)?\b|^\d+$")
_DECIMALS = re.compile(r"\d([.,])\d\d(?:\d\d)?(?!\d)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a document itself says: its closing equations as rule and printed terms, its decimal mark, its XML."""

    equations: tuple[tuple[str, tuple[str, ...]], ...]
    mark: str
    xml: Statement | None


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that a result breaks. Says where and what kind, never what stands there."""

    page: int  # from 1
    line: int  # from 0
    rule: str


def check_document(result: DocumentResult) -> list[Violation]:
    """Check every line of a document; an empty list means that every promise is kept."""
    equations = tuple((each.rule, each.terms) for each in result.arithmetic if each.closes)
    facts = Facts(equations, _mark(result), result.statement)
    return [
        Violation(page.page, at, rule)
        for page in result.pages
        for at, line in enumerate(page.lines)
        for rule in _broken_rules(line, facts, changes_allowed=page.provenance.mode != "off")
    ]


def _mark(result: DocumentResult) -> str:
    """The mark before the decimals of most figures."""
    figures = (figure.final for page in result.pages for line in page.lines for figure in line.figures)
    marks = Counter(found[1] for figure in figures if (found := _DECIMALS.search(figure)))
    return marks.most_common(1)[0][0] if marks else ""


def _broken_rules(line: LineResult, facts: Facts, *, changes_allowed: bool) -> Iterator[str]:
    if line.exact and (line.changes or line.raw != line.text):
        yield "the document's own text was changed"
    if line.changes and not changes_allowed:
        yield "mode off changes nothing"
    if _replay(line) != line.text:
        yield "the changes do not lead from the raw text to the final one"
    for change in line.changes:
        if line.raw[change.start : change.end] != change.raw:
            yield "a change names another text than the line's"
        if _is_sensitive(change.raw) or _is_sensitive(change.final):
            yield from _broken_witness(change, facts)
    if _kept(line.raw, line.changes, raw=True) != _kept(line.text, line.changes, raw=False):
        yield "a figure differs without a recorded change"
    if any(line.text[figure.start : figure.end] != figure.final for figure in line.figures):
        yield "the audit names another figure than the line's"


def _is_sensitive(text: str) -> bool:
    return bool(_CODE.search(text)) or any(char.isnumeric() or _is_money(char) for char in text)


def _is_money(char: str) -> bool:
    """Whether it is a currency's sign, or a percent sign."""
    return char in "%‰" or unicodedata.category(char) == "Sc"


def _replay(line: LineResult) -> str:
    text = line.raw
    for change in sorted(line.changes, key=lambda change: change.start, reverse=True):
        text = text[: change.start] + change.final + text[change.end :]
    return text


def _kept(text: str, changes: tuple[Change, ...], *, raw: bool) -> list[str]:
    """The figures of a line outside its changed figures, in order, and every minus, plus and bracket."""
    shift, cuts = 0, []
    for change in sorted(changes, key=lambda change: change.start):
        length = change.end - change.start if raw else len(change.final)
        if change.source == "figure":
            cuts.append((change.start + shift, change.start + shift + length))
        shift += 0 if raw else len(change.final) - (change.end - change.start)
    for start, end in reversed(cuts):
        text = text[:start] + " ; " + text[end:]
    pieces = re.findall(r"\d+|\S", text)
    return [each for each in pieces if each[0].isnumeric() or _is_money(each[0]) or _SIGN.match(each)]


def _broken_witness(change: Change, facts: Facts) -> Iterator[str]:
    if change.source != "figure" or not change.witness:
        yield "a figure changed without a witness"
        return
    if _glyphs_apart(change.raw, change.final) > _MOST_GLYPHS:
        yield "a figure changed by more than a misreading"
    if _digits_lost(change):
        yield "a figure lost a digit"
    if _SIGN.findall(change.raw) != _SIGN.findall(change.final):
        yield "a figure's sign changed"
    for witness in change.witness.split("; "):
        if not _holds(witness, change, facts):
            yield f"the witness does not hold: {witness}"


def _digits_lost(change: Change) -> bool:
    """Whether a figure has fewer glyphs than were read; a stray bar at an end is none, a percent sign is one."""
    return len(_glyphs(change.final)) < len(_glyphs(change.raw.strip("lI|!SB")))


def _holds(witness: str, change: Change, facts: Facts) -> bool:
    raw, final = change.raw, change.final
    if witness == "amount format":
        return _same_but_marks(change, raw.translate(_LETTER_DIGITS)) and bool(_AMOUNT.search(final))
    if witness == "date format":
        return raw.translate(_LETTER_DIGITS) == final or raw.strip("lI|!SB").translate(_LETTER_DIGITS) == final
    if witness == "the document's decimal mark":
        return _only_its_mark_is_the_documents(change, facts.mark)
    if witness == "unit format":
        return final != raw and final == re.sub(r"(?<=m)[23]$", lambda found: found[0].translate(_RAISED), raw)
    if witness == "the invoice's XML":
        return states(facts.xml, final) and not states(facts.xml, raw)
    if witness == "word":
        return final.isalpha() and len(final) == len(raw) and sum(char.islower() for char in raw) > 1
    if any(rule == witness and final in terms and proves(rule, terms, final) for rule, terms in facts.equations):
        return True
    return holds(witness, final) is not False and holds(witness, raw) is not True


def _only_its_mark_is_the_documents(change: Change, mark: str) -> bool:
    """Whether the last mark became the document's."""
    before, after = (re.findall(r"[.,]", text) for text in (change.raw, change.final))
    if re.fullmatch(r"\d{1,2}\.(19|20)\d\d", change.raw):  # a month of a year
        return False
    return after[-1:] == [mark] and before != after and _same_but_marks(change, change.raw)


def _same_but_marks(change: Change, reading: str) -> bool:
    """Whether a reading became the figure but for its marks; other digits need another witness beside this one."""
    return re.sub(r"[.,]", "", reading) == re.sub(r"[.,]", "", change.final) or ";" in change.witness


def _glyphs_apart(raw: str, final: str) -> int:
    """Glyphs that two texts do not have in common, place by place as far as both go."""
    before, after = _glyphs(raw), _glyphs(final)
    return abs(len(before) - len(after)) + sum(a != b for a, b in zip(before, after, strict=False))


def _glyphs(text: str) -> str:
    """Its letters, digits and signs of money."""
    return "".join(char for char in text if char.isalnum() or _is_money(char))
