r"""Derivations from LaTeX: rows of relations, as people write them.

``read_block`` cuts a display block into rows, rows into relations, and gives each side to the grammar. A relation that
cannot be read does not spoil the others. Nothing is evaluated here; `latex_tree` says what a tree holds.
"""

import itertools
import re
from dataclasses import dataclass, field, replace

from derivations.reading.latex_grammar import Refused, parse
from derivations.reading.latex_letters import read_letters
from derivations.reading.latex_names import with_names
from derivations.reading.latex_tree import Block, Relation, Tree, Unread
from derivations.reading.tex import CLOSING, OPENING, OPERANDS

__all__ = ["read_block"]

_INFIX = {"PLUS", "TIMES", "HADAMARD", "KRONECKER", "COLON", "SLASH"}
_SEPARATORS = {"CONNECTOR", "WORDS", "COMMA", "SEMICOLON", "PERIOD", "SPACE", "AMPERSAND", "MEMBER", "ARROW"}
_ASIDE = {"where", "with", "note", "here", "letting", "let", "setting", "writing", "defining"}
_CONDITION = {
    "for", "if", "when", "since", "because", "as", "given", "assuming", "using", "by", "from", "whenever", "unless",
    "at", "due", "in", "on",
}  # fmt: skip
_REASONS = {"since", "because", "if", "when", "where", "let", "with", "setting"}
"""What the last part of a sentence between formulas begins with, where the next formula is no claim of its own."""
_OPERATING = {"times", "plus", "minus", "over", "by", "per", "and", "or", "divided by", "multiplied by"}
"""Words that join two formulas: what stands after them is no remark."""
_NESTED = 120
_NAMES = {"name", "subscript", "label"}
_LAYOUT = {"ROW", "BEGIN", "END", "AMPERSAND", "SPACE", "WORDS", "CONNECTOR", "COMMA", "SEMICOLON", "PERIOD", "DOTS"}
"""Tokens that are no mathematics by themselves."""
_BETWEEN = {*OPENING, *CLOSING, *_INFIX, "MINUS", "RELATION", "MEMBER", "ARROW"}
"""Tokens that say nothing without what stands beside them."""
_SIGNS_ALONE = {"HADAMARD", "KRONECKER", "TIMES", "COLON", "PLUS", "MINUS", "SLASH", "NABLA", "PARTIAL"}
_UPDATES = {"+=": 1, "-=": -1}
_COMPARISONS = {"<", ">", "≤", "≥", "≠", "≪", "≫", "≺", "≻", "⪯", "⪰", "∼", "∝"}


def read_block(latex, names=None, macros=None, known=()):
    r"""Read a display block of LaTeX.

    Parameters
    ----------
    latex : str
        The block, without the delimiters around it.
    names : dict, optional
        LaTeX spellings and the names they stand for, ``{r"\pi": "p", "z_i": "z"}``; the longest is taken first.
    macros : dict, optional
        Expansions of commands that the block does not define, ``{r"\LR": r"\left(#1\right)"}``.
    known : iterable of str, optional
        Names that are declared: they decide what d, e, I, D, \sigma, \Sigma and \delta mean.

    Returns
    -------
    Block
        Its lines are `Relation` and `Unread`, in the order of the page.

    Raises
    ------
    ParseError
        For a text that is too long, nests too deeply, or whose macros never end.
    """
    tokens, labels, notes = read_letters(latex, names, macros, known)
    block = _Reader(latex, labels, known).block(tokens)
    block.lines = with_names([_noted(line, notes) for line in block.lines], known, names or ())
    return block


def _noted(line, notes):
    """A line with how its letters were taken."""
    taken = "; ".join(words for place, words in notes if line.start <= place < line.stop)
    return replace(line, taken=taken) if taken and isinstance(line, Relation) else line


@dataclass
class _Piece:
    """What stands between two separators."""

    tokens: list = field(default_factory=list)
    separators: list = field(default_factory=list)
    """The tokens before it."""
    aside: bool = False

    def signs(self):
        """The places of the relation signs outside all brackets."""
        return [i for i, depth, token in _depths(self.tokens) if not depth and token.kind in ("RELATION", "MAPS")]


@dataclass
class _Chain:
    """a = b = c, as far as it is read."""

    head: object
    last: object
    """The expression that a next relation goes on from, or None where it could not be read."""
    columns: set
    aside: bool
    begins: bool = False
    """Whether the row that is being read begins it, with an expression before its first sign."""
    condition: tuple = ()
    """Index, sign, index: the places for which its relations are said."""


def _depths(tokens):
    """(place, depth of brackets, token), for what stands between brackets and for the brackets themselves."""
    depth = 0
    for i, token in enumerate(tokens):
        if token.kind in CLOSING:
            depth -= 1
            yield i, depth + 1, token
            continue
        yield i, depth if token.kind not in OPENING else depth + 1, token
        if token.kind in OPENING:
            depth += 1


@dataclass
class _Shown:
    """A displayed row."""

    tokens: list
    apart: bool = False
    """Whether a section of a document begins with it: nothing before goes on in it."""
    inline: str = ""
    """Where it stands in a sentence, ``"inline"``, or ``"beside"`` after another one in the same paragraph."""
    prose: str = ""
    """The sentence before it."""


class _Reader:
    def __init__(self, source, labels, known):
        self.source, self.labels, self.known = source, list(labels), set(known)
        self.lines, self.chains = [], []
        self.condition = ()
        """Of the case that is being looked at, i = j or i ≠ j."""
        self.pending = []
        """Words that the next line is to have before it."""
        self.accounted = []
        """(start, stop) of what is in a line, in a remark or in a sentence."""
        self.alone = (None, ())
        """The line of an expression by itself, and its tokens: a row that begins with a sign goes on from it."""

    def block(self, tokens):
        """All lines of the block."""
        self.all, self.indices = tokens, _subscripted(tokens) - set(self.known)
        rows, after = self._with_prose(_rows(tokens))
        for shown in _joined(rows):
            _Row(self, shown).read()
        self._say_what_is_left()
        return Block(self.source, self.lines, _joined_words(*self.pending, after))

    def _with_prose(self, rows):
        """The rows that hold formulas, numbered, each with the sentence before it; and what is said at the end."""
        kept, prose, apart = [], [], False
        for k, shown in enumerate(rows):
            core = [t for t in shown.tokens if t.font != "between"]
            told = [t.text for t in shown.tokens if t.font == "between"]
            apart = apart or shown.apart
            if all(t.kind in ("SPACE", "AMPERSAND", "PERIOD", "COMMA") for t in core):
                prose += told
            elif shown.inline and not any(map(_is_claim, core)) and not _is_left_of(rows[k + 1 : k + 2]):
                self.account(core)  # with respect to $x$
                prose += [f"${self.text(core)}$", *told]
            else:
                kept.append(_Shown(core, apart, shown.inline, " ".join(prose)))
                prose, apart = told, False
        _number(kept)
        return kept, " ".join(prose)

    def account(self, tokens):
        self.accounted += [(t.start, t.stop) for t in tokens]

    def _say_what_is_left(self):
        """A line for all that is in no line, no remark and no sentence: mathematics is never dropped."""
        places = sorted(self.accounted)
        left, reach, k = [], -1, 0
        for token in sorted((t for t in self.all if t.kind not in _LAYOUT), key=lambda t: t.start):
            while k < len(places) and places[k][0] <= token.start:
                reach, k = max(reach, places[k][1]), k + 1
            if token.stop > reach and token.kind not in _BETWEEN:
                left.append(token)
        for token in left:
            self.unread(token.row, token.start, token.stop, "it was not read")

    # conditions on indices

    def on_indices(self, tokens):
        """The condition i = j or i ≠ j that tokens are, where both are indices in this block; else an empty tuple."""
        if [t.kind for t in tokens] != ["NAME", "RELATION", "NAME"] or tokens[0].text == tokens[2].text:
            return ()
        first, sign, second = (t.text for t in tokens)
        found = sign in ("=", "≠", "<", ">", "≤", "≥") and {first, second} <= self.indices
        return (first, sign, second) if found else ()

    def labelled(self, tokens):
        """A row that starts with a case, i = j: …, with its colon as what separates the two."""
        core = [t for t in tokens if t.kind not in ("SPACE", "AMPERSAND", "WORDS", "CONNECTOR")][:4]
        numbered = [t.kind for t in core] == ["NAME", "RELATION", "NUMBER", "COLON"] and core[1].text == "="
        if numbered and core[0].text in self.indices:  # j = 0: …
            self.account(core)
            return [t for t in tokens if not any(t is other for other in core)]
        if len(core) < 4 or core[3].kind != "COLON" or not self.on_indices(core[:3]):
            return tokens
        return [t.at("COMMA", ",") if t is core[3] else t for t in tokens]

    def hold(self, condition, before, current):
        """Say a condition of the relations since a place, or of those that follow where there are none."""
        relations = [i for i in range(before, len(self.lines)) if isinstance(self.lines[i], Relation)]
        for i in relations:
            self.lines[i] = replace(self.lines[i], condition=condition)
        if current is not None and relations:
            current.condition = condition
        else:
            self.condition = condition

    def chain(self, piece, signs, aside, current):
        """The relations of a piece: e₀ ~ e₁ ~ e₂ …."""
        tokens = piece.tokens
        self.accounted.append((min(t.start for t in tokens), max(t.stop for t in tokens)))
        first = tokens[: signs[0]]
        if tokens[signs[0]].kind == "MAPS":
            return self.mapping(piece, signs)
        if not first and self.lines and self.lines[-1] is self.alone[0]:
            self.lines.pop()
            first = self.alone[1]
        if first:
            left = self.expression(first)
            chain = _Chain(left, left, {tokens[signs[0]].column}, aside, True, self.condition)
            self.chains.append(chain)
            continued, started = False, min(t.start for t in first)
        else:
            chain = self.continued(tokens[signs[0]].column, aside, current)
            chain.begins = chain is current and current.begins
            left, continued, started = chain.last, chain.head is not None, tokens[signs[0]].start
        self.links(chain, tokens, signs, left, continued, started)
        return chain

    def links(self, chain, tokens, signs, left, continued, started):
        """The relations at the signs of a piece, from what stands on the left of the first."""
        ends = [*signs, len(tokens)]
        for k, sign in enumerate(signs):
            chain.columns.add(tokens[sign].column)
            part = tokens[sign + 1 : ends[k + 1]]
            said = not part or {t.kind for t in part} <= {"DOTS", "SPACE", "AMPERSAND", "OPERATOR"}  # a = … = b
            if said and k + 1 < len(signs):
                continue
            if not part:
                self.unread(
                    tokens[sign].row, tokens[sign].start, tokens[sign].stop, "a side of the relation is missing"
                )
                break
            right = self.expression(part)
            start, stop = self._place(started, max(t.stop for t in part))
            self.link(chain, left, right, tokens[sign].text, (part[0].row, start, stop), continued)
            self.under_braces(start, stop, part[0].row)
            if chain.head is None or tokens[sign].text in _COMPARISONS:
                chain.head = right
            chain.last, left = right, right
            continued = tokens[sign].text not in _COMPARISONS
            started = tokens[ends[k + 1]].start if k + 1 < len(signs) else stop

    def link(self, chain, left, right, sign, place, continued):
        """One relation of a chain, or why it could not be read."""
        row, start, stop = place
        head = chain.head if continued else left
        readable = [t for t in (left, head) if not isinstance(t, Unread)]
        if isinstance(right, Unread) or not readable:
            bad = right if isinstance(right, Unread) else left
            self.lines.append(Unread(row, bad.start, bad.stop, bad.reason, self.source[start:stop]))
            return
        left, head = readable[0], readable[-1]
        nothing = Tree("nothing", (), None, start, start)
        if sign in _UPDATES and (left is None or left.kind not in _NAMES):
            reason = "an update of what is no name"
            self.lines.append(Unread(row, start, stop, reason, self.source[start:stop]))
            return
        if sign in _UPDATES:  # w += a is w ← w + a
            right, sign = Tree("sum", (left, right), (1, _UPDATES[sign]), left.start, right.stop), "←"
        about = (left or nothing, right, sign)
        names_it = sign == ":=" and left is not None and left.kind not in _NAMES and right.kind in _NAMES
        if sign == "=:" or names_it:  # the name stands on the right
            about, continued = (right, left or nothing, ":="), False
        head = (head or nothing) if continued else about[0]
        source = self.source[start:stop]
        self.lines.append(Relation(*about, row, start, stop, continued, head, "", source, chain.condition))

    def continued(self, column, aside, current):
        """The chain that a row or a cell which starts with a relation sign goes on from."""
        if current is not None:
            next_cell = current.begins and column == max(current.columns) + 1  # a = b &= c
            if next_cell or column in current.columns or not any(column in c.columns for c in self.chains):
                return current
        main = [c for c in self.chains if not c.aside]
        found = next((c for c in reversed(main) if column in c.columns), main[-1] if main else None)
        if found is None:
            found = _Chain(None, None, set(), aside)
            self.chains.append(found)
        return found

    def mapping(self, piece, signs):
        """F : X ↦ …, a definition; Df_T : H ↦ …, a directional derivative."""
        tokens, at = piece.tokens, signs[0]
        colon = next((i for i, depth, t in _depths(tokens) if not depth and t.kind == "COLON" and i < at), None)
        row, start, stop = tokens[0].row, tokens[0].start, tokens[-1].stop
        if colon is None:
            return self.unread(row, start, stop, "a map without its name: f : X ↦ …")
        name, argument = self.expression(tokens[:colon]), self.expression(tokens[colon + 1 : at])
        end = signs[1] if len(signs) > 1 else len(tokens)
        body, stop = self.expression(tokens[at + 1 : end]), tokens[end - 1].stop
        for part in (name, argument, body):
            if isinstance(part, Unread):
                return self.unread(row, part.start, part.stop, part.reason)
        group = Tree("group", (argument,), "(", argument.start, argument.stop)
        if name.kind == "gradient":  # Df(T), the derivative that waits for its direction
            left = Tree("direction", (name.args[0], argument, *name.args[1:]), None, name.start, argument.stop)
        else:
            left = Tree("product", (name, group), ("",), name.start, argument.stop)
        self.lines.append(Relation(left, body, "=", row, start, stop, False, left, "", self.source[start:stop]))
        chain = _Chain(left, body, {tokens[at].column}, piece.aside)
        self.chains.append(chain)
        if len(signs) > 1:
            self.links(chain, tokens, signs[1:], body, True, tokens[signs[1]].start)
        return chain

    def under_braces(self, start, stop, row):
        """The relations in labels under the braces of a relation: X = a = b."""
        for label in [found for found in self.labels if start <= found[0] and found[1] <= stop]:
            self.labels.remove(label)
            tokens = label[2]
            piece = _Piece([t for t in tokens if t.kind not in _SEPARATORS])
            signs = piece.signs()
            if not signs:
                self.named_under_a_brace(label, row)
            if not signs or signs[0] > 0:
                continue
            above = self.expression(self._between(label[0], label[1]))
            if isinstance(above, Unread):
                continue
            for token in piece.tokens:
                token.row = row
            before = len(self.lines)
            self.links(_Chain(above, above, set(), True), piece.tokens, signs, above, False, piece.tokens[0].start)
            for i in range(before, len(self.lines)):
                if isinstance(self.lines[i], Relation):
                    self.lines[i] = replace(self.lines[i], remark="under a brace")

    def named_under_a_brace(self, label, row):
        """The z that a brace says its contents are, where the text goes on with z."""
        start, stop, tokens = label
        first = tokens[0] if tokens else None
        if first is None or first.kind != "NAME" or first.text in self.known | self.indices:
            return
        inside = self._between(start, stop)
        used = any(t.kind == "NAME" and t.text == first.text for t in self.all)
        left, right = self.expression(tokens), self.expression(inside)
        counted = any(t.kind == "DOTS" for t in inside)  # n terms
        if used and not counted and not isinstance(right, Unread) and getattr(left, "kind", "") in _NAMES:
            about = (left, right, ":=", row, start, stop, False, left, "under a brace", self.source[start:stop])
            self.lines.append(Relation(*about))

    def _between(self, start, stop):
        return [
            t for t in self.all if start <= t.start and t.stop <= stop and t.kind not in ("ROW", "AMPERSAND", "SPACE")
        ]

    # expressions

    def expression(self, tokens):
        """The tree of an expression, or Unread."""
        inner = [t for t in tokens if t.kind not in ("AMPERSAND", "SPACE")]
        while inner and inner[-1].kind in ("COMMA", "PERIOD", "SEMICOLON"):
            inner.pop()
        if not inner:
            first = (tokens or self.all)[0]
            return Unread(first.row, first.start, (tokens or [first])[-1].stop, "nothing stands here")
        try:
            tree = parse(inner)
        except Refused as error:
            return Unread(inner[0].row, error.start, error.stop, error.reason)
        if _is_deep(tree):
            return Unread(inner[0].row, tree.start, tree.stop, f"it nests more than {_NESTED} deep")
        return tree

    # what is said beside

    def text(self, tokens):
        return self.source[tokens[0].start : tokens[-1].stop] if tokens else ""

    def remark(self, words):
        """Put words beside the last relation, or before the next one where there is none."""
        last = self.lines[-1] if self.lines else None
        if words and isinstance(last, Relation):
            self.lines[-1] = replace(last, remark=f"{last.remark}; {words}" if last.remark else words)
        elif words:
            self.pending.append(words)

    def unread(self, row, start, stop, reason):
        self.lines.append(Unread(row, start, stop, reason, self.source[start:stop]))

    def _place(self, start, stop):
        """Widen a place until its braces balance."""
        depth = self.source.count("{", start, stop) - self.source.count("}", start, stop)
        while depth > 0 and stop < len(self.source) and self.source[stop] in "} \t\n":
            depth -= self.source[stop] == "}"
            stop += 1
        while depth > 0 and self.source[start] == "{":
            start, depth = start + 1, depth - 1
        while depth < 0 and self.source[stop - 1] == "}":
            stop, depth = stop - 1, depth + 1
        return start, stop


def _subscripted(tokens):
    """The letters that stand in subscripts and under δ."""
    found, depth = set(), 0
    for before, token in itertools.pairwise(tokens):
        opens = token.kind == "LEFT" and (depth or before.kind in ("SUB", "DELTA"))
        depth += opens - (token.kind == "RIGHT" and depth > 0)
        if depth and token.kind == "NAME":
            found.add(token.text)
    return found


def _joined_words(*words):
    return " ".join(filter(None, words))


def _is_range(pieces, place, signs):
    """I = 1, …, n."""
    piece = pieces[place]
    if len(signs) != 1 or any(t.kind not in ("NAME", "COMMA", "NUMBER") for t in piece.tokens[: signs[0]]):
        return False
    if any(t.kind == "NAME" and not (len(t.text) == 1 and t.text.islower()) for t in piece.tokens[: signs[0]]):
        return False
    right = piece.tokens[signs[0] + 1 :]
    if any(t.kind not in ("NAME", "NUMBER", "DOTS", "COMMA", "MINUS") for t in right):
        return False
    if {t.kind for t in right} == {"DOTS"} or (len(right) > 2 and right[-1].kind == "DOTS"):  # f = …, y = 2x…
        return False
    following = [t for after in pieces[place + 1 : place + 3] for t in after.tokens[:1]]
    return any(t.kind == "DOTS" for t in [*right, *following])


def _is_deep(tree):
    """Whether a tree nests deeper than what evaluates it may."""
    level, depth = [tree], 0
    while level and depth <= _NESTED:
        level, depth = [a for t in level for a in t.args], depth + 1
    return bool(level)


# ── rows of the page ──────────────────────────────────────────────────────────────────────────────────────────────


def _rows(tokens):
    """Displayed rows, sections of a document among them."""
    rows = [_Shown([])]
    for i, token in enumerate(tokens):
        if token.kind == "ROW" or (token.kind == "BEGIN" and _follows_end(tokens, i)):
            apart = token.kind == "ROW" and token.data is not None
            rows.append(_Shown([], apart, token.data if apart and token.data != "display" else ""))
        elif token.kind not in ("BEGIN", "END"):
            rows[-1].tokens.append(token)
    return rows


def _is_left_of(following):
    """Whether the section after an expression begins with a relation sign, so that the expression is its left side."""
    core = _core(following[0].tokens) if following else []
    return bool(core) and core[0].kind == "RELATION"


def _is_claim(token):
    """Whether a token makes of what stands in a sentence more than a name: a relation, or a sign never closed."""
    return token.kind in ("RELATION", "MAPS") or (token.kind == "BAD" and token.text in ("$", r"\("))


def _number(rows):
    """Tell the tokens of rows their row and column."""
    count, before = -1, ""
    for shown in rows:
        column = 0
        count += not (before and shown.inline == "beside")
        before = shown.inline
        for token in shown.tokens:
            column += token.kind == "AMPERSAND"
            token.row, token.column = count, column


def _follows_end(tokens, i):
    i -= 1
    while i >= 0 and tokens[i].kind == "SPACE":
        i -= 1
    return i >= 0 and tokens[i].kind == "END"


def _core(row):
    return [t for t in row if t.kind not in ("SPACE", "AMPERSAND")]


def _joined(rows):
    """Rows, those that go on in the next one joined with it."""
    out, depth, before_related = [], 0, False
    for shown in rows:
        row, core = shown.tokens, _core(shown.tokens)
        related = any(not inside and t.kind == "RELATION" for _, inside, t in _depths(row))
        before = out[-1].tokens if out else []
        apart = shown.apart and (shown.prose or not _is_torn(before, core, before_related, related))
        if out and not apart and (depth > 0 or _goes_on(before, row, core[0], before_related, related)):
            while before and _is_typed_again(before[-1], core[0]):
                before.pop()
            before += row[row.index(core[0]) :] if core[0].kind == "OPEN" else row
            before_related = before_related or related
        else:
            out.append(replace(shown, tokens=list(row)))
            depth, before_related = 0, related
        depth += sum((t.kind in OPENING) - (t.kind in CLOSING) for t in row)
    return out


def _is_torn(before, core, before_related, related):
    """Whether a display goes on with the one before it: a sign of a relation or of a sum stands where they meet."""
    last = next(reversed(_core(before)), None)
    if last is not None and last.kind in (*_INFIX, "MINUS", "RELATION"):
        return True
    if core[0].kind == "RELATION":
        return not before_related or len(core) == 1
    return core[0].kind == "PLUS" and not related and last is not None and last.kind not in ("PERIOD", "COMMA")


def _is_typed_again(last, first):
    """Whether a sign at the end of a row is typed again where the next one begins; a + before a − is the − alone."""
    if last.kind in ("SPACE", "AMPERSAND"):
        return first.kind in (*_INFIX, "MINUS", "RELATION")
    if last.kind == first.kind:
        return last.kind in (*_INFIX, "MINUS", "RELATION")
    return last.kind == "PLUS" and first.kind == "MINUS"


def _goes_on(before, row, first, before_related, related):
    """Whether a row goes on with the expression that the row before it began."""
    last = next((t for t in reversed(before) if t.kind not in ("SPACE", "AMPERSAND")), None)
    if first.kind in _INFIX or (last is not None and last.kind in (*_INFIX, "MINUS", "RELATION", "BIG")):
        return True
    indented = row[0].kind in ("AMPERSAND", "SPACE")
    if first.kind == "MINUS":
        return before_related and (not related or indented)
    if first.kind == "OPEN" and before_related and indented and last.kind not in ("COMMA", "PERIOD", "SEMICOLON"):
        return _is_only_a_factor(row)
    return not before_related and first.kind == "RELATION" and not any(t.kind in ("WORDS", "CONNECTOR") for t in before)


def _is_problem(tokens):
    """Whether an expression states a problem and claims nothing: min_w f(w)."""
    return tokens[0].kind == "OPERATOR" and tokens[0].text in ("max", "min", "argmax", "argmin") and len(tokens) > 1


def _is_only_a_factor(row):
    """Whether a row that begins with a bracket holds a formula: no words, no relation, and more than the number (2)."""
    if any(t.kind in ("RELATION", "WORDS", "CONNECTOR") or t.data == "word" for t in row):
        return False
    return any(t.kind == "NAME" for t in row)


# ── pieces of a row ───────────────────────────────────────────────────────────────────────────────────────────────


def _pieces(tokens):
    """Cut a row at what separates relations."""
    tokens = _with_full_stops(tokens)
    pieces, waiting = [_Piece()], []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind in OPENING:
            end = _end(tokens, i)
            beside = (tokens[i - 1] if i else None, next((t for t in tokens[end + 1 :] if t.kind != "AMPERSAND"), None))
            if token.kind == "OPEN" and _is_aside(token, tokens[i + 1 : end], pieces[-1].tokens, *beside):
                inner = _pieces(tokens[i + 1 : end])
                for piece in inner:
                    piece.aside = True
                waiting += inner
                pieces.append(_Piece(separators=[token.at("WORDS", "")]))
            else:
                pieces[-1].tokens += tokens[i : end + 1]
            i = end + 1
            continue
        if token.kind in _SEPARATORS and not (token.kind == "WORDS" and _is_factor(tokens, i)):
            if pieces[-1].tokens:
                pieces.append(_Piece(separators=[token]))
            else:
                pieces[-1].separators.append(token)
        else:
            pieces[-1].tokens.append(token)
        i += 1
    return _merged(pieces) + [p for p in waiting if p.tokens]


def _with_full_stops(tokens):
    """Tokens in which a full stop between two factors is a product: u.v, ½.xᵀx; one that ends a formula stays."""
    out = list(tokens)
    places = {i: depth for i, depth, t in _depths(tokens) if t.kind == "PERIOD" and 0 < i < len(tokens) - 1}
    for i, depth in places.items():
        before, after = tokens[i - 1], tokens[i + 1]
        glued = after.start == tokens[i].stop and not after.spaced
        operands = before.kind not in (*_SEPARATORS, *OPENING, *_INFIX, "RELATION") and after.kind in OPERANDS
        if operands and (depth or glued):
            out[i] = tokens[i].at("TIMES", r"\cdot")
    return out


def _end(tokens, i):
    """Where the bracket closes that opens at i."""
    depth = 0
    for k in range(i, len(tokens)):
        depth += (tokens[k].kind in OPENING) - (tokens[k].kind in CLOSING)
        if not depth:
            return k
    return len(tokens) - 1


def _is_aside(opening, inner, before, previous, following):
    """(where A = B), set apart from the formula; [z > 0] beside a factor or a sign is 1 or 0."""
    if not inner:
        return False
    goes_on = following is not None and following.kind not in (*_SEPARATORS, *CLOSING)
    if opening.text == "[" and goes_on and inner[0].kind not in ("WORDS", "CONNECTOR", "RELATION"):
        return False
    if inner[0].kind in ("WORDS", "CONNECTOR") or (inner[0].kind == "RELATION" and before):  # 2x (= 0)
        return True
    apart = not before or (previous is not None and previous.kind in ("SPACE", "AMPERSAND", "WORDS"))
    return apart and any(not depth and t.kind == "RELATION" for _, depth, t in _depths(inner))


def _is_factor(tokens, i):
    """Whether words stand in place of a factor or a side."""
    signs = (*_INFIX, "MINUS")
    before = next((t for t in reversed(tokens[:i]) if t.kind not in ("SPACE", "AMPERSAND")), None)
    after = next((t for t in tokens[i + 1 :] if t.kind not in ("SPACE", "AMPERSAND")), None)
    if before is not None and before.kind in signs:
        return True
    if after is not None and after.kind in ("TIMES", "HADAMARD", "COLON"):
        return True
    return (
        before is not None
        and before.kind == "RELATION"
        and (after is None or after.kind in (*signs, "PERIOD", "COMMA", "RELATION"))
    )


def _merged(pieces):
    """Join pieces that only space or & separates, where one does not stand by itself."""
    out, related = [], False
    for k, piece in enumerate(pieces):
        if not piece.tokens and not any(t.kind == "WORDS" for t in piece.separators):
            continue
        weak = all(t.kind in ("SPACE", "AMPERSAND") for t in piece.separators)
        maps = next((i for i, depth, t in _depths(piece.tokens) if not depth and t.kind == "MAPS"), None)
        if maps and out and any(t.kind == "MEMBER" for t in piece.separators):  # f : X ∈ M_n ↦ …
            out[-1].tokens += piece.tokens[maps:]
            related = True
            continue
        if out and out[-1].tokens and piece.tokens and weak:
            first, last = piece.tokens[0].kind, out[-1].tokens[-1].kind
            following = pieces[k + 1] if k + 1 < len(pieces) else None
            heads = following is not None and following.tokens and following.tokens[0].kind == "RELATION"
            explained = _explains(piece.tokens)
            goes_on = (first in (*_INFIX, "MINUS") or last in (*_INFIX, "MINUS", "RELATION", "BIG")) and not explained
            plain = (
                not heads
                and not explained
                and not piece.signs()
                and (not related or all(t.kind == "AMPERSAND" for t in piece.separators))
            )
            if goes_on or plain:
                out[-1].tokens += piece.tokens
                related = related or bool(piece.signs())
                continue
        out.append(piece)
        related = bool(piece.signs())
    return out


def _explains(tokens):
    """Whether a piece only says in words what a sign is: definition, or ⊙ = elementwise."""
    if [t.kind for t in (tokens[:1] + tokens[-1:])] == ["OPEN", "CLOSE"]:
        tokens = tokens[1:-1]
    sides = [[]]
    for token in tokens:
        if token.kind == "RELATION":
            sides.append([])
        else:
            sides[-1].append(token)
    worded = [bool(side) and all(t.data == "word" or t.kind == "WORDS" for t in side) for side in sides]
    signs = [len(side) == 1 and side[0].kind in _SIGNS_ALONE for side in sides]
    return all(worded) or (len(sides) == 2 and all(a or b for a, b in zip(worded, signs, strict=True)))


# ── what a row says ───────────────────────────────────────────────────────────────────────────────────────────────


class _Row:
    """The pieces of a row, one after the other: relations, remarks, conditions, and what cannot be read."""

    def __init__(self, reader, shown):
        self.reader, self.shown = reader, shown
        self.pieces = _pieces(reader.labelled(shown.tokens))
        self.waiting, self.current, self.remark = None, None, ""
        self.said = self.before = len(reader.lines)
        self.listing = False
        """Whether the piece before was a range or a list of names, which the next one may go on with."""

    def read(self):
        """Append the lines of the row."""
        for place in range(len(self.pieces)):
            self.piece(place)
        reader, tokens = self.reader, self.shown.tokens
        if self.current is not None:
            reader.remark(self.remark)
        if len(reader.lines) == self.said and any(t.kind == "MAPS" for t in tokens):
            reader.unread(tokens[0].row, tokens[0].start, tokens[-1].stop, "this map is not read")

    def piece(self, place):
        """What one piece says."""
        piece, (words, kind) = self.pieces[place], self.words(place)
        if not piece.tokens:
            self.remark = f"{self.remark} {words}".strip()
            return
        signs = piece.signs()
        member = any(t.kind in ("MEMBER", "ARROW") for t in piece.separators)
        ranging = _is_range(self.pieces, place, signs) or self.is_list_of_places(place)
        if condition := self.reader.on_indices(piece.tokens):
            self.tell(piece, words)
            self.reader.hold(condition, self.before, self.current)
        elif member or kind in _CONDITION or ranging or self.is_comment(piece):
            self.tell(piece, words)
            self.waiting = None if member else self.waiting
        elif not signs:
            self.without_sign(place, words)
        elif self.current is not None and piece.tokens[signs[0]].text in _COMPARISONS and signs[0] > 0:
            self.tell(piece, "")
        else:
            self.relation(piece, words, kind)
        self.listing = member or ranging or (self.listing and not signs)

    def is_list_of_places(self, place):
        """Whether a piece begins a list of values of an index: k = 1, 2."""
        tokens = self.pieces[place].tokens
        following = self.pieces[place + 1] if place + 1 < len(self.pieces) else None
        listed = following is not None and [t.kind for t in following.tokens] == ["NUMBER"]
        listed = listed and all(t.kind in ("COMMA", "SPACE") for t in following.separators)
        plain = [t.kind for t in tokens] == ["NAME", "RELATION", "NUMBER"]
        return bool(plain and listed and tokens[1].text == "=" and tokens[0].text in self.reader.indices)

    def words(self, place):
        """The words before a piece, and the one that says what it is."""
        words = " ".join(t.text for t in self.pieces[place].separators if t.kind == "WORDS")
        if words or place or not self.shown.prose:
            return words, words.split(" ")[0].lower().strip(".,:()") if words else ""
        *earlier, last = re.split(r"[.,:;!?()]", self.shown.prose.lower())
        last = last.split()
        last = last[1:] if last[:1] and last[0] in ("and", "but", "so") else last
        kind = last[0] if last and last[0] in _REASONS else ""
        return "", "" if kind in ("since", "because") and earlier else kind  # after a claim, its reason is one too

    def is_comment(self, piece):
        """Whether a piece is made of words alone: (Logarithmic derivative = Jacobi), ⊙ = elementwise."""
        known = any(t.data == "word" and t.text in self.reader.known for t in piece.tokens)
        beside = piece.aside or any(t.kind in ("SPACE", "AMPERSAND") for t in piece.separators)
        return beside and not known and _explains(piece.tokens)

    def without_sign(self, place, words):
        """An expression by itself: the left side of the next piece, a remark, or what cannot be read."""
        piece, reader = self.pieces[place], self.reader
        following = self.pieces[place + 1] if place + 1 < len(self.pieces) else None
        if following is not None and following.tokens and following.tokens[0].kind == "RELATION":
            self.waiting = piece
            return
        beside = self.current is not None or following is not None
        if beside and self.is_remark(place, words):
            self.tell(piece, words)
            return
        reader.account(piece.tokens)
        first, last = piece.tokens[0], piece.tokens[-1]
        if len(reader.lines) > self.said and isinstance(reader.lines[-1], Relation):  # what it belongs to is not judged
            line = reader.lines.pop()
            shown = reader.text(piece.tokens)
            reader.unread(line.row, line.start, last.stop, f"what follows it, {shown}, is no relation and no remark")
        else:
            bad = next((t.data for t in piece.tokens if t.kind == "BAD"), None)
            problem = "a problem is stated, and nothing is claimed" if _is_problem(piece.tokens) else None
            alone = "an expression by itself: no relation sign stands beside it"
            reader.unread(first.row, first.start, last.stop, bad or problem or alone)
            reader.alone = (reader.lines[-1], piece.tokens)

    def is_remark(self, place, words):
        """Whether an expression without a relation sign is said about what stands beside it."""
        piece = self.pieces[place]
        if words:
            return words.split(" ")[-1].lower().strip(".,:()") not in _OPERATING
        if self.listing or piece.aside or not any(t.kind in OPERANDS for t in piece.tokens):
            return True
        kinds = [t.kind for t in piece.tokens]
        kinds = [k for k in kinds if k != "DOTS"] if len(kinds) > 3 else kinds
        if len(kinds) == 3 and kinds[::2] == ["OPEN", "CLOSE"] and kinds[1] in ("NUMBER", "NAME", "DOTS"):
            return True  # (1), ⋯ (1)
        for following in self.pieces[place + 1 :]:  # x, y ∈ ℝ, f : ℝ → ℝ
            if any(t.kind in ("MEMBER", "ARROW") for t in following.separators):
                return True
            if following.signs() or any(t.kind != "COMMA" for t in following.separators):
                return False
        return False

    def tell(self, piece, words):
        """Record a piece as a remark on the last relation."""
        self.reader.account(piece.tokens)
        self.reader.remark(f"{words} {self.reader.text(piece.tokens)}".strip())

    def relation(self, piece, words, kind):
        """The relations of a piece."""
        reader = self.reader
        if self.waiting is not None:
            piece = _Piece([*self.waiting.tokens, *piece.tokens], piece.separators, piece.aside)
            self.waiting = None
        self.before = len(reader.lines)
        self.current = reader.chain(piece, piece.signs(), kind in _ASIDE or piece.aside, self.current)
        if len(reader.lines) > self.before:
            told = _joined_words(*reader.pending, self.shown.prose, words)
            reader.lines[self.before] = replace(reader.lines[self.before], before=told)
            self.shown.prose, reader.pending = "", []
        if any(isinstance(line, Relation) and not line.remark for line in reader.lines[self.before :]):
            reader.remark(words)
