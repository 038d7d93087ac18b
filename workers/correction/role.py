"""Tells from a row's words what its amount is: net, tax, gross, paid before, due."""

import re
import unicodedata

_ROLES = (
    ("paid", r"anzahlung|angezahlt|acompte|deja paye|prepaid|paid|deposit|adiantamento|sinal|pago"),
    ("due", r"zahlbetrag|zahlender betrag|amount due|balance due|solde a payer|net a payer|restbetrag|saldo a pagar"),
    ("cash", r"\bcash\b|\bbar\b|gegeben|especes|numerario|dinheiro|tendered"),
    ("change", r"change|ruckgeld|monnaie|troco"),
    ("net", r"netto|ohne ust|ohne mwst|total ht|montant ht|net total|total net|zwischensumme|sub ?-?total|sous-total|"
            r"positionssumme|base imponible|valor liquido|taxable"),
    ("tax", r"steuerbetrag|\bust\b|mwst|umsatzsteuer|mehrwertsteuer|\btva\b|\bvat\b|\biva\b|sales tax|total taxes|"
            r"\btax\b|imposto|\bgst\b"),
    ("gross", r"brutto|inkl|total ttc|grand total|gesamtbetrag|rechnungsbetrag|endbetrag|total due|total a pagar|"
              r"invoice total|\btotal\b|gesamtsumme|\bsumme\b"),
)  # fmt: skip
_PATTERNS = [(role, re.compile(pattern)) for role, pattern in _ROLES]
_NOT_A_TOTAL = re.compile(
    r"zuschlag|abschlag|rabatt|discount|remise|desconto|einzel|unit|nummer|number|-nr|\bno\b|satz|id\b"
)


def role_of(label: str) -> str | None:
    """The role of a row by its words; None where it has none, such as a row of an item."""
    plain = unicodedata.normalize("NFKD", label.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    if _NOT_A_TOTAL.search(plain):
        return None
    return next((role for role, pattern in _PATTERNS if pattern.search(plain)), None)
