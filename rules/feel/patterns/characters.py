"""Sets of characters in patterns: categories, blocks, classes with subtraction (XML Schema 2, appendix F)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Matches = Callable[[str], bool]

# The letter of each category, and the letters of its parts.
_PARTS = {"L": "ultmo", "M": "nce", "N": "dlo", "P": "cdseifo", "Z": "slp", "S": "mcko", "C": "cfon"}
_CATEGORIES = frozenset(_PARTS) | {group + part for group, parts in _PARTS.items() for part in parts}
_BLOCKS = {
    "BasicLatin": (0x0000, 0x007F),
    "Latin-1Supplement": (0x0080, 0x00FF),
    "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F),
    "IPAExtensions": (0x0250, 0x02AF),
    "SpacingModifierLetters": (0x02B0, 0x02FF),
    "CombiningDiacriticalMarks": (0x0300, 0x036F),
    "Greek": (0x0370, 0x03FF),
    "GreekandCoptic": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x04FF),
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "Devanagari": (0x0900, 0x097F),
    "Bengali": (0x0980, 0x09FF),
    "Thai": (0x0E00, 0x0E7F),
    "Tibetan": (0x0F00, 0x0FFF),
    "Georgian": (0x10A0, 0x10FF),
    "HangulJamo": (0x1100, 0x11FF),
    "Ethiopic": (0x1200, 0x137F),
    "Mongolian": (0x1800, 0x18AF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
    "MiscellaneousTechnical": (0x2300, 0x23FF),
    "EnclosedAlphanumerics": (0x2460, 0x24FF),
    "BoxDrawing": (0x2500, 0x257F),
    "BlockElements": (0x2580, 0x259F),
    "GeometricShapes": (0x25A0, 0x25FF),
    "MiscellaneousSymbols": (0x2600, 0x26FF),
    "Dingbats": (0x2700, 0x27BF),
    "BraillePatterns": (0x2800, 0x28FF),
    "CJKRadicalsSupplement": (0x2E80, 0x2EFF),
    "KangxiRadicals": (0x2F00, 0x2FDF),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "Bopomofo": (0x3100, 0x312F),
    "HangulCompatibilityJamo": (0x3130, 0x318F),
    "EnclosedCJKLettersandMonths": (0x3200, 0x32FF),
    "CJKCompatibility": (0x3300, 0x33FF),
    "CJKUnifiedIdeographsExtensionA": (0x3400, 0x4DBF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "YiSyllables": (0xA000, 0xA48F),
    "HangulSyllables": (0xAC00, 0xD7A3),
    "PrivateUse": (0xE000, 0xF8FF),
    "CJKCompatibilityIdeographs": (0xF900, 0xFAFF),
    "AlphabeticPresentationForms": (0xFB00, 0xFB4F),
    "CombiningHalfMarks": (0xFE20, 0xFE2F),
    "CJKCompatibilityForms": (0xFE30, 0xFE4F),
    "SmallFormVariants": (0xFE50, 0xFE6F),
    "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
    "Specials": (0xFFF0, 0xFFFF),
}


@dataclass(frozen=True)
class Characters:
    """A class such as `[a-z-[aeiou]]`; without regard to case a character matches as any of its forms."""

    parts: tuple[Matches, ...]
    negated: bool = False
    without: Characters | None = None
    any_case: bool = False

    def __call__(self, character: str) -> bool:
        forms = forms_of(character) if self.any_case else (character,)
        inside = any(part(form) for part in self.parts for form in forms)
        if inside is self.negated:
            return False
        return self.without is None or not self.without(character)


def forms_of(character: str) -> Iterable[str]:
    """A character in both cases, also those written as another one, such as the sign of Kelvin."""
    found = {character, character.lower(), character.upper(), character.casefold()}
    return found | {form.upper() for form in found}


def one(character: str, *, any_case: bool) -> Matches:
    """Exactly this character."""
    if not any_case:
        return lambda found: found == character
    forms = frozenset(forms_of(character))
    return lambda found: found in forms or not forms.isdisjoint(forms_of(found))


def between(low: str, high: str) -> Matches:
    """Characters from one to another; both ends count."""
    return lambda found: low <= found <= high


def category(name: str) -> Matches | None:
    """`\\p{…}`: a category or, as `IsGreek`, a block; None for an unknown name."""
    if name in _CATEGORIES:
        return lambda found: unicodedata.category(found).startswith(name)
    block = _BLOCKS.get(name.removeprefix("Is")) if name.startswith("Is") else None
    return between(chr(block[0]), chr(block[1])) if block else None


def outside(inner: Matches) -> Matches:
    """All other characters."""
    return lambda found: not inner(found)


def _is_word(found: str) -> bool:
    return unicodedata.category(found)[0] not in "PZC"


def _starts_name(found: str) -> bool:
    return found in "_:" or found.isalpha()


def _is_in_name(found: str) -> bool:
    return _starts_name(found) or found in ".-\u00b7" or unicodedata.category(found)[0] in "NM"


def _is_space(found: str) -> bool:
    return found in " \t\n\r"


def _is_digit(found: str) -> bool:
    return unicodedata.category(found) == "Nd"


ESCAPES: dict[str, Matches] = {
    "d": _is_digit,
    "D": outside(_is_digit),
    "s": _is_space,
    "S": outside(_is_space),
    "w": _is_word,
    "W": outside(_is_word),
    "i": _starts_name,
    "I": outside(_starts_name),
    "c": _is_in_name,
    "C": outside(_is_in_name),
}


def any_character(found: str) -> bool:
    """`.` with the flag `s`."""
    return True


def not_end_of_line(found: str) -> bool:
    """`.` without it."""
    return found not in "\n\r"
