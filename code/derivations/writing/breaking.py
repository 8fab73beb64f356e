"""Lines that fit: formulas broken at a sum or after a colon, in plain text by columns and in LaTeX by ems."""

import re

from derivations.formulas import names

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|.", re.DOTALL)
_EMS = {
    **dict.fromkeys("+-=:", 1.3),
    **dict.fromkeys("()[]|,.'", 0.35),
    **dict.fromkeys((r"\odot", r"\oslash", r"\otimes", r"\times", r"\le", r"\ge", r"\ne", r"\to"), 1.25),
    **dict.fromkeys(" {}^_&", 0),
    **dict.fromkeys((r"\left", r"\right", r"\mathbf", r"\mathcal", r"\operatorname", r"\text", r"\small", r"\Big"), 0),
    **dict.fromkeys((r"\frac", r"\tfrac", r"\begin", r"\end", r"\hat", r"\bar", r"\tilde", r"\top"), 0),
    **{r"\,": 0.17, r"\quad": 1, r"\qquad": 2, r"\sum": 1.5, r"\sqrt": 0.8},
}
"""How wide a token is; a letter takes 0.6, and so does what is not listed, such as ``\\sigma``."""


def text_lines(text, room):
    """A formula in plain text as lines of at most `room` columns, the later ones set in by two."""
    cuts, depth = [], 0
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if text[place : place + 3] in (" + ", " - ", " : "):
            cuts.append((depth + 0.5, place + 3) if text[place + 1] == ":" else (depth, place + 1))
    return [("  " if i else "") + line for i, line in enumerate(_pieces(text, cuts, room, 2, names.width))]


def latex_lines(latex, room):
    """A formula in LaTeX as pieces of at most `room` ems, the later ones set in by two; braces are never broken."""
    cuts, depth, held = [], 0, 0
    for token in _TOKEN.finditer(latex):
        sign, place = token[0], token.start()
        held += (sign in ("{", r"\left", r"\begin")) - (sign in ("}", r"\right", r"\end"))
        depth += (sign in "([") - (sign in ")]")
        if not held and latex[place - 1 : place + 2] in (" + ", " - ", " : "):
            cuts.append((depth + 0.5, place + 2) if sign == ":" else (depth, place))
    return _pieces(latex, cuts, room, 2, ems)


def ems(latex):
    """About how wide a formula in LaTeX is, in ems; of a fraction, both sides."""
    shrunk = re.sub(r"\\operatorname\{(\w+)\}|\\(?:log|exp|max|sin|cos|tanh|det)\b", "abcd", latex)
    return sum(_EMS.get(token[0], 0.6) for token in _TOKEN.finditer(shrunk))


def _pieces(text, cuts, room, indent, width):
    """A text cut where it does not fit at places, (depth, place) pairs: outside brackets first, as late as may be."""
    lines, start = [], 0
    while width(text[start:]) + indent * bool(lines) > room:
        further = [cut for cut in cuts if cut[1] > start]
        fitting = [cut for cut in further if width(text[start : cut[1]].rstrip()) + indent * bool(lines) <= room]
        if not further:
            break
        least = min(fitting or further[:1])[0]
        end = max(place for depth, place in fitting or further[:1] if depth == least)
        lines.append(text[start:end].rstrip())
        start = end
    return [*lines, text[start:].rstrip()]
