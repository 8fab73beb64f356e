r"""Derivations from LaTeX: rows of relations, as people write them.

``read_block`` cuts a display block into rows, rows into relations, and gives each side to the grammar. A relation that
cannot be read does not spoil the others. Nothing is evaluated here; `latex_tree` says what a tree holds.
"""

import itertools
from dataclasses import dataclass, field, replace

from derivations.notation.latex_grammar import Refused, parse
from derivations.notation.latex_letters import read_letters
from derivations.notation.latex_printing import to_latex
from derivations.notation.latex_tree import Block, Relation, Tree, Unread

__all__ = ["read_block", "to_latex"]

_INFIX = {"PLUS", "TIMES", "HADAMARD", "KRONECKER", "COLON", "SLASH"}
_SEPARATORS = {"CONNECTOR", "WORDS", "COMMA", "SEMICOLON", "PERIOD", "SPACE", "AMPERSAND", "MEMBER", "ARROW"}
_OPENING = {"OPEN", "LEFT", "BARLEFT", "NORMLEFT", "ANGLELEFT", "MATRIX", "CASES", "ATLEFT"}
_CLOSING = {"CLOSE", "RIGHT", "BARRIGHT", "NORMRIGHT", "ANGLERIGHT", "ENDMATRIX", "ATRIGHT"}
_ASIDE = {"where", "with", "note", "here", "letting", "let", "setting", "writing", "defining"}
_CONDITION = {
    "for", "if", "when", "since", "because", "as", "given", "assuming", "using", "by", "from", "whenever", "unless",
    "at", "due", "in", "on",
}  # fmt: skip
_REASONS = {"since", "because", "if", "when", "where", "let", "with"}
"""What a sentence between formulas begins with, where the next formula is no claim of its own."""
_NESTED = 120
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
    tokens, labels = read_letters(latex, names, macros, known)
    return _Reader(latex, labels, known).block(tokens)


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
        if token.kind in _CLOSING:
            depth -= 1
            yield i, depth + 1, token
            continue
        yield i, depth if token.kind not in _OPENING else depth + 1, token
        if token.kind in _OPENING:
            depth += 1


class _Reader:
    def __init__(self, source, labels, known):
        self.source, self.labels, self.known = source, list(labels), known
        self.lines, self.chains = [], []
        self.condition = ()
        """Of the case that is being looked at, i = j or i ≠ j."""

    def block(self, tokens):
        """All lines of the block."""
        self.all, self.indices = tokens, _subscripted(tokens) - set(self.known)
        for row in _joined(_rows(tokens)):
            self.row(row)
        return Block(self.source, self.lines)

    # rows

    def row(self, tokens):
        """The relations of a row that stands for itself."""
        pieces = _pieces(self._labelled(tokens))
        waiting, remark, current, said = None, "", None, len(self.lines)
        before = said
        for place, piece in enumerate(pieces):
            words = " ".join(t.text for t in piece.separators if t.kind == "WORDS")
            kind = words.split(" ")[0].lower().strip(".,:()") if words else ""
            told = any(t.font == "between" for t in piece.separators)
            kind = "" if told and kind not in _REASONS else kind
            member = any(t.kind in ("MEMBER", "ARROW") for t in piece.separators)
            signs = piece.signs()
            if not piece.tokens:
                remark = f"{remark} {words}".strip()
                continue
            if condition := self._on_indices(piece.tokens):
                self._remark(f"{words} {self._text(piece.tokens)}".strip())
                self._hold(condition, before, current)
                continue
            if member or kind in _CONDITION or _is_range(pieces, place, signs):
                self._remark(f"{words} {self._text(piece.tokens)}".strip())
                waiting = None if member else waiting
                continue
            worded = all(t.kind == "RELATION" or (t.kind == "NAME" and t.data == "word") for t in piece.tokens)
            if piece.aside and worded:  # (Logarithmic derivative = Jacobi)
                self._remark(self._text(piece.tokens))
                continue
            if not signs:
                following = pieces[place + 1] if place + 1 < len(pieces) else None
                if following is not None and following.tokens and following.tokens[0].kind == "RELATION":
                    waiting = piece
                elif current is not None or following is not None:
                    self._remark(f"{words} {self._text(piece.tokens)}".strip())
                else:
                    first, last = piece.tokens[0], piece.tokens[-1]
                    self._unread(
                        first.row, first.start, last.stop, "an expression by itself: no relation sign stands beside it"
                    )
                continue
            if current is not None and piece.tokens[signs[0]].text in _COMPARISONS and signs[0] > 0:
                self._remark(self._text(piece.tokens))
                continue
            if waiting is not None:
                piece = _Piece([*waiting.tokens, *piece.tokens], piece.separators, piece.aside)
                signs, waiting = piece.signs(), None
            before = len(self.lines)
            current = self.chain(piece, signs, kind in _ASIDE or piece.aside, current)
            if any(isinstance(line, Relation) and not line.remark for line in self.lines[before:]):
                self._remark(words)
        if current is not None:
            self._remark(remark)
        if len(self.lines) == said and any(t.kind == "MAPS" for t in tokens):
            self._unread(tokens[0].row, tokens[0].start, tokens[-1].stop, "this map is not read")

    # conditions on indices

    def _on_indices(self, tokens):
        """The condition i = j or i ≠ j that tokens are, where both are indices in this block; else an empty tuple."""
        if [t.kind for t in tokens] != ["NAME", "RELATION", "NAME"] or tokens[0].text == tokens[2].text:
            return ()
        first, sign, second = (t.text for t in tokens)
        found = sign in ("=", "≠", "<", ">", "≤", "≥") and {first, second} <= self.indices
        return (first, sign, second) if found else ()

    def _labelled(self, tokens):
        """A row that starts with a case, i = j: …, with its colon as what separates the two."""
        core = [t for t in tokens if t.kind not in ("SPACE", "AMPERSAND", "WORDS", "CONNECTOR")][:4]
        if len(core) < 4 or core[3].kind != "COLON" or not self._on_indices(core[:3]):
            return tokens
        return [t.at("COMMA", ",") if t is core[3] else t for t in tokens]

    def _hold(self, condition, before, current):
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
        ends = [*signs, len(tokens)]
        first = tokens[: signs[0]]
        if tokens[signs[0]].kind == "MAPS":
            return self.mapping(piece, signs)
        if first:
            left = self.expression(first)
            chain = _Chain(left, left, {tokens[signs[0]].column}, aside, True, self.condition)
            self.chains.append(chain)
            continued, started = False, min(t.start for t in first)
        else:
            chain = self.continued(tokens[signs[0]].column, aside, current)
            chain.begins = chain is current and current.begins
            left, continued, started = chain.last, chain.head is not None, tokens[signs[0]].start
        for k, sign in enumerate(signs):
            chain.columns.add(tokens[sign].column)
            part = tokens[sign + 1 : ends[k + 1]]
            said = not part or {t.kind for t in part} <= {"DOTS", "SPACE", "AMPERSAND"}  # a = … = b
            if said and k + 1 < len(signs):
                continue
            if not part:
                self._unread(
                    tokens[sign].row, tokens[sign].start, tokens[sign].stop, "a side of the relation is missing"
                )
                break
            right = self.expression(part)
            start, stop = self._place(started, max(t.stop for t in part))
            row = part[0].row
            head = chain.head if continued else left
            readable = [t for t in (left, head) if not isinstance(t, Unread)]
            if isinstance(right, Unread) or not readable:
                bad = right if isinstance(right, Unread) else left
                self.lines.append(Unread(row, bad.start, bad.stop, bad.reason, self.source[start:stop]))
            else:
                left, head = readable[0], readable[-1]
                nothing = Tree("nothing", (), None, start, start)
                about = (left or nothing, right, tokens[sign].text)
                if tokens[sign].text == "=:":  # the name stands on the right
                    about, continued = (right, left or nothing, ":="), False
                head = (head or nothing) if continued else about[0]
                source = self.source[start:stop]
                self.lines.append(Relation(*about, row, start, stop, continued, head, "", source, chain.condition))
            self.under_braces(start, stop, row)
            if chain.head is None or tokens[sign].text in _COMPARISONS:
                chain.head = right
            chain.last, left = right, right
            continued = tokens[sign].text not in _COMPARISONS
            started = tokens[ends[k + 1]].start if k + 1 < len(signs) else stop
        return chain

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
            return self._unread(row, start, stop, "a map without its name: f : X ↦ …")
        name, argument = self.expression(tokens[:colon]), self.expression(tokens[colon + 1 : at])
        body = self.expression(tokens[at + 1 : signs[1] if len(signs) > 1 else len(tokens)])
        for part in (name, argument, body):
            if isinstance(part, Unread):
                return self._unread(row, part.start, part.stop, part.reason)
        group = Tree("group", (argument,), "(", argument.start, argument.stop)
        if name.kind == "gradient":  # Df(T), the derivative that waits for its direction
            left = Tree("direction", (name.args[0], argument, *name.args[1:]), None, name.start, argument.stop)
        else:
            left = Tree("product", (name, group), ("",), name.start, argument.stop)
        self.lines.append(Relation(left, body, "=", row, start, stop, False, left, "", self.source[start:stop]))
        chain = _Chain(left, body, {tokens[at].column}, piece.aside)
        self.chains.append(chain)
        return chain

    def under_braces(self, start, stop, row):
        """The relations in labels under the braces of a relation: X = a = b."""
        for label in [found for found in self.labels if start <= found[0] and found[1] <= stop]:
            self.labels.remove(label)
            tokens = label[2]
            piece = _Piece([t for t in tokens if t.kind not in _SEPARATORS])
            signs = piece.signs()
            if not signs or signs[0] > 0:
                continue
            above = self.expression(self._between(label[0], label[1]))
            chain = _Chain(above, above, set(), True)
            if isinstance(above, Unread):
                continue
            for token in piece.tokens:
                token.row = row
            ends = [*signs, len(piece.tokens)]
            for k, sign in enumerate(signs):
                part = piece.tokens[sign + 1 : ends[k + 1]]
                right = (
                    self.expression(part)
                    if part
                    else Unread(row, label[0], label[1], "a side of the relation is missing")
                )
                begin, end = piece.tokens[sign].start, (part or piece.tokens)[-1].stop
                if isinstance(right, Unread) or isinstance(chain.last, Unread):
                    bad = right if isinstance(right, Unread) else chain.last
                    self.lines.append(Unread(row, bad.start, bad.stop, bad.reason, self.source[begin:end]))
                else:
                    self.lines.append(
                        Relation(
                            chain.last,
                            right,
                            piece.tokens[sign].text,
                            row,
                            begin,
                            end,
                            k > 0,
                            above,
                            "under a brace",
                            self.source[begin:end],
                        )
                    )
                chain.last = right

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

    def _text(self, tokens):
        return self.source[tokens[0].start : tokens[-1].stop] if tokens else ""

    def _remark(self, words):
        """Put words beside the last relation."""
        last = self.lines[-1] if self.lines else None
        if words and isinstance(last, Relation):
            self.lines[-1] = replace(last, remark=f"{last.remark}; {words}" if last.remark else words)

    def _unread(self, row, start, stop, reason):
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


def _is_range(pieces, place, signs):
    """I = 1, …, n."""
    piece = pieces[place]
    if len(signs) != 1 or any(t.kind not in ("NAME", "COMMA", "NUMBER") for t in piece.tokens[: signs[0]]):
        return False
    right = piece.tokens[signs[0] + 1 :]
    if any(t.kind not in ("NAME", "NUMBER", "DOTS", "COMMA", "MINUS") for t in right):
        return False
    if {t.kind for t in right} == {"DOTS"}:  # f = …
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
    """Displayed rows: lists of tokens that know their row and column; rows without anything do not count."""
    rows = [[]]
    for i, token in enumerate(tokens):
        if token.kind == "ROW" or (token.kind == "BEGIN" and _follows_end(tokens, i)):
            rows.append([])
        elif token.kind not in ("BEGIN", "END"):
            rows[-1].append(token)
    count, out = 0, []
    for row in rows:
        if all(t.kind in ("SPACE", "AMPERSAND", "PERIOD", "COMMA") or t.font == "between" for t in row):
            continue
        column = 0
        for token in row:
            column += token.kind == "AMPERSAND"
            token.row, token.column = count, column
        out.append(row)
        count += 1
    return out


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
    for row in rows:
        core = _core(row)
        related = any(not inside and t.kind == "RELATION" for _, inside, t in _depths(row))
        if out and (depth > 0 or _goes_on(out[-1], row, core[0], before_related, related)):
            while out[-1] and out[-1][-1].kind == "RELATION" and core[0].kind == "RELATION":
                out[-1].pop()
            out[-1] += row[row.index(core[0]) :] if core[0].kind == "OPEN" else row
            before_related = before_related or related
        else:
            out.append(list(row))
            depth, before_related = 0, related
        depth += sum((t.kind in _OPENING) - (t.kind in _CLOSING) for t in row)
    return out


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


def _is_only_a_factor(row):
    """Whether a row that begins with a bracket holds a formula: no words, no relation, and more than the number (2)."""
    if any(t.kind in ("RELATION", "WORDS", "CONNECTOR") or t.data == "word" for t in row):
        return False
    return any(t.kind == "NAME" for t in row)


# ── pieces of a row ───────────────────────────────────────────────────────────────────────────────────────────────


def _pieces(tokens):
    """Cut a row at what separates relations."""
    pieces, waiting = [_Piece()], []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind in _OPENING:
            end = _end(tokens, i)
            if token.kind == "OPEN" and _is_aside(tokens[i + 1 : end], pieces[-1].tokens, tokens[i - 1] if i else None):
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


def _end(tokens, i):
    """Where the bracket closes that opens at i."""
    depth = 0
    for k in range(i, len(tokens)):
        depth += (tokens[k].kind in _OPENING) - (tokens[k].kind in _CLOSING)
        if not depth:
            return k
    return len(tokens) - 1


def _is_aside(inner, before, previous):
    """(where A = B), set apart from the formula."""
    if not inner:
        return False
    if inner[0].kind in ("WORDS", "CONNECTOR"):
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
            goes_on = first in (*_INFIX, "MINUS") or last in (*_INFIX, "MINUS", "RELATION", "BIG")
            plain = (
                not heads
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
