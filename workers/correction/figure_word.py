"""Owns the words that say as much as a figure: months, numbers, the sides of an account. No guess may swap two of them.

A letter makes June of July, debit of credit and two of three, and nothing on a page vouches for either.
"""

from rapidfuzz.distance import Levenshtein

#: What means the same, line by line: English, German, French, Portuguese, and how each is abbreviated.
_SAME = """
january januar jänner janvier janeiro jan janv
february februar février fevereiro feb fév fev févr
march märz mars março mar mrz
april avril abril apr avr abr
may mai maio
june juni juin junho jun
july juli juillet julho jul juil
august août agosto aug aou ago
september septembre setembro sep sept set
october oktober octobre outubro oct okt out
november novembre novembro nov
december dezember décembre dezembro dec dez déc
zero null zéro
one ein eins eine un une um uma
two zwei deux dois duas
three drei trois três
four vier quatre quatro
five fünf cinq cinco
six sechs seis
seven sieben sept sete
eight acht huit oito
nine neun neuf nove
ten zehn dix dez
eleven elf onze
twelve zwölf douze doze
thirteen dreizehn treize treze
fourteen vierzehn quatorze catorze
fifteen fünfzehn quinze
sixteen sechzehn seize dezesseis dezasseis
seventeen siebzehn dezessete dezassete
eighteen achtzehn dezoito
nineteen neunzehn dezenove dezanove
twenty zwanzig vingt vinte
thirty dreißig trente trinta
forty vierzig quarante quarenta
fifty fünfzig cinquante cinquenta
sixty sechzig soixante sessenta
seventy siebzig setenta
eighty achtzig oitenta
ninety neunzig noventa
hundred hundert cent cem cento
thousand tausend mille mil tsd
million millionen millions milhão milhões mio
billion milliarde milliarden milliard milliards bilhão mrd
debit soll débit débito dr
credit haben crédit crédito cr
net netto líquido
gross brutto brut bruto
plus zuzüglich zzgl
minus abzüglich abzgl moins menos
including inklusive inkl incl inclus incluído
excluding exklusive exkl excl exclus excluído
"""
#: What a word means, as numbers of lines: `sept` is a month and a number.
_MEANINGS = {
    word: frozenset(number for number, words in enumerate(_SAME.splitlines()) if word in words.split())
    for word in _SAME.split()
}
_HEADS = ("netto", "brutto")


def swaps_figure_words(raw: str, final: str) -> bool:
    """Whether a change makes another figure of a word, or makes one of a word that may as well be another."""
    before, after = raw.casefold(), final.casefold()
    if not (meaning := _meaning(after)):
        return False
    if read := _meaning(before):
        return read != meaning
    near = Levenshtein.distance(before, after)
    others = (word for word, other in _MEANINGS.items() if not other & meaning)
    return any(Levenshtein.distance(before, word, score_cutoff=near) <= near for word in others)


def _meaning(word: str) -> frozenset[int]:
    head = next((head for head in _HEADS if word.startswith(head)), word)
    return _MEANINGS.get(head, frozenset())
