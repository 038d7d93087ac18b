"""Recomputes check digits for the checker of results, independently of the library that the correction uses."""

import re
from collections.abc import Callable, Mapping


def holds(rule: str, text: str) -> bool | None:
    """Whether a check digit holds, by the name of its rule. None: this country's is not recomputed here."""
    check = _CHECKS.get(rule)
    return check(re.sub(r"[\s./-]", "", text).upper()) if check else False


def _is_iban(text: str) -> bool:
    """ISO 7064 mod 97: country and check digits to the end, letters as 10 to 35."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def _is_ean_13(text: str) -> bool:
    """Whether 13 digits, every second one counted three times, add up to a multiple of ten (GS1)."""
    return bool(re.fullmatch(r"\d{13}", text)) and (sum(map(int, text)) + 2 * sum(map(int, text[1::2]))) % 10 == 0


def _is_cnpj(text: str) -> bool:
    """14 digits, the last two of them modulo 11 with weights 2 to 9 from the right (Receita Federal)."""
    return bool(re.fullmatch(r"\d{14}", text)) and all(_ends_mod_11(text[:end], 9) for end in (13, 14))


def _is_cpf(text: str) -> bool:
    """11 digits, the last two of them modulo 11 with weights from 2 up, from the right (Receita Federal)."""
    return bool(re.fullmatch(r"\d{11}", text)) and all(_ends_mod_11(text[:end], 99) for end in (10, 11))


def _is_nif(text: str) -> bool:
    """9 digits, the last of them modulo 11 with weights 2 to 9 from the right (Portugal)."""
    return bool(re.fullmatch(r"[1-9]\d{8}", text)) and _ends_mod_11(text, 99)


def _ends_mod_11(digits: str, heaviest: int) -> bool:
    """Whether the last digit is the check digit of those before it."""
    total = sum(int(digit) * (2 + at % (heaviest - 1)) for at, digit in enumerate(reversed(digits[:-1])))
    return int(digits[-1]) == (0 if total % 11 < 2 else 11 - total % 11)


def _is_vat_id(text: str) -> bool | None:
    """Germany: ISO 7064 mod 11, 10. France: mod 97 over a SIREN, which Luhn checks."""
    if text.startswith("DE"):
        return bool(re.fullmatch(r"DE[1-9]\d{8}", text)) and _mod_11_10(text[2:]) == 1
    if found := re.fullmatch(r"FR(\d\d)(\d{9})", text):
        return (int(found[2]) * 100 + 12) % 97 == int(found[1]) and _luhn(found[2])
    return None


def _luhn(digits: str) -> bool:
    doubled = "".join(str(int(digit) * (1 + at % 2)) for at, digit in enumerate(reversed(digits)))
    return sum(map(int, doubled)) % 10 == 0


def _mod_11_10(digits: str) -> int:
    """1 where the last digit is the check digit."""
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (product + int(digits[-1])) % 10


_CHECKS: Mapping[str, Callable[[str], bool | None]] = {
    "iban mod 97": _is_iban,
    "gtin check digit": _is_ean_13,
    "cnpj check digits": _is_cnpj,
    "cpf check digits": _is_cpf,
    "nif check digit": _is_nif,
    "vat id check digit": _is_vat_id,
    "vat id format": lambda text: bool(re.match(r"[A-Z]{2}", text)),
}
