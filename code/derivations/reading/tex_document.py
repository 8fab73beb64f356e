r"""What of a pasted text is mathematics: only what stands between the signs of mathematics, where there are any.

A text with $…$, $$…$$, \(…\), \[…\], environments of whole displays, or fences is a document: each of these is a
section of its own, and nothing joins two of them. What stands between them is prose, one token a stretch, and stays
with the formula after it. A text without any of these is mathematics as a whole, and where nothing else ends its rows,
its lines are its rows.
"""

import re

from derivations.reading.tex import Token
from derivations.reading.tex_words import RELATIONS, ROWS

_CLOSED_BY = {"$": "$", "$$": "$", r"\(": r"\)", r"\[": r"\]"}
"""The first token of what closes each sign."""
_INLINE = ("$", r"\(")
_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*\{?(\w*)[^\n]*$", re.M)
_MATHEMATICS = {"", "math", "latex", "tex", "katex", "asciimath"}
_FORMULA = re.compile(r"=|\\(?:frac|partial|nabla|sum|mathbf|alpha|beta|theta|lambda|sigma)\b")


def without_fences(text):
    """The text with $$ for the fences of mathematics, and blanks for other blocks of code; no place moves."""
    if _QUOTED_SIGN.search(text):  # > $$ … $$
        text = _QUOTED.sub(lambda found: _blank(found[0]), text)
    out, opened, place = [], None, 0
    for found in _FENCE.finditer(text):
        mark, language = found[1], found[2].lower()
        if opened is None:
            opened, mathematics = mark, language in _MATHEMATICS
            out.append(text[place : found.start()])
        elif mark.startswith(opened) and not language:
            opened = None
            inside = text[place : found.start()]
            out.append(inside if mathematics else _blank(inside))
        else:
            continue
        out.append("$$" + " " * (len(found[0]) - 2) if mathematics else _blank(found[0]))
        place = found.end()
    whole = re.sub(r"(?<!\\)\$`([^`$]*)`\$", r"$ \1 $", "".join(out) + text[place:])
    return _with_percentages(whole) if _DELIMITER.search(whole) else _without_labels(_with_bare_brackets(whole))


_QUOTED_SIGN = re.compile(r"^[ \t]*>[ \t>]*(\$\$|\\\[|\\begin\b)", re.M)
_QUOTED = re.compile(r"^[ \t]*>[ \t>]*", re.M)
_DELIMITER = re.compile(r"\$|\\[(\[]")
_BARE = re.compile(r"^[ \t]*(\[)(?:[ \t]*\n[\s\S]{0,1500}?^[ \t]*| [^\n]* )(\])[ \t]*[.,]?[ \t]*$", re.M | re.S)
_NUMBERED = re.compile(r"^[ \t]*(?:\((\d+)\)|(\d+)[.)])(?=[ \t])", re.M)
_NUMBER_BESIDE = re.compile(r"(?<=[ \t]{2})\(\d+(?:\.\d+)?\)(?=[ \t]*$)", re.M)
_TITLE = re.compile(r"^[ \t]*(?:•|\*{0,2}[A-Za-z]{3,}(?: [A-Za-z]+)*(?: ?\d+)?:\*{0,2})(?=[ \t][^\n]*=)", re.M)


def _with_bare_brackets(text):
    """A text in which brackets on lines of their own are the signs of displays that lost their backslashes."""
    out, place = [], 0
    for found in _BARE.finditer(text):
        out += [text[place : found.start(1)], "$", text[found.end(1) : found.start(2)], "$"]
        place = found.end(2)
    return "".join(out) + text[place:]


def _without_labels(text):
    """Lines without what only counts or names them: (1) and 1. where they go up one by one, (2) apart, Step 1:, •."""
    numbers = [int(found[1] or found[2]) for found in _NUMBERED.finditer(text)]
    counted = len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    for pattern in (*([_NUMBERED] if counted else []), _NUMBER_BESIDE, _TITLE):
        text = pattern.sub(lambda found: _blank(found[0]), text)
    return text


_SIGN = re.compile(
    r"\\(?P<other>[\\$%])|(?P<dollar>\$+)|\\(?P<opens>[(\[]|begin\b)|\\(?P<closes>[)\]]|end\b)|(?<=\d)(?P<hundredth>%)(?=[\s.,;:)])"
)


def _with_percentages(text):
    """A document in whose prose 50% is a number, and the sign no comment; the sign is one that TeX does not know."""
    kinds = [found.lastgroup for found in _SIGN.finditer(text)]
    if "hundredth" not in kinds or not {"dollar", "opens"} & {*kinds}:
        return text
    out, place, depth, dollars = [], 0, 0, False
    for found in _SIGN.finditer(text):
        depth += (found.lastgroup == "opens") - (found.lastgroup == "closes")
        dollars ^= found.lastgroup == "dollar"
        if found.lastgroup == "hundredth" and depth <= 0 and not dollars:
            out += [text[place : found.start()], "％"]
            place = found.end()
    return "".join(out) + text[place:]


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def sections(raw):
    r"""Raw tokens with a ``section`` where one begins, and ``prose`` between.

    The data of a section is ``"display"``, ``"inline"``, or ``"beside"`` for one in the paragraph of the one before.

    Parameters
    ----------
    raw : list of Token
        Raw tokens, macros replaced.
    """
    pieces = list(_stretches(raw))
    delimited = any(sign in _CLOSED_BY for sign, *_ in pieces)
    if delimited:  # what stands outside the signs is prose, and so is what braces hold there: \footnote{… $x$ …}
        pieces = list(_stretches(raw, within_braces=True))
    outside = [tokens for sign, tokens, _ in pieces if sign is None]
    if not delimited and (len(pieces) == 1 or any(map(_is_formula, outside))):
        return _by_lines(raw)
    out, before, told, typed = [], "display", "", []
    for sign, tokens, closed in pieces:
        if sign is None:
            tokens, typed = _typed_outside(tokens)
            out += _told(tokens)
            told = "".join(t.text for t in tokens)
            continue
        first, body = tokens[0], tokens[1:] if sign in _CLOSED_BY else tokens
        manner = "inline" if sign in _INLINE else "display"
        beside = manner == before == "inline" and not re.search(r"\\\\|\n\s*\n", told)
        goes_on = before == "inline" and typed and typed[0].text in RELATIONS  # $a$ = $b$
        out += [] if goes_on else [first.at("section", sign, "beside" if beside else manner)]
        out += [*typed, *body]
        before, told, typed = manner, "", []
        if not closed:
            out.append(first.at("unclosed", sign, f"this {sign} is never closed"))
    return [*out, raw[-1].at("section", "", "display")] if raw else out


def _typed_outside(tokens):
    """Prose, and what of it is mathematics that was typed without the signs: c = $b$, and the = of $a$ = $b$."""
    words = "".join(t.text for t in tokens)
    found = re.search(r"^\s*=\s*$|(?<=\s)[A-Za-z]\s*=\s*$|^[A-Za-z]\s*=\s*$", words)
    length, place = len(found[0]) if found else 0, len(tokens)
    while length > 0:
        place -= 1
        length -= len(tokens[place].text)
    return tokens[:place], [t for t in tokens[place:] if t.kind != "space"]


def _stretches(raw, within_braces=False):
    r"""(sign or environment or None, tokens, whether it is closed), the opening sign among the tokens.

    Signs that stand in braces, \text{if $x > 0$}, begin a stretch only where they are asked for.
    """
    outside, depth, i = [], 0, 0
    while i < len(raw):
        sign = _opening(raw, i) if within_braces or not depth else None
        if sign is None:
            depth = max(0, depth + (raw[i].text == "{") - (raw[i].text == "}"))
            outside.append(raw[i])
            i += 1
            continue
        if outside:
            yield None, outside, True
            outside = []
        end, after = _end(raw, i, sign)
        length = 2 if sign == "$$" else 1
        body = raw[i + length : end] if sign in _CLOSED_BY else raw[i + 1 : end]
        yield sign, [raw[i], *body], after is not None
        i = len(raw) if after is None else after
    if outside:
        yield None, outside, True


def _opening(raw, i):
    """The sign or the environment of a display that opens here, or None."""
    text = raw[i].text
    if text == "$":
        return "$$" if _is_double(raw, i) else "$"
    if text in _CLOSED_BY:
        return text
    name = _environment(raw, i) if text == r"\begin" else ""
    return name if name in ROWS else None


def _is_double(raw, i):
    return i + 1 < len(raw) and raw[i + 1].text == "$" and raw[i + 1].start == raw[i].stop


def _environment(raw, i):
    """The name in the braces after the command that begins or ends an environment."""
    name, k = "", i + 2
    while k < len(raw) and raw[k].text != "}" and raw[i + 1].text == "{":
        name, k = name + raw[k].text, k + 1
    return name.rstrip("*")


def _end(raw, i, sign):
    """(where what a sign opened ends, where the text goes on); None for the second where it is never closed."""
    depth, k = 0, i + (2 if sign == "$$" else 1)
    while k < len(raw):
        text = raw[k].text
        if sign not in _CLOSED_BY:
            if text == r"\end" and _environment(raw, k) == sign:
                while k < len(raw) and raw[k].text != "}":
                    k += 1
                return k + 1, k + 1
        elif not depth and text == _CLOSED_BY[sign] and (sign != "$$" or _is_double(raw, k)):
            return k, k + (2 if sign == "$$" else 1)
        depth = max(0, depth + (text == "{") - (text == "}"))
        k += 1
    return len(raw), None


def _is_formula(tokens):
    """Whether what stands outside of displays is mathematics as well: a block in which one display is nested."""
    words = "".join(t.text for t in tokens)
    plain = re.sub(r"\\[A-Za-z]+", "", words)
    return bool(re.search(r"=|\\\\|\\frac|\^|_|&", words)) or not re.search("[A-Za-z]{2}", plain)


def _told(tokens):
    """Prose as a token; a line of it that is a formula and no sentence stays, to be said to be outside."""
    words = "".join(t.text for t in tokens)
    shown = " ".join(words.replace(r"\\", " ").split())
    if not shown.strip("& "):
        return []
    told = [Token("prose", shown, tokens[0].start, tokens[-1].stop)]
    for line in words.split("\n"):
        if _FORMULA.search(line) and len(re.findall(r"(?<![\\A-Za-z])[A-Za-z]{3,}", line)) < 3:
            why = "it stands outside the signs of mathematics; put it between dollar signs, or take the other signs out"
            return [*told, tokens[0].at("section", "", "display"), Token("outside", line, *_place(tokens), data=why)]
    return told


def _place(tokens):
    solid = [t for t in tokens if t.kind != "space"] or tokens
    return solid[0].start, solid[-1].stop


def _by_lines(raw):
    """Raw tokens with a row for each line, where nothing else ends rows and two lines or more hold a relation."""
    if any(t.text in (r"\\", r"\cr", r"\newline", r"\begin", "&", "\\\n") for t in raw):
        return raw
    lines, depth = [[]], 0
    for token in raw:
        depth += (token.text in _OPENS) - (token.text in _CLOSES)
        if token.kind == "space" and "\n" in token.text and depth <= 0:
            lines.append([])
        lines[-1].append(token)
    related = [any(t.text in RELATIONS for t in line) for line in lines]
    worded = [not holds and _is_wording(line) for line, holds in zip(lines, related, strict=True)]
    if not sum(related) or sum(related) + any(worded) < 2:
        return raw
    out = []
    for line, holds, words in zip(lines, related, worded, strict=True):
        if words:
            told = " ".join("".join(t.text for t in line).split())
            out += [line[0].at("row", ""), Token("prose", told, line[0].start, line[-1].stop), line[-1].at("row", "")]
        else:
            out += [line[0].at("row", ""), *line] if holds and out else line
    return out


def _is_wording(line):
    """Whether a line without a relation is a sentence: two words or more, and no sign of mathematics."""
    words = "".join(t.text for t in line)
    return len(re.findall(r"[A-Za-z]{2,}", words)) > 1 and not re.search(r"[\\^_{}+*/|]", words)


_OPENS = {"{", "(", "[", r"\{", r"\left"}
_CLOSES = {"}", ")", "]", r"\}", r"\right"}
