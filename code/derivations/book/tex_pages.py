r"""The displayed equations of a ``.tex`` file: ``$$ … $$``, ``\[ … \]`` and the environments of amsmath."""

import re

_VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting|minted|comment)(\*?)\}.*?(?:\\end\{\1\2\}|\Z)", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*")
_SIGN = re.compile(
    r"\\\[|\\begin\{(?P<name>(?:equation|displaymath|align|alignat|flalign|gather|multline|eqnarray)\*?)\}|\\.|\$\$?",
    re.DOTALL,
)
"""Where an equation begins; an escaped sign, as in \\[2pt], is none."""
_ABOVE = re.compile(r"(?:^[ \t]*%[^\n]*\n)+[ \t]*\Z", re.MULTILINE)
"""The comments on the lines directly above, where LaTeX has them as well as inside."""
_LABEL = re.compile(r"\\label\{([^{}]*)\}")


def displays(text, first=1):
    r"""Find the displayed equations of LaTeX.

    Parameters
    ----------
    text : str
        A document, or a part of one.
    first : int
        The number of its first line.

    Yields
    ------
    (int, str, str or None, bool, str)
        The line, the LaTeX with its comments and what is declared on the lines directly above, without its delimiters
        (an environment keeps its own), its ``\label``, True, and
        ``"dollar"``, ``"amsmath"``, or ``"unclosed"`` with the sign that opens it.
    """
    whole = _blank(_VERBATIM, text)
    bare = _COMMENT.sub(lambda found: found[1] + " " * (len(found[0]) - len(found[1])), whole)
    place = 0
    while opened := _SIGN.search(bare, place):
        sign, name, before, place = opened[0], opened["name"], place, opened.end()
        if sign[0] == "\\" and not name and sign != r"\[":
            continue
        closing = rf"\end{{{name}}}" if name else r"\]" if sign == r"\[" else sign
        end = _closed(bare, closing, place)
        if end < 0 and sign == "$":
            continue
        line = first + text.count("\n", 0, opened.start())
        if end < 0:
            yield line, sign, None, True, "unclosed"
        elif sign != "$":
            above = _ABOVE.search(whole, before, opened.start())
            said = [row.strip() for row in above[0].splitlines() if re.search("[:=]", row)] if above else []
            inside = _below(said, text[place : end + len(closing) if name else end])
            label = _LABEL.search(bare, place, end)
            yield (
                line - len(said),
                sign * bool(name) + inside,
                label and label[1],
                True,
                "amsmath" if name else "dollar",
            )
        place = end + len(closing) if end >= 0 else place


def _below(said, inside):
    """What stands inside below what was said above: as many lines more, and no blank one behind a comment."""
    own_line = inside.lstrip(" \t").startswith("\n")
    return "".join(f"\n{row}" if own_line else f"{row}\n" for row in said) + inside


def _blank(pattern, text):
    """A text in which what is found is blank, line by line."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _closed(bare, closing, place):
    """Where the sign that closes stands, or -1; in a formula, a paragraph ends what was never closed."""
    for found in re.compile(r"\\\\|" + re.escape(closing) + r"|\\.", re.DOTALL).finditer(bare, place):
        if found[0] == closing:
            return -1 if closing == "$" and "\n\n" in bare[place : found.start()] else found.start()
    return -1
