"""Takes PromQL apart into its string literals and everything around them, as Prometheus' lexer would."""

import re

_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"', re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)", re.DOTALL)


def skeleton(query: str) -> str:
    """Return the query with every string literal replaced by a placeholder."""
    return _LITERAL.sub("§", query)


def literals(query: str) -> list[str]:
    """Return the texts that the query's string literals mean."""
    return [_ESCAPE.sub(_meaning, literal[1:-1]) for literal in _LITERAL.findall(query)]


def _meaning(escape: re.Match[str]) -> str:
    code = escape[1]
    return {"n": "\n"}.get(code) or (chr(int(code[1:], 16)) if len(code) > 1 else code)
