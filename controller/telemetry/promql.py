"""PromQL text: literals that mean exactly the characters they were made from. What is asked lives in compiler.py."""

from collections.abc import Iterable

from controller.errors import InputRefused

_REGEXP_META = str.maketrans({character: f"\\{character}" for character in r"\.+*?()|[]{}^$"})
_STRING_ESCAPES = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\x7f": "\\x7f"}
    | {chr(code): f"\\x{code:02x}" for code in range(0x20) if chr(code) != "\n"}
)


def quote(text: str) -> str:
    """Return a PromQL string literal of exactly this text; raise InputRefused on text that UTF-8 cannot carry."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputRefused(f"{text!r} is not valid Unicode text; no label can hold it") from error
    return f'"{text.translate(_STRING_ESCAPES)}"'


def quote_regexp(text: str) -> str:
    """Return an RE2 expression that matches exactly this text (the characters Go's regexp.QuoteMeta escapes)."""
    return text.translate(_REGEXP_META)


def any_of(values: Iterable[str]) -> str:
    """Return an RE2 expression that matches exactly these texts; equal sets give equal expressions."""
    return "|".join(quote_regexp(value) for value in sorted(set(values)))
