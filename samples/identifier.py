"""Invented identifiers whose check digits hold: tax numbers and bank accounts of each country."""

from random import Random

from stdnum import iban, luhn
from stdnum.br import cnpj
from stdnum.gb import vat as gb_vat
from stdnum.iso7064 import mod_11_10
from stdnum.pt import nif


def digits(rng: Random, count: int) -> str:
    """Random digits, the first not zero."""
    return str(rng.randrange(10 ** (count - 1), 10**count))


def tax_number(country: str, rng: Random) -> str:
    """A valid tax number as printed: EIN, VAT number, USt-IdNr., TVA, NIF or CNPJ."""
    match country:
        case "US":
            return f"{rng.choice(('12', '35', '46', '83'))}-{digits(rng, 7)}"
        case "GB":
            return _british(digits(rng, 7))
        case "DE":
            stem = digits(rng, 8)
            return f"DE{stem}{mod_11_10.calc_check_digit(stem)}"
        case "FR":
            return _french(digits(rng, 8))
        case "PT":
            stem = "5" + digits(rng, 7)
            return f"{stem}{nif.calc_check_digit(stem)}"
        case "BR":
            stem = digits(rng, 8) + "0001"
            return str(cnpj.format(stem + cnpj.calc_check_digits(stem)))
    raise ValueError(f"no tax number is known for {country}")


def account(country: str, rng: Random) -> str | None:
    """A valid IBAN in groups of four, or None where the country uses none at home."""
    match country:
        case "GB":
            bban = "WEYB" + digits(rng, 14)
        case "DE":
            bban = digits(rng, 18)
        case "FR":
            stem = digits(rng, 21)
            bban = f"{stem}{_rib_key(stem):02d}"
        case "PT":
            stem = "00" + digits(rng, 17)
            bban = f"{stem}{98 - int(stem + '00') % 97:02d}"
        case _:
            return None
    return str(iban.format(country + iban.calc_check_digits(f"{country}00{bban}") + bban))


def _british(stem: str) -> str:
    number = next(f"{stem}{key:02d}" for key in range(97) if gb_vat.is_valid(f"{stem}{key:02d}"))
    return f"GB {number[:3]} {number[3:7]} {number[7:]}"


def _french(stem: str) -> str:
    siren = stem + luhn.calc_check_digit(stem)
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def _rib_key(stem: str) -> int:
    bank, branch, number = int(stem[:5]), int(stem[5:10]), int(stem[10:])
    return 97 - (89 * bank + 15 * branch + 3 * number) % 97
