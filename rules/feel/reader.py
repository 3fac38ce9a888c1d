"""Walks over the tokens of an expression: what comes next, which of them make a name, which a type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise

from kernel.texts import Text
from rules.feel.errors import FeelError, too_big, unexpected
from rules.feel.lexer import HINTS, Token, tokens_of
from rules.feel.types import (
    ANY,
    LONGEST_TYPE_NAME,
    ContextType,
    FunctionType,
    ListType,
    RangeType,
    Type,
    built_in_type,
)
from rules.feel.vocabulary import Vocabulary, length_of

MAX_NESTING = 40
NAME_SYMBOLS = frozenset([".", "/", "-", "'", "’", "+", "*", "**"])
# Parts of values whose names have two words.
_PROPERTIES = frozenset({"time offset", "start included", "end included"})


class Reader:
    """The position in the tokens, and the names that are bound around it."""

    def __init__(self, source: str, vocabulary: Vocabulary) -> None:
        self._tokens = tokens_of(source)
        self._index = 0
        self._nesting = 0
        self._vocabulary = vocabulary
        self._bound: Counter[str] = Counter()
        # Entries of contexts in this very text: known to its paths and filters.
        self._entries: set[str] = set(_PROPERTIES)
        self._longest = max(vocabulary.longest, 2)

    # -- tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _shows(self, text: str, *, ahead: int = 0) -> bool:
        index = self._index + ahead
        if index >= len(self._tokens):
            return False
        token = self._tokens[index]
        return token.text == text and token.kind not in ("string", "end")

    def _shows_any(self, texts: Iterable[str]) -> bool:
        return any(self._shows(text) for text in texts)

    def _take(self, text: str) -> bool:
        if not self._shows(text):
            return False
        self._index += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(Text(f"“{text}”", f"'{text}'"))

    def _end(self) -> None:
        if self._token.kind != "end":
            raise self._unexpected(Text("运算符或结尾", "an operator or the end"))

    def _unexpected(self, expected: Text) -> FeelError:
        token = self._token
        if token.text == "'":
            expected = HINTS["'"]
        return unexpected(token.position, expected, token.text or "end")

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise too_big(Text("嵌套层数", "the nesting"), MAX_NESTING, self._token.position)
        yield
        self._nesting -= 1

    # -- names

    @contextmanager
    def _binding(self, *names: str) -> Iterator[None]:
        """Names that the text inside knows."""
        for name in names:
            self._bind(name)
        yield
        for name in names:
            self._bound[name] -= 1

    def _bind(self, name: str) -> None:
        self._bound[name] += 1
        self._longest = max(self._longest, length_of(name))

    def _is_bound(self, name: str) -> bool:
        return self._bound[name] > 0

    def _is_known(self, name: str) -> bool:
        return name in self._vocabulary.names or self._bound[name] > 0 or name in self._entries

    def _slice(self, length: int) -> str:
        """The next tokens as a name is written: one blank for any space between them."""
        words = self._tokens[self._index : self._index + length]
        text = words[0].text
        for before, word in pairwise(words):
            text += (" " if before.end < word.position else "") + word.text
        return text

    def _named(self, known: Callable[[str], bool], longest: int) -> int:
        """How many of the next tokens make the longest known name; 0 when none does."""
        found = 0
        text = ""
        last = self._token.position
        for length, token in enumerate(self._tokens[self._index : self._index + longest], start=1):
            if token.kind not in ("name", "keyword", "number") and token.text not in NAME_SYMBOLS:
                break
            text += (" " if length > 1 and last < token.position else "") + token.text
            last = token.end
            if (length > 1 or token.kind == "name") and known(text):
                found = length
        return found

    def _run_of_words(self) -> int:
        """How many tokens make a name that nobody has announced: one, or all words in a row in foreign models."""
        length = 1
        while self._vocabulary.lenient and self._tokens[self._index + length].kind in ("name", "number"):
            length += 1
        return length

    def _taken_name(self, length: int) -> str:
        name = self._slice(length)
        self._index += length
        return name

    def _path_name(self) -> str:
        length = self._named(self._is_known, self._longest)
        if not length and self._token.kind != "name":
            raise self._unexpected(Text("名称", "a name"))
        return self._taken_name(length or self._run_of_words())

    def _name_before(self, *ends: str) -> int:
        """How many tokens stand before one of these, if they can make a name; 0 otherwise."""
        length = 0
        while True:
            token = self._tokens[self._index + length]
            if token.kind != "string" and token.text in ends:
                return length
            if token.kind not in ("name", "keyword", "number") and token.text not in NAME_SYMBOLS:
                return 0
            if length == 0 and token.kind != "name" and token.text not in ("and", "or", "of"):
                return 0
            length += 1

    def _new_name(self, *ends: str) -> str:
        """A name that is introduced here and reaches until one of these."""
        length = self._name_before(*ends)
        if not length:
            if self._token.kind != "name":
                raise self._unexpected(Text("名称", "a name"))
            while self._token.kind in ("name", "number"):
                self._index += 1
            raise self._unexpected(Text("或".join(f"“{end}”" for end in ends), " or ".join(f"'{end}'" for end in ends)))
        return self._taken_name(length)

    # -- types

    def _type(self) -> Type:
        with self._deeper():
            for word, read in (("list", self._list_type), ("range", self._range_type), ("context", self._context_type)):
                if self._shows(word) and self._shows("<", ahead=1):
                    self._index += 2
                    return read()
            if self._take("function"):
                return self._function_type()
            return self._type_by_name()

    def _type_by_name(self) -> Type:
        longest = max(LONGEST_TYPE_NAME, self._longest)
        types = self._vocabulary.types
        length = self._named(lambda name: name in types or built_in_type(name) is not None, longest)
        if length:
            name = self._taken_name(length)
            return types.get(name) or built_in_type(name) or ANY
        raise self._unexpected(Text("类型，如 string、list<number>", "a type such as string or list<number>"))

    def _list_type(self) -> Type:
        of = self._type()
        self._expect(">")
        return ListType(of)

    def _range_type(self) -> Type:
        of = self._type()
        self._expect(">")
        return RangeType(of)

    def _context_type(self) -> Type:
        entries: list[tuple[str, Type]] = []
        while not self._take(">"):
            if entries:
                self._expect(",")
            name = self._new_name(":")
            self._expect(":")
            entries.append((name, self._type()))
        return ContextType(tuple(entries))

    def _function_type(self) -> Type:
        if not self._take("<"):
            return FunctionType((), ANY)
        parameters: list[Type] = []
        while not self._take(">"):
            if parameters:
                self._expect(",")
            parameters.append(self._type())
        self._expect("->")
        return FunctionType(tuple(parameters), self._type())
