r"""Brackets and bars, paired: which opens and which closes, what is a norm, an event, or evaluated at a point."""

import itertools

from derivations.formulas.expression import ParseError
from derivations.reading.tex import CLOSING, DEPTH, OPENING, Token
from derivations.reading.tex_layout import closing

_ENDS = {"NAME", "NUMBER", "RIGHT", "CLOSE", "TRANSPOSE", "INVERSE", "INVERSETRANSPOSE", "PRIME", "LABEL", "BARRIGHT",
"NORMRIGHT", "ANGLERIGHT", "OPERATOR", "INFINITY",
         "ONE", "IDENTITY", "ENDMATRIX", "WORDS", "DOTS"}  # fmt: skip


_PAIRS = {"(": ")", "[": "]", "{": "}"}


def _with_angles(tokens):
    """⟨A, B⟩ typed as < A, B >: a pair of signs that holds two parts, which no comparison does."""
    out = list(tokens)
    for i, token in enumerate(tokens):
        if token.kind != "RELATION" or token.text != "<":
            continue
        depth, commas = 0, 0
        for k in range(i + 1, len(tokens)):
            kind = tokens[k].kind
            depth += (kind in OPENING) - (kind in CLOSING)
            if depth < 0 or kind in ("ROW", "AMPERSAND", "CONNECTOR") or (kind == "RELATION" and tokens[k].text != ">"):
                break
            commas += kind == "COMMA" and not depth
            if kind == "RELATION" and not depth:
                if commas == 1:
                    out[i], out[k] = token.at("ANGLELEFT"), tokens[k].at("ANGLERIGHT")
                break
    return out


_PROBABILITIES = {"p", "P", "q", "Q", "Pr", "Prob", "phat", "Phat", "Prhat"}
"""Letters whose bracket may hold an event."""


def _with_events(tokens):
    """Tokens in which p(y = 1 | x; θ) is a name: an event is no number, and nothing is put into it."""
    out, i = [], 0
    while i < len(tokens):
        token = tokens[i]
        event = token.kind == "NAME" and token.text in _PROBABILITIES and i + 1 < len(tokens)
        end = _end_of_event(tokens, i + 1) if event and tokens[i + 1].kind == "OPEN" else None
        if end is None:
            out.append(token)
            i += 1
            continue
        inside = tokens[i + 2 : end]
        spelling = token.text + "".join(c for t in inside for c in t.text if c.isalnum())
        out.append(Token("NAME", spelling, token.start, tokens[end].stop, token.font, token.glued, "word"))
        scripts = [s for s, t in zip(inside[2:], inside, strict=False) if t.kind == "SUB" and s.kind == "NAME"]
        scripts += [t.data[0] for t in inside if t.kind == "LABEL" and len(t.data) == 1]
        letters = {t.text: t for t in scripts if t.kind == "NAME" and len(t.text) == 1}
        if letters:
            out += [token.at("SUB"), token.at("LEFT"), *letters.values(), token.at("RIGHT")]
        i = end + 1
    return out


def _with_indicators(tokens):
    """Tokens without the I of I(z > 0), whose bracket is 1 or 0 by itself."""

    def before_one(i):
        bracket = i + 1 < len(tokens) and tokens[i + 1].kind == "OPEN"
        return bracket and _end_of_event(tokens, i + 1) is not None

    return [t for i, t in enumerate(tokens) if t.kind not in ("IDENTITY", "ONE") or not before_one(i)]


def _end_of_event(tokens, i):
    """Where the bracket closes that opens at a place, if what it holds is an event; else None."""
    depth, related = 0, False
    for k in range(i, len(tokens)):
        depth += (tokens[k].kind == "OPEN") - (tokens[k].kind == "CLOSE")
        related = related or (tokens[k].kind in ("RELATION", "MEMBER") and depth == 1)
        if tokens[k].kind in ("ROW", "AMPERSAND") or not depth:
            return k if related and not depth else None
    return None


def brackets(tokens, notes):
    """Pair brackets and bars; a bracket too many or too few is noted, a bar without a partner becomes BAD."""
    return _Pairing(_with_angles(_with_indicators(_with_events(tokens))), notes).paired()


class _Pairing:
    """Brackets and bars, paired from left to right."""

    def __init__(self, tokens, notes):
        self.tokens, self.notes, self.out, self.stack, self.place = tokens, notes, [], [], 0
        """`stack` holds where in `out` stands what is still open."""

    def paired(self):
        """The tokens."""
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            if not self._evaluated(token):
                self._put(self._bar(self._comma(token)))
            self.place += 1
        while self.stack:
            self._unpaired(self.stack.pop())
        return [t for t in self.out if t is not None]

    @property
    def _top(self):
        return self.out[self.stack[-1]].kind if self.stack else ""

    def _ended(self):
        """Whether a factor has ended before this place."""
        before = next((t for t in reversed(self.out[-3:]) if t is not None and t.kind != "AMPERSAND"), None)
        return before is not None and before.kind in _ENDS

    def _evaluated(self, token):
        """Take a bar, or a bracket, under which a substitution stands: |_{x = a}."""
        counted, letters = _counted(self.tokens, self.place) if token.kind == "CLOSE" else (0, ())
        if counted and letters <= _scripted(self.out[self.stack[-1] :] if self.stack else ()):  # (x_i)_{i=1}^n is (x_i)
            self._close(token, "OPEN")
            self.place = counted
            return True
        if token.kind == "CLOSE" and _evaluates(self.tokens, self.place):
            self._close(token, "OPEN")
            self.out.append(token.at("AT", "|"))
        elif token.kind in ("BAR", "MID", "BARRIGHT") and self._ended() and self._evaluates_here():
            self._evaluate(token)
        else:
            return False
        self.place += 1  # the SUB goes
        return True

    def _evaluates_here(self):
        """Whether a bar has a substitution under it, or closes no other bar and has a point under it: |_a."""
        opened = "BARLEFT" in (self.out[k].kind for k in self.stack)
        pointed = not opened and self.place + 1 < len(self.tokens) and self.tokens[self.place + 1].kind == "SUB"
        return pointed or _evaluates(self.tokens, self.place)

    def _evaluate(self, token):
        borders = ("NULL", "LEFT", "MATRIX", "CASES")
        place = next((k for k in reversed(self.stack) if self.out[k].kind in borders), None)
        whole = token.kind == "BARRIGHT" and place is not None and self.out[place].kind == "NULL"
        if whole:
            while self.stack[-1] != place:
                self._unpaired(self.stack.pop())
            self.out[self.stack.pop()] = self.out[place].at("ATLEFT")
        self.out.append(token.at("ATRIGHT" if whole else "AT", "|"))

    def _comma(self, token):
        """What parts arguments as a comma does: f(x; θ), ⟨a | b⟩."""
        parts = token.kind in ("BAR", "MID") and self._top == "ANGLELEFT" and self._ended()
        parts = parts or (token.kind == "SEMICOLON" and any(self.out[k].kind == "OPEN" for k in self.stack))
        return token.at("COMMA", ",") if parts else token

    def _bar(self, token):
        """A bar as a left or a right one, two of them as those of a norm."""
        top, ended = self._top, self._ended()
        if token.kind == "BARS":
            return token.at("NORMRIGHT" if top == "NORMLEFT" and ended else "NORMLEFT", "|", token.data)
        if token.kind == "MID" or (token.kind == "BAR" and top == "BARLEFT" and ended):
            return token.at("BARRIGHT" if top == "BARLEFT" and ended else "BARLEFT", "|")
        if token.kind != "BAR":
            return token
        after = self.tokens[self.place + 1] if self.place + 1 < len(self.tokens) else None
        if after is None or after.kind != "BAR" or after.start != token.stop:
            return token.at("BARLEFT", "|")
        self.place += 1
        if top != "NORMLEFT" or not ended:
            return Token("NORMLEFT", "|", token.start, after.stop)
        sort = _norm_sort(self.tokens, self.place + 1)
        if sort is not None:
            self.place = sort[1] - 1
        return Token("NORMRIGHT", "|", token.start, after.stop, data=sort and sort[0])

    def _put(self, token):
        """Append a token: what opens waits for its partner, what closes finds it."""
        if token.kind == "NULL" and token.text == "right":
            return
        if token.kind in OPENING or token.kind == "NULL":
            self.stack.append(len(self.out))
            if len(self.stack) > DEPTH:
                raise ParseError(f"brackets nest more than {DEPTH} deep at character {token.start}")
        elif token.kind == "ENDMATRIX":
            while self.stack and self._top not in ("MATRIX", "CASES"):
                self._unpaired(self.stack.pop())
            if self.stack:
                self.stack.pop()
        elif token.kind in CLOSING:
            self._close(token, CLOSING[token.kind])
            return
        self.out.append(token)

    def _close(self, token, wanted):
        """Close the last bracket of a kind; what was opened after it has no partner."""
        place = len(self.stack) - 1
        while place >= 0 and self.out[self.stack[place]].kind != wanted:
            place = -1 if self.out[self.stack[place]].kind in ("LEFT", "MATRIX", "CASES") else place - 1
        if token.kind == "CLOSE" and (place < 0 or self._is_too_many(token, self.out[self.stack[place]])):
            before = next((t for t in reversed(self.out) if t is not None), token)
            self.notes.append((before.start, f"a bracket '{token.text}' that closes nothing is left out"))
            return
        if place < 0:
            bar = "what stands before it is evaluated at a point that is not said"
            reason = bar if token.kind == "BARRIGHT" else "this bracket closes nothing"
            self.out.append(token.at("BAD", token.text, reason))
            return
        while len(self.stack) - 1 > place:
            inside = self.out[self.stack[-1]]
            if token.kind == "CLOSE" and inside.kind in ("BARLEFT", "NORMLEFT"):  # p(y | x), D(q ‖ p)
                self.out[self.stack.pop()] = inside.at("COMMA", ",")
            else:
                self._unpaired(self.stack.pop())
        opened = self.stack.pop()
        first = self.out[opened]
        if token.kind == "CLOSE" and _PAIRS[first.text] != token.text:
            if any(t is not None and t.kind == "COMMA" for t in self.out[opened:]):
                self.out.append(token.at("BAD", token.text, f"'{first.text}' is closed by '{token.text}'"))
            self.notes.append((token.start, f"the bracket '{first.text}' is closed by '{token.text}'"))
        self.out.append(token)

    def _is_too_many(self, token, first):
        """Whether a bracket of another kind than the open one stands before the one that closes it in its row."""
        if _PAIRS[first.text] == token.text:
            return False
        depth = 0
        for t in itertools.takewhile(lambda t: t.kind != "ROW", self.tokens[self.place + 1 :]):
            depth += (t.kind == "OPEN") - (t.kind == "CLOSE")
            if depth < 0:
                return t.text == _PAIRS[first.text]
        return False

    def _unpaired(self, entry):
        token = self.out[entry]
        if token.kind == "NULL" or (token.kind == "OPEN" and token.text == "{"):
            self.out[entry] = None
        elif token.kind == "OPEN":
            end = _end_of_side(self.out, entry)
            self.out.insert(end, Token("CLOSE", _PAIRS[token.text], *[(self.out[end - 1] or token).stop] * 2))
            self.notes.append((token.start, f"the bracket '{token.text}' that is never closed ends with its side"))
        elif token.kind in _WITHOUT_PARTNER:
            self.out[entry] = token.at("BAD", token.text, _WITHOUT_PARTNER[token.kind])


def _end_of_side(tokens, i):
    """Where the side of a relation ends in which the bracket at a place was opened, or what stands around it."""
    depth, end = 0, i + 1
    for k in range(i + 1, len(tokens)):
        kind = tokens[k].kind if tokens[k] is not None else ""
        depth += (kind in OPENING) - (kind in CLOSING)
        if depth < 0 or (not depth and kind in _ENDING_A_SIDE):
            break
        end = end if kind in ("", *_NO_MATHEMATICS) else k + 1
    return end


_NO_MATHEMATICS = ("AMPERSAND", "SPACE", "COMMA", "PERIOD", "SEMICOLON")
_ENDING_A_SIDE = {"RELATION", "MEMBER", "CONNECTOR", "WORDS", "ROW", "BEGIN", "END", "MAPS"}
_WITHOUT_PARTNER = {
    "BARLEFT": "this bar has no partner",
    "NORMLEFT": "this bar has no partner",
    "ANGLELEFT": "⟨ without ⟩",
}
"""What is said of a bracket or a bar that nothing closes."""


def _evaluates(tokens, i):
    """Whether a bar, or a bracket, has a substitution under it: |_{t = 0}."""
    if i + 2 >= len(tokens) or tokens[i + 1].kind != "SUB":
        return False
    inner = tokens[i + 3 : closing(tokens, i + 2)]
    return any(t.kind == "RELATION" for t in inner)


def _counted(tokens, i):
    """Where the bounds end that a bracket of entries has, _{i,j = 1}^n or _{i ∈ I}, and their letters; 0 for none."""
    if i + 2 >= len(tokens) or tokens[i + 1].kind != "SUB":
        return 0, set()
    end = closing(tokens, i + 2)
    inner = tokens[i + 3 : end]
    listed = list(itertools.takewhile(lambda t: t.kind == "COMMA" or (t.kind == "NAME" and len(t.text) == 1), inner))
    letters = {t.text for t in listed if t.kind == "NAME"}
    sign, *low = inner[len(listed) :] or [None]
    if not letters or sign is None or sign.kind == "MEMBER":
        return (end, letters) if letters and sign is not None else (0, letters)
    counts = sign.kind == "RELATION" and sign.text == "=" and [t.text for t in low] == ["1"]
    bounded = counts and end + 1 < len(tokens) and tokens[end + 1].kind == "SUP"
    return (closing(tokens, end + 2) if bounded else 0), letters


def _scripted(tokens):
    """The letters in the subscripts of tokens."""
    found, tokens = set(), [t for t in tokens if t is not None]
    for k, token in enumerate(tokens):
        if token.kind == "SUB":
            found |= {t.text for t in tokens[k + 1 : closing(tokens, k + 1)] if t.kind == "NAME"}
    return found


def _norm_sort(tokens, i):
    """The subscript after ||: (the sort of norm, the place after it), or None where it is a matrix or a power."""
    if i < len(tokens) and tokens[i].kind == "SUB":
        end = closing(tokens, i + 1)
        label = norm_label(tokens[i + 2 : end])
        return None if label is None else (label, end + 1)
    return None


NORMS = {
    "F": "F", "Fro": "F", "fro": "F", "Frob": "F", "HS": "F", "E": "2", "2": "2", "ell2": "2", "L2": "2", "l2": "2",
    "1": "1", "ell1": "1", "L1": "1", "l1": "1", "inf": "inf", r"\inf": "inf", "*": "*", "nuc": "*", "op": "op", "": "",
}  # fmt: skip
"""Spellings under ‖ ‖ that tell a sort of norm."""


def norm_label(tokens):
    """The sort of norm that a subscript tells; None where it is an expression, as in ‖x‖_A."""
    return NORMS.get("".join("inf" if t.kind == "INFINITY" else t.text.strip() for t in tokens))
