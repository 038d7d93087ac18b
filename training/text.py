"""Writes what stands on invoices, from word frequencies and chance: no line of any real one."""

import random
import string
from functools import cache
from pathlib import Path
from zlib import crc32

from wordfreq import top_n_list

#: Language by its share.
_LANGUAGES = {"de": 40, "fr": 18, "en": 18, "es": 8, "it": 8, "nl": 5, "pt": 3}
_WORDS = 60_000  # of each, the most frequent
_POINT = {"de": ".", "en": ",", "fr": " ", "es": ".", "it": ".", "nl": ".", "pt": " "}  # between thousands
_COUNTRIES = ("DE", "FR", "GB", "AT", "CH", "BE", "NL", "ES", "IT", "PT", "LU", "DK")
_UNITS = ("Stk", "Stk.", "Std.", "kg", "m²", "m", "l", "pcs", "h", "Tage", "kWh", "%", "x", "St.", "pce", "km", "m³")
_JOINTS = (" ", " ", " ", " ", " ", ", ", ": ", " - ", "-", "/", ". ", " & ", " + ", " / ", "; ", " – ", " | ", " • ")
_BRACKETS = ("({})", '"{}"', "„{}“", "'{}'", "[{}]", "*{}", "«{}»", "§ {}")
_COLONS = (": ", " ", " : ", "  ", ".: ", " Nr. ", " No. ")
_STREETS = ("straße", "str.", "weg", "platz", " Street", " Road", "gasse", "laan")
_RUES = ("rue", "avenue", "place", "via", "calle")
_FORMS = ("GmbH", "AG", "KG", "SARL", "SAS", "Ltd.", "S.A.", "B.V.", "GmbH & Co. KG", "e.K.", "S.r.l.", "Inc.")
_CALLS = ("Tel.", "Tel.:", "Fax", "Telefon", "Tél.", "Phone:", "Mobil")
_VAT_IDS = ("", "USt-IdNr. ", "USt-ID: ", "VAT ", "N° TVA ", "P.IVA ")
_REGISTERS = ("HRB", "Steuernummer", "SIRET", "GLN", "EAN")
_CURRENCIES = (
    *(("", ""), ("", ""), ("", ""), ("", " €"), ("", " EUR"), ("€ ", ""), ("EUR ", "")),
    *(("$", ""), ("£", ""), ("CHF ", ""), ("", "€"), ("", "-")),
)
_NUMBERS = ("", "", "RE-", "R", "INV-", "F", "K-", "KD", "A", "Nr. ", "N° ", "#", "PO ")
_RATES = ("19", "7", "20", "5,5", "10", "21", "0", "19,00", "7,00", "20.0", "2,1")
_PAGES = (("Seite", "von"), ("Page", "of"), ("Page", "sur"), ("Blatt", "/"), ("Pagina", "di"), ("Página", "de"))


class Random(random.Random):
    """Chance, and which words it may draw: one in twenty is held out to validate with."""

    def __init__(self, seed: int, held_out: bool = False) -> None:
        super().__init__(seed)
        self.held_out = held_out


def write(rng: Random) -> str:
    """Write one line, or one cell of a table."""
    language = rng.choices(list(_LANGUAGES), list(_LANGUAGES.values()))[0]
    kind = rng.choices([_prose, _label, _figure, _item, _address, _identity], [24, 20, 30, 10, 8, 8])[0]
    return kind(rng, language)


def _prose(rng: Random, language: str) -> str:
    line = _word(rng, language)
    for _ in range(rng.randint(0, rng.choice((2, 5, 9)))):
        line += rng.choice(_JOINTS if rng.random() < 0.3 else " ") + _word(rng, language)
    if rng.random() < 0.15:
        line = rng.choice(_BRACKETS).format(line)
    return line + rng.choice(("", "", "", ".", ".", ",", ":", "!", "?"))


def _label(rng: Random, language: str) -> str:
    label = " ".join(rng.choice(_terms(language)) for _ in range(rng.choice((1, 1, 2, 3))))
    if rng.random() < 0.15:
        label = label.upper()
    if rng.random() < 0.45:
        label += rng.choice(_COLONS) + _figure(rng, language)
    return label + rng.choice(("", "", "", ":", "."))


def _figure(rng: Random, language: str) -> str:
    kinds = [_amount, _date, _identifier, _percent, _count, _page]
    return rng.choices(kinds, [50, 14, 20, 6, 7, 3])[0](rng, language)


def _item(rng: Random, language: str) -> str:
    parts = [str(rng.randint(1, 40)), _word(rng, language), _word(rng, language)]
    if rng.random() < 0.6:
        quantities = (f"{rng.randint(1, 99)} {rng.choice(_UNITS)}", f"{rng.randint(1, 999)} x", _amount(rng, language))
        parts.append(rng.choice(quantities))
    return " ".join(parts[rng.randint(0, 1) :])


def _address(rng: Random, language: str) -> str:
    name, town = _word(rng, language).capitalize(), _word(rng, language).capitalize()
    street = f"{name}{rng.choice(_STREETS)} {rng.randint(1, 240)}{rng.choice(('', '', 'a', ' b'))}"
    number = f"{rng.randint(1, 240)}{rng.choice((' ', ', ', ' bis '))}"
    rue = f"{number}{rng.choice(_RUES)} {rng.choice(('de ', 'du ', 'des ', ''))}{name}"
    place = f"{rng.choice(('', '', 'D-', 'F-', 'CH-'))}{rng.randint(1000, 99999):05d} {town}"
    company = f"{name} {town} {rng.choice(_FORMS)}"
    return rng.choice((street, rue, place, company, f"{rng.choice(_CALLS)} {_phone(rng)}"))


def _identity(rng: Random, language: str) -> str:
    country, name, host = rng.choice(_COUNTRIES), _plain(rng), _plain(rng)
    top = rng.choice(("de", "com", "fr", "eu", "org", "net", "ch", "it"))
    iban = country + _digits(rng, rng.choice((18, 20, 22, 25)))
    if rng.random() < 0.7:
        iban = " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))
    iban = f"{rng.choice(('', 'IBAN ', 'IBAN: '))}{iban}"
    bank = "".join(rng.choices(string.ascii_uppercase, k=8))
    bic = f"{rng.choice(('BIC ', 'BIC: ', '', 'SWIFT/BIC '))}{bank}{rng.choice(('', 'XXX'))}"
    vat_id = f"{rng.choice(_VAT_IDS)}{country}{_digits(rng, rng.choice((8, 9, 11)))}"
    site = f"{rng.choice(('www.', 'http://', 'https://www.'))}{host}.{top}{rng.choice(('', '/' + name))}"
    register = f"{rng.choice(_REGISTERS)} {_digits(rng, rng.randint(5, 14))}"
    return rng.choice((iban, bic, vat_id, f"{name}@{host}.{top}", site, register))


def _amount(rng: Random, language: str) -> str:
    euros = rng.randint(0, 10 ** rng.choice((1, 2, 2, 3, 3, 4, 5, 6)))
    mark = _POINT[language]
    mark = rng.choice((mark, mark, "", "'", ",", "."))
    point = "." if mark in {",", "'"} or (language == "en" and mark != ".") else ","
    cents = rng.choice((2, 2, 2, 2, 2, 0, 3, 4))
    decimals = f"{point}{rng.randint(0, 10**cents - 1):0{cents}d}" if cents else ""
    sign = rng.choice(("", "", "", "", "", "-", "-", "+", "- "))
    before, after = rng.choice(_CURRENCIES)
    return before + sign + f"{euros:,}".replace(",", mark) + decimals + after


def _date(rng: Random, language: str) -> str:
    day, month, year = rng.randint(1, 31), rng.randint(1, 12), rng.randint(1995, 2032)
    dotted, word = f"{day:02d}.{month:02d}.{year}", _word(rng, language).capitalize()
    figures = (f"{day:02d}/{month:02d}/{year}", f"{year}-{month:02d}-{day:02d}", f"{day}.{month}.{year % 100:02d}")
    words = (f"{day}. {word} {year}", f"{day} {word} {year}", f"{word} {day}, {year}")
    return rng.choice((dotted, dotted, *figures, *words, f"{year}{month:02d}{day:02d}"))


def _identifier(rng: Random, language: str) -> str:
    head = rng.choice(_NUMBERS)
    parts = [_digits(rng, rng.choice((1, 2, 3, 4, 4, 5, 6, 8, 13))) for _ in range(rng.choice((1, 1, 2, 3)))]
    if rng.random() < 0.25:
        parts.append("".join(rng.choices(string.ascii_uppercase + string.digits, k=rng.randint(1, 6))))
    return head + rng.choice(("-", "/", "", ".", " ", "_")).join(parts)


def _percent(rng: Random, language: str) -> str:
    figure = rng.choice((*_RATES, str(rng.randint(1, 99)), f"{rng.random() * 30:.2f}"))
    return figure + rng.choice((" %", "%", "%", " % USt.", "% VAT", " % TVA"))


def _count(rng: Random, language: str) -> str:
    fine = f"{rng.random() * 99:.2f}", f"{rng.random() * 99:.4f}".replace(".", ",")
    return f"{rng.choice((str(rng.randint(1, 999)), *fine))} {rng.choice(_UNITS)}"


def _page(rng: Random, language: str) -> str:
    last = rng.randint(1, 30)
    word, of = rng.choice(_PAGES)
    return f"{word} {rng.randint(1, last)} {of} {last}"


def _phone(rng: Random) -> str:
    gap = rng.choice((" ", " ", "-", "/", ".", " / "))
    groups = gap.join(_digits(rng, rng.randint(2, 4)) for _ in range(rng.randint(2, 4)))
    return rng.choice(("+49 ", "0", "+33 ", "+41 (0)", "0049 ")) + groups


def _word(rng: Random, language: str) -> str:
    words = _words(language, rng.held_out)
    frequent = words[min(int(rng.expovariate(5 / len(words))), len(words) - 1)]
    word = frequent if rng.random() < 0.8 else rng.choice(_terms(language))
    if language in {"de", "nl"} and rng.random() < 0.2 and len(word) < 9:
        word += rng.choice(words[len(words) // 100 : len(words) // 2])
    style = rng.random()
    if style < (0.45 if language == "de" else 0.25):
        return word[:1].upper() + word[1:]
    return word.upper() if style > 0.93 else word


@cache
def _words(language: str, held_out: bool) -> list[str]:
    words = [word for word in top_n_list(language, _WORDS) if word.replace("'", "").isalpha()]
    return [word for word in words if (crc32(word.encode()) % 20 == 0) == held_out]


@cache
def _terms(language: str) -> list[str]:
    return (Path(__file__).parent / "terms" / f"{language}.txt").read_text(encoding="utf-8").split()


def _plain(rng: Random) -> str:
    return "".join(letter for letter in rng.choice(_words("en", rng.held_out)) if letter.isascii())


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))
