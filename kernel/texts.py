"""A text in the two languages of the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in Chinese and English; Chinese leads where a page has no language of its own."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        return self.en if language == "en" else self.zh

    def filled(self, **parameters: object) -> Text:
        """The text with its `{names}` replaced; a parameter may itself be a Text."""

        def values(language: Language) -> dict[str, object]:
            return {
                name: value.in_(language) if isinstance(value, Text) else value for name, value in parameters.items()
            }

        return Text(self.zh.format(**values("zh")), self.en.format(**values("en")))
