"""The parser of ``latex.lark``: its tables are made at its first use, or taken from a file that a build has made.

Imported when the first expression is read: who derives from NumPy alone needs no Lark.
"""

from importlib import resources
from pathlib import Path

import lark

TABLES = Path(__file__).with_name("latex.tables")
"""Where a build may keep the tables. Lark takes them for this place and grammar, its version and Python's, alone."""


class Passed(lark.lexer.Lexer):
    """The tokens are made already."""

    def __init__(self, _):
        pass

    def lex(self, tokens):
        """Each of them as Lark's own."""
        for token in tokens:
            yield lark.Token(token.kind, token)


def parser(builder, cache=None):
    """The parser of one side of a relation, which calls the builder as it goes.

    Parameters
    ----------
    builder : lark.Transformer or None
    cache : bool, optional
        Whether the tables are taken from their file, and written where it has none that fit; by default where there
        is a file.
    """
    grammar = resources.files(__package__).joinpath("latex.lark").read_text(encoding="utf-8")
    kept = TABLES.is_file() if cache is None else cache
    return lark.Lark(
        grammar,
        parser="lalr",
        lexer=Passed,
        transformer=builder,
        maybe_placeholders=True,
        cache=str(TABLES) if kept else False,
    )
