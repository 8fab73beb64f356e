r"""What the letters of a formula are, before it is parsed: d a differential, e^x an exponential, \Sigma_i a sum sign.

Words typed as bare letters are joined, the reader's own spellings are replaced by names, and letters that could be two
things are decided by what is declared and by what stands beside them. Then `latex_brackets` pairs brackets and bars.
"""

import itertools
from typing import ClassVar

from derivations.formulas.expression import ParseError
from derivations.reading.latex_brackets import brackets, norm_label
from derivations.reading.latex_names import GIVEN
from derivations.reading.tex import OPERANDS, Token, expand, scan
from derivations.reading.tex_document import sections, without_fences
from derivations.reading.tex_layout import Layout, closing
from derivations.reading.tex_words import INVERSES, OF_ROWS, OPERATORS

_SHORT = ("ln", "tr", "Tr")
_BARE = sorted(
    {
        *(word for word in OF_ROWS if len(word) > 2), *_SHORT,
        "diag", "Diag", "vec", "Vec", "rank", "softmax", "Softmax", "logsumexp", "max", "min", "adj", "sqrt",
    },
    key=lambda word: (-len(word), word),
)  # fmt: skip
"""Words that are known where they are typed as bare letters too, the longest first."""
_OPERAND = {*OPERANDS, "PARTIAL", "BIG", "BAR", "BARS", "WORDS"}
_FACTORS = {"SUB", "SUP", "BANG", "SLASH", *_OPERAND}
_NO_OPERAND = {"SUB", "TRANSPOSE", "INVERSE", "PRIME", "PLUS", "MINUS", "RELATION"}
"""What stands after a letter d or δ that is no sign of a derivative."""
_UPRIGHT = {"upright", "sans", "typed", "italic"}


def read_letters(latex, names=None, macros=None, known=()):
    """The tokens of a block, decided, the labels under its braces, and how letters were taken where it is a guess.

    Returns
    -------
    list of Token, list of (start, stop, list of Token), list of (place, words)
    """
    layout = Layout(latex, sections(expand(scan(without_fences(latex)), macros)))
    tokens = layout.tokens()
    table = _spellings(names or {}, macros)
    given = set(known)
    known = given | set((names or {}).values())
    tokens = _close(tokens)
    known |= _typed_names(tokens, known)
    tokens = _mapped(_words(tokens, known), table, given)
    known |= _defined(tokens)
    decide = _Decisions(latex, known, tokens)
    labels = []
    for start, stop, label in layout.labels:
        label = _mapped(_words(_close(label), known), table, given)
        labels.append((start, stop, brackets(decide(label), decide.notes)))
    return [t for section in _by_section(decide(tokens)) for t in brackets(section, decide.notes)], labels, decide.notes


def _by_section(tokens):
    """The tokens cut where a section of a document begins: no bracket reaches into the next one."""
    cuts = [i for i, t in enumerate(tokens) if t.kind == "ROW" and t.data is not None]
    return [tokens[start:stop] for start, stop in itertools.pairwise([0, *cuts, len(tokens)])]


def _close(tokens):
    """Drop small spaces, and say on the token after them that they were there."""
    out, spaced = [], False
    for token in tokens:
        if token.kind == "RELATION" and token.text == "=" and out and out[-1].kind == "COLON":  # \\colon=, : =
            out[-1] = Token("RELATION", ":=", out[-1].start, token.stop)
            continue
        if token.kind == "SPACE" and token.data < 0.99:
            spaced = spaced or token.data > 0.1
            continue
        if spaced:
            token.spaced = True
        spaced = token.kind == "SPACE"
        out.append(token)
    return out


# ── words and spellings ───────────────────────────────────────────────────────────────────────────────────────────


def _words(tokens, known):
    """Function words typed as letters: tr(, ln, diag(."""
    out, i = [], 0
    while i < len(tokens):
        j = i
        if _plain(tokens[i]):
            j = i + 1
            while j < len(tokens) and _plain(tokens[j]) and tokens[j].glued and not tokens[j].spaced:
                j += 1
        if j - i > 1:
            out += _split(tokens[i:j], tokens[j] if j < len(tokens) else None, known)
            i = j
        else:
            out.append(tokens[i])
            i += 1
    return out


def _typed_names(tokens, known):
    """Words typed as letters that a row defines: NLL(θ) = …, where none of their letters stands elsewhere."""
    runs, heads, applied, i = [], set(), set(), 0
    while i < len(tokens):
        j = i + 1
        while _plain(tokens[i]) and j < len(tokens) and _plain(tokens[j]) and tokens[j].glued and not tokens[j].spaced:
            j += 1
        if _plain(tokens[i]):
            runs.append("".join(t.text for t in tokens[i:j]))
            begins = all(t.kind in ("AMPERSAND", "SPACE") for t in _row_before(tokens, i))
            after = closing(tokens, j + 1) + 1 if j - i > 3 and j < len(tokens) and tokens[j].kind == "SUB" else j
            if j - i > 1 and begins and _is_defined_here(tokens, after):
                heads.add(runs[-1])
                applied |= {runs[-1]} if tokens[j].kind == "OPEN" else set()
        i = j
    lone = {c for run in runs for c in run if run not in heads and run.removeprefix("d") not in heads}
    twice = {run for run in applied if len(set(run)) == 1 and not set(run) & known}  # LL(θ), a square of nothing
    return {run for run in heads if run not in _BARE and (run in twice or not set(run) & (known | lone))}


def _row_before(tokens, i):
    """What stands before a place in its row."""
    start = next((k for k in range(i - 1, -1, -1) if tokens[k].kind in ("ROW", "BEGIN", "CONNECTOR", "WORDS")), -1)
    return tokens[start + 1 : i]


def _is_defined_here(tokens, i):
    """Whether a relation sign follows, perhaps after a bracket."""
    if i < len(tokens) and tokens[i].kind == "OPEN":
        depth = 0
        while i < len(tokens):
            depth += (tokens[i].kind == "OPEN") - (tokens[i].kind == "CLOSE")
            i += 1
            if not depth:
                break
    after = next((t for t in tokens[i : i + 3] if t.kind not in ("AMPERSAND", "SPACE")), None)
    return after is not None and after.kind == "RELATION"


def _plain(token):
    return (
        token.kind == "NAME"
        and token.font == ""
        and token.data is None
        and len(token.text) == 1
        and token.text.isascii()
    )


def _split(letters, after, known):
    run = "".join(t.text for t in letters)
    if (
        (run in known or run == "const") and len(run) > 1 and not all(c in known for c in run)
    ):  # a name typed as letters
        return [Token("NAME", run, letters[0].start, letters[-1].stop, "", letters[0].glued, "word", letters[0].spaced)]
    if run[0] == "d" and run[1:] in known and len(run) > 2 and not all(c in known for c in run[1:]):  # dLoss
        word = Token("NAME", run[1:], letters[1].start, letters[-1].stop, "", True, "word")
        return [letters[0], word]
    bracket = after is not None and (after.kind == "OPEN" or after.kind in ("BAR", "BARLEFT", "BARS", "NORMLEFT"))
    for word in _BARE:
        if bracket and run.endswith(word) and not (word in ("tr", "Tr", "sig", "abs") and after.kind != "OPEN"):
            return (
                [*_split(letters[: -len(word)], None, known), _joined(letters[-len(word) :], word)]
                if len(run) > len(word)
                else [_joined(letters, word)]
            )
        place = run.find(word)
        if (
            place >= 0
            and (len(word) > 2 or word == "ln" or (word == run and after is not None and after.kind == "NAME"))
            and (word == run or place == 0)
            and not all(c in known for c in word)
        ):
            return [
                _joined(letters[: len(word)], word),
                *(_split(letters[len(word) :], after, known) if len(run) > len(word) else ()),
            ]
    return letters


def _joined(letters, word):
    return Token(
        "OPERATOR", OPERATORS[word], letters[0].start, letters[-1].stop, "", letters[0].glued, "bare", letters[0].spaced
    )


def _spellings(names, macros):
    """The reader's spellings as token patterns, the longest first."""
    table = []
    for spelling, name in names.items():
        pattern = _words(_close(Layout(spelling, expand(scan(spelling), macros)).tokens()), ())
        if pattern:
            table.append((tuple(_sign(t) for t in pattern), tuple(t.font for t in pattern), name))
    return sorted(table, key=lambda row: (-len(row[0]), not any(row[1])))


def _sign(token):
    if token.kind == "LABEL":
        return "LABEL", "".join(t.text for t in token.data)
    if token.kind == "WORDS":
        return "WORDS", token.text
    return ("WORD" if token.kind == "OPERATOR" else token.kind), token.text


def _mapped(tokens, table, known):
    """Replace the reader's spellings by names."""
    if not table:
        return tokens
    firsts = {}
    for row in table:
        firsts.setdefault(row[0][0], []).append(row)
    signs, out, i = [_sign(t) for t in tokens], [], 0
    while i < len(tokens):
        for pattern, fonts, name in firsts.get(signs[i], ()):
            n, below = len(pattern), ()
            raised = pattern[1:2] and pattern[1][0] in ("SUP", "LABEL")
            if raised and i + 1 < len(tokens) and tokens[i + 1].kind == "SUB":  # z^l in z_j^l
                below = tokens[i + 1 : closing(tokens, i + 2) + 1]
            taken = tokens[i : i + 1] + tokens[i + 1 + len(below) : i + n + len(below)]
            if tuple(map(_sign, taken)) == pattern and all(
                f in ("", t.font) for f, t in zip(fonts, taken, strict=True)
            ):
                first, last = taken[0], taken[-1]
                kind = "OPERATOR" if name in OPERATORS and name not in known else "NAME"
                text = OPERATORS[name] if kind == "OPERATOR" else name
                out.append(Token(kind, text, first.start, last.stop, "", first.glued, "mapped", first.spaced))
                out += below
                i += n + len(below)
                break
        else:
            out.append(tokens[i])
            i += 1
    return out


def _defined(tokens):
    """Names that a row of the block defines: a letter that stands alone before the first relation sign of its row."""
    found, fresh = set(), True
    for i, token in enumerate(tokens):
        if token.kind in ("ROW", "BEGIN", "CONNECTOR", "COMMA", "WORDS") or (token.kind == "SPACE" and fresh):
            fresh = True
        elif token.kind in ("AMPERSAND", "SPACE"):
            continue
        else:
            after = next((t for t in tokens[i + 1 : i + 4] if t.kind not in ("AMPERSAND", "SPACE")), None)
            if (
                fresh
                and token.kind == "NAME"
                and after is not None
                and after.kind == "RELATION"
                and token.text not in ("I", "sigma")
            ):
                found.add(token.text)
            fresh = False
    return found


# ── letters ───────────────────────────────────────────────────────────────────────────────────────────────────────


_NO_CONDITION = (None, None)


def _members(letters, members):
    r"""The bounds of i ∈ [n], i ∈ \{1, …, n\}, y ∈ \{-1, 1\} and i ∈ S, as `_bounds` gives them."""
    inside, kinds = members[1:-1], [t.kind for t in members]
    listed = kinds[0] == "OPEN" and kinds[-1] == "CLOSE" and len(letters) == 1 and inside
    if listed and members[0].text == "[":
        return letters, None, _NO_CONDITION, inside
    if listed and members[0].text == "{":
        commas = [k for k, t in enumerate(inside) if t.kind == "COMMA"]
        if "DOTS" in kinds and commas:
            return letters, inside[: commas[0]], _NO_CONDITION, inside[commas[-1] + 1 :]
        return letters, None, ("values", None), inside
    shown = "".join(t.text for t in members)
    if not shown or any(t.kind in ("RELATION", "MEMBER", "BAD") for t in members) or members[0].kind == "OPEN":
        raise ParseError("a sum over this condition is not read")
    return letters, None, ("∈", (shown, letters)), None


def _suchthat(letter, said):
    """What is said of a letter behind its colon, as `_bounds` gives it: i : i ≠ j, j : (i, j) ∈ Ω, i : y_i = 1."""
    try:
        letters, *bounds = _bounds(said)
        if letter in letters or bounds[1][0] in ("∈", "values"):
            return bounds
    except ParseError:
        pass
    if not _is_condition(said):
        raise ParseError("a sum over this condition is not read")
    return None, ("where", said), None


def _is_condition(tokens):
    """Whether tokens compare two expressions: y_i = 1, y_i wᵀ x_i < 1."""
    signs = [t.text for t in tokens if t.kind in ("RELATION", "MEMBER", "BAD", "DOTS")]
    return len(signs) == 1 and signs[0] in _COMPARED and _COMPARED & {tokens[0].text, tokens[-1].text} == set()


_COMPARED = {"=", "≠", "<", ">", "≤", "≥"}


def _bounds(inner, ends=False):
    """(letters, low, (sign, other letter or set), high) of what stands under a sum sign: i = 1, i ≠ j, i ∈ S."""
    if len(inner) > 4 and inner[1].text == "≤" == inner[3].text:  # 1 ≤ i ≤ n
        return (inner[2].text,), inner[:1], _NO_CONDITION, inner[4:]
    if len(inner) > 2 and inner[0].kind == "NAME" and inner[1].kind in ("COLON", "BAR", "MID"):  # j : (i, j) ∈ Ω
        return ((letter := inner[0].text),), *_suchthat(letter, inner[2:])
    end = next((k for k, t in enumerate(inner) if t.kind == "CLOSE"), 0)
    if end and inner[0].kind == "OPEN" and (end == len(inner) - 1 or inner[end + 1].kind == "MEMBER"):  # (a, i) ∈ D
        inner = [*inner[1:end], *inner[end + 1 :]]
    kinds = [t.kind for t in inner]
    if kinds[:6] == ["NAME", "SUB", "LEFT", "NAME", "RIGHT", "MEMBER"]:  # x_i ∈ R
        return _members((inner[3].text,), [inner[0], *inner[6:]])
    letters, rest = _letters(inner)
    if not ends and kinds[1:5] == ["SUB", "LEFT", "NAME", "RIGHT"] and _is_condition(inner):
        return (inner[3].text,), None, ("where", inner), None  # y_i = 1
    if not rest:
        return tuple(letters), None, _NO_CONDITION, None
    sign, after = rest[0], rest[1:]
    if sign.kind == "RELATION" and sign.text == "=" and letters and after:
        return tuple(letters), after, _NO_CONDITION, None
    compared = sign.kind == "RELATION" and sign.text in ("≠", "<", ">", "≤", "≥") and len(letters) == 1
    others, more = _letters(after)
    if compared and len(others) == 1 and not more:
        return tuple(letters), None, (sign.text, others[0]), None
    if sign.kind == "MEMBER" and sign.text == r"\in" and letters and after:
        return _members(tuple(letters), after)
    if all(t.kind == "WORDS" for t in rest) and not letters:
        return (), None, _NO_CONDITION, None
    raise ParseError("a sum over this condition is not read")


def _letters(tokens):
    """The index letters that tokens begin with, i, j' and i_1 among them, and the tokens after them."""
    letters, k = [], 0
    while k < len(tokens) and tokens[k].kind in ("NAME", "COMMA", "PRIME", "SUB"):
        end = closing(tokens, k + 1) if tokens[k].kind == "SUB" else k
        script = "".join(t.text for t in tokens[k + 2 : end]) + "'" * (tokens[k].kind == "PRIME")
        if tokens[k].kind == "NAME":
            letters.append(tokens[k].text)
        elif script and letters:
            letters[-1] += script
        k = end + 1
    return letters, tokens[k:]


class _Decisions:
    """Which of its meanings each letter has."""

    def __init__(self, source, known, tokens):
        self.source, self.known = source, known
        self.notes = []
        """(place, how what stands there was taken)."""
        self.below = {t.text for before, t in itertools.pairwise(tokens) if before.kind == "PARTIAL"}
        """What stands after a ∂."""
        self.moves = "d" not in known or any(self._glued_d(tokens, i) for i in range(len(tokens)))
        """Whether d is the differential in this block, also where d is declared."""

    def __call__(self, tokens):
        """The tokens, each letter decided."""
        self.tokens, self.out = tokens, []
        self.stack = []  # for each open LEFT: whether it holds indices
        i = 0
        while i < len(tokens):
            i = self._next(i)
        return self.out

    def _starts(self, name):
        return any(k == name or (k.startswith(name) and not k[len(name) :].isalpha()) for k in self.known)

    def _glued_d(self, tokens, i):
        token, after = tokens[i], tokens[i + 1] if i + 1 < len(tokens) else None
        if token.kind != "NAME" or token.text != "d" or token.font or after is None or after.spaced:
            return False
        if self.source[token.stop : token.stop + 1].isspace():
            return False
        return after.kind == "LEFT" or (after.kind == "NAME" and (after.text in self.known or self._starts(after.text)))

    def _at(self, i):
        return self.tokens[i] if i < len(self.tokens) else None

    def _kind(self, i):
        return self.tokens[i].kind if i < len(self.tokens) else ""

    def _next(self, i):
        """Decide the token at a place; the place after it."""
        token = self.tokens[i]
        indices = bool(self.stack) and self.stack[-1]
        if token.kind == "LEFT":
            before = self.out[-1] if self.out else None
            self.stack.append(before is not None and (before.kind == "SUB" or before.text == "δ"))
        elif token.kind == "RIGHT":
            if self.stack:
                self.stack.pop()
        elif indices:
            return self._index(i, token)
        else:
            decide = self._BY_KIND.get(token.kind)
            place = decide(self, i, token) if decide else None
            if place is not None:
                return place
        self.out.append(token)
        return i + 1

    def _superscript(self, i, token):
        """^t and ^H, where they are transposes."""
        if not self._transposes(i):
            return None
        self.out.append(token.at("TRANSPOSE"))
        return i + 4

    def _operator(self, i, token):
        r"""\exp^{x} is e^x, \exp^2(x) is not; \tan^{-1} x is the inverse function, (\tan x)^{-1} is not."""
        if token.text in INVERSES and self._kind(i + 1) == "INVERSE":
            word = INVERSES[token.text]
            self.notes.append((token.start, f"{token.text}^-1 is {word}, and not 1/{token.text}"))
            self.out.append(token.at("OPERATOR", word))
            return i + 2
        end = closing(self.tokens, i + 2) if token.text == "exp" and self._kind(i + 1) == "SUP" else 0
        if not end or self._kind(end + 1) == "OPEN":
            return None
        self.out.append(token.at("EXP", "e"))
        return i + 2

    def _norm(self, i, token):
        """‖x‖ with its sort below; in ‖x‖_A and ‖x‖_p what stands below is an expression."""
        if self._kind(i + 1) != "SUB":
            return None
        end = closing(self.tokens, i + 2)
        label = norm_label(self.tokens[i + 3 : end])
        if label is None:
            return None
        token.data = label or None
        token.stop = max(token.stop, self.tokens[end].stop)
        self.out.append(token)
        return end + 1

    def _open(self, i, token):
        r"""f(\cdot): the dot is an argument."""
        if self._kind(i + 1) != "TIMES" or self._kind(i + 2) != "CLOSE":
            return None
        self.out += [token, self.tokens[i + 1].at("DOTS")]
        return i + 2

    def _times(self, i, token):
        r"""A ⊗ \cdot, where the dot is no sign of a product."""
        if token.text != r"\cdot" or not self._is_placeholder(i):
            return None
        kronecker = "KRONECKER" in (self.out[-1].kind if self.out else "", self._kind(i + 1))
        why = "a dot that stands for an argument is not read"
        self.out.append(token.at("NAME", "·") if kronecker else token.at("BAD", token.text, why))
        return i + 1

    def _transposes(self, i):
        """Whether a superscript t or H, of a letter that nothing else is, is a transpose."""
        inside = [t.text for t in self.tokens[i + 2 : i + 4]]
        if inside not in (["t", ""], ["H", ""]) or inside[0] in self.known:
            return False
        places = [k for k, t in enumerate(self.tokens) if t.kind == "NAME" and t.text == inside[0]]
        return all(self.tokens[k - 2].kind == "SUP" and self._kind(k + 1) == "RIGHT" for k in places)

    def _is_placeholder(self, i):
        before, after = self.out[-1].kind if self.out else "", self._kind(i + 1)
        return before in ("OPEN", "HADAMARD", "KRONECKER") or after in ("CLOSE", "HADAMARD", "KRONECKER")

    def _index(self, i, token):
        """Among indices every letter is a letter."""
        if token.kind in ("NAME", "OPERATOR") and self._kind(i + 1) == "PRIME":
            primes = 0
            while self._kind(i + 1) == "PRIME":
                primes, i = primes + 1, i + 1
            token = Token("NAME", token.text + "'" * primes, token.start, self.tokens[i].stop)
        elif token.kind == "OPERATOR":
            token = token.at("NAME", token.text)
        elif token.kind in ("BAR", "MID"):  # P_{k|k-1}
            token = token.at("NAME", GIVEN)
        elif token.kind in ("COLON", "TIMES", "HADAMARD") and (
            token.kind == "COLON" or self.tokens[i - 1].kind == "LEFT" or self._kind(i + 1) == "RIGHT"
        ):
            token = token.at("DOTS")
        self.out.append(token)
        return i + 1

    def _name(self, i, token):
        """What a letter or a word is, by the first row of `_LETTERS` that says so."""
        if token.data == "mapped":
            return None
        text = token.text
        if text.startswith("var") and text not in self.known and text[3:] in self.known:  # ϕ, where φ is known
            token = token.at("NAME", text[3:], font=token.font)
        for rule in self._LETTERS:
            place = rule(self, i, token)
            if place is not None:
                return place
        self.out.append(token)
        return i + 1

    def _replaced(self, i, *tokens):
        """Put tokens in the place of the one at i."""
        self.out += tokens
        return i + 1

    def _as_differential(self, i, token):
        """D, where it is no letter."""
        found = token.text == "d" and self._is_differential(i, token, self._at(i + 1))
        return self._replaced(i, token.at("DIFFERENTIAL", "d")) if found else None

    def _as_word(self, i, token):
        r"""\mathrm{word}, which nobody declared."""
        if token.font not in _UPRIGHT or len(token.text) < 2 or token.data != "word" or token.text in self.known:
            return None
        self._word(token)
        return i + 1

    def _as_known(self, i, token):
        """A declared name is that name."""
        return self._replaced(i, token) if token.text in self.known else None

    def _as_expectation(self, i, token):
        r"""\mathbb E_{x \sim p}[…], an average over x."""
        if token.text != "E" or self._kind(i + 1) != "SUB":
            return None
        end = closing(self.tokens, i + 2)
        inner = self.tokens[i + 3 : end]
        sign = next((k for k, t in enumerate(inner) if t.kind == "RELATION" and t.text == "∼"), len(inner))
        letters = [t for t in inner[:sign] if t.kind == "NAME"]
        plain = all(t.kind in ("NAME", "COMMA", "OPEN", "CLOSE") for t in inner[:sign])
        if not letters or not plain or (sign == len(inner) and token.font != "double"):
            return None
        drawn = token.at("NAME", " ".join(["∼", *(t.text for t in inner[sign + 1 :])]))
        left, right = self.tokens[i + 2], self.tokens[end]
        self.out += [token.at("OPERATOR", "expectation"), self.tokens[i + 1], left, *letters, drawn, right]
        return end + 1

    def _as_identity(self, i, token):
        found = token.text == "I" and token.font != "script"
        return self._replaced(i, token.at("IDENTITY", "I")) if found else None

    def _as_zero(self, i, token):
        found = token.text == "O" and token.font in ("bold", "double") and self._kind(i + 1) != "OPEN"
        return self._replaced(i, token.at("NUMBER", "0")) if found else None

    def _as_exponential(self, i, token):
        if token.text != "e" or self._kind(i + 1) != "SUP":
            return None
        self.out.append(token.at("EXP", "e"))
        return i + 2

    def _as_sigmoid(self, i, token):
        found = token.text == "sigma" and (self._called(i + 1) or self._squared_call(i + 1))
        return self._replaced(i, token.at("OPERATOR", "sigmoid")) if found else None

    def _as_sum(self, i, token):
        """Σ and Π typed as letters."""
        if token.text in ("Sigma", "Pi") and self._kind(i + 1) == "SUB":
            end = closing(self.tokens, i + 2)
            if self._kind(end + 1) in (*_OPERAND, "SUP"):
                return self._big(i, token.at("BIG", "sum" if token.text == "Sigma" else "product"))
        elif token.text == "Sigma" and self._sums(i):
            self.notes.append((token.start, "Σ sums over its indices"))
            return self._big(i, token.at("BIG", "sum"))
        return None

    def _as_motion(self, i, token):
        r"""\dot x, along some curve; a letter of its own where the text has a ∂L/∂\dot x."""
        base = token.text.removesuffix("dot")
        if base == token.text or base not in self.known or token.text in self.below:
            return None
        return self._replaced(i, token.at("DIFFERENTIAL", "d"), token.at("NAME", base, font=token.font))

    def _as_step(self, i, token):
        r"""\Delta w is a name of its own; so is \delta a, a gradient by a, where nothing is known of a."""
        after = self._at(i + 1)
        if token.text not in ("Delta", "delta") or after is None or after.kind != "NAME":
            return None
        if token.text == "delta" and (after.text in self.known or self._starts(after.text)):
            return None
        whole = Token("NAME", token.text + after.text, token.start, after.stop, after.font, data=after.data)
        self.out.append(whole)
        return i + 2

    def _as_variation(self, i, token):
        after = self._at(i + 1)
        if token.text != "delta" or after is None:
            return None
        moves = after.kind == "NAME" and (after.text in self.known or self._starts(after.text))
        return self._replaced(i, token.at("DIFFERENTIAL", "d")) if moves or after.kind == "OPEN" else None

    def _as_delta(self, i, token):
        """Kronecker's δ_ij and δ^i_j."""
        if token.text != "delta" or self._kind(i + 1) != "SUB":
            return None
        end = closing(self.tokens, i + 2)
        above = self._at(end + 3) if self._kind(end + 1) == "SUP" and self._kind(end + 4) == "RIGHT" else None
        if end == i + 4 and above is not None and above.kind == self._kind(i + 3) == "NAME":  # δ^i_j
            self.tokens[i + 3 : end + 5] = [above, self.tokens[i + 3], self.tokens[end]]
            end = i + 5
        inner = [t.kind for t in self.tokens[i + 3 : end] if t.kind not in ("PRIME", "COMMA")]
        if inner not in (["NAME", "NAME"], ["NAME", "NUMBER"], ["NUMBER", "NAME"]):
            return None
        self.out.append(token.at("DELTA", "δ"))
        return i + 2

    def _as_direction(self, i, token):
        found = token.text == "D" and self._kind(i + 1) in ("NAME", "SUB", "OPERATOR") and self._is_direction(i)
        return self._replaced(i, token.at("DIRECTION", "D")) if found else None

    def _as_order(self, i, token):
        after, before = self._at(i + 1), self.out[-1].kind if self.out else "RELATION"
        begins = before in ("PLUS", "MINUS", "RELATION", "AMPERSAND", "OPEN")
        found = token.text in ("o", "O") and after is not None and (after.kind, after.text) == ("OPEN", "(")
        return self._replaced(i, token.at("ORDER", token.text)) if found and begins else None

    _LETTERS = (
        _as_differential, _as_word, _as_known, _as_expectation, _as_identity, _as_zero, _as_exponential, _as_sigmoid,
        _as_sum, _as_motion, _as_step, _as_variation, _as_delta, _as_direction, _as_order,
    )  # fmt: skip
    """What a letter may be, in the order in which it is asked."""

    def _sums(self, i):
        """Whether Σ, which nobody declared, is the sign of a sum: it begins a term in which indices stand."""
        before = self.out[-1].kind if self.out else "RELATION"
        begins = before in ("RELATION", "PLUS", "MINUS", "NUMBER", "RIGHT", "AMPERSAND", "SPACE", "OPEN")
        if not begins or self._kind(i + 1) not in ("OPEN", "NAME", "FRACTION", "NORMLEFT", "BARS", "BAR", "OPERATOR"):
            return False
        for k in range(i + 1, len(self.tokens) - 3):
            if self.tokens[k].kind in ("ROW", "RELATION"):
                return False
            inside = self.tokens[k + 2]
            if self.tokens[k].kind == "SUB" and inside.kind == "NAME" and inside.text in "ijkn":
                return True
        return False

    def _word(self, token):
        """A word that is no declared name: dX, or known letters beside each other."""
        text = token.text
        if text[0] == "d" and text[1:] in self.known and len(text) > 1:
            self.out += [token.at("DIFFERENTIAL", "d"), token.at("NAME", text[1:])]
        elif all(c in self.known for c in text):
            self.out += [token.at("NAME", c) for c in text]
        else:
            self.out.append(token)

    def _called(self, i):
        """Whether a bracket follows, perhaps after primes."""
        while self._kind(i) == "PRIME":
            i += 1
        return self._kind(i) == "OPEN"

    def _squared_call(self, i):
        """Whether a power and a bracket follow, σ²(x), in a text that writes σ(…) as well."""
        if self._kind(i) != "SUP" or not self._called(closing(self.tokens, i + 1) + 1):
            return False
        return any(t.text == "sigma" and t.kind == "NAME" and self._called(k + 1) for k, t in enumerate(self.tokens))

    def _is_direction(self, i):
        j = i + 1
        if self.tokens[j].kind == "SUB":
            after = self._at(closing(self.tokens, j + 1) + 1)
            return after is not None and after.kind == "NAME" and after.text != "d" and not self._starts("D")
        return self._kind(j) in ("NAME", "OPERATOR") and self._kind(j + 1) in ("OPEN", "RELATION", "AMPERSAND", "SUB")

    def _is_differential(self, i, token, after):
        if after is None or token.data == "mapped":
            return False
        j = i + 1
        if after.kind in ("SUP", "SUB"):
            j = closing(self.tokens, i + 2) + 1
            inside = self.tokens[i + 3 : j - 1]
            if after.kind == "SUP" and [t.text for t in inside] not in (["2"], ["1"]):
                return False
            if after.kind == "SUB" and not (self._kind(j) == "NAME" and self._kind(j + 1) == "OPEN"):
                return False
        if self._kind(j) not in _OPERAND:
            return False
        if token.font in _UPRIGHT or "d" not in self.known:
            return True
        if after.kind == "NAME":
            return self._glued_d(self.tokens, i)
        return self.moves and after.kind in ("OPERATOR", "OPEN", "SUP", "LEFT", "NORMLEFT", "BIG") and not after.spaced

    def _number(self, i, token):
        after = self._kind(i + 1)
        if token.text == "1" and self._multiplies_ones(i):
            self.notes.append((token.start, "1 is the vector of ones"))
            token = token.at("ONE", "1")
        if token.text in ("1", "11") and after == "TRANSPOSE":  # 1ᵀ x, 11ᵀ: vectors of ones
            self.out += [token.at("ONE", "1") for _ in token.text]
            return i + 1
        if token.text == "1" and (token.font in ("bold", "double", "vector", "typed") or after == "SUB"):
            token = token.at("ONE", "1")
        if token.kind == "ONE" and after == "SUB":  # 1_{z > 0}
            end = closing(self.tokens, i + 2)
            inner = self.tokens[i + 3 : end]
            if any(t.kind == "RELATION" for t in inner):
                braced = inner[0].kind == "OPEN"
                left, right = self.tokens[i + 1].at("OPEN", "["), self.tokens[end].at("CLOSE", "]")
                self.tokens[i : end + 1] = inner if braced else [left, *inner, right]
                return i
        self.out.append(token)
        return i + 1

    def _multiplies_ones(self, i):
        """Whether a plain 1 stands behind a matrix, where a number has nothing to do: Uᵀ1, (AB)ᵀ1."""
        before = self.out[-1].kind if self.out else ""
        return before == "TRANSPOSE" and self._kind(i + 1) not in _FACTORS - {"BAR", "BARS"}

    # derivatives written as fractions

    def _fraction(self, i, token):
        r"""\frac{\partial f}{\partial x}: the marks go, and the fraction is a derivative."""
        middle = closing(self.tokens, i + 1)
        end = closing(self.tokens, middle + 1)
        for k in (middle + 2, i + 2):  # \frac{\mathrm{dy}}{\mathrm{dx}}
            if pair := self._spoken_d(k):
                self.tokens[k : k + 1] = pair
                middle, end = middle + (k == i + 2), end + 1
        above, below = self.tokens[i + 2 : middle], self.tokens[middle + 2 : end]
        mark = self._mark(above) or ""
        if mark == "∂" and self._mark(below) is None and self._is_variable(below, len(above) == 1):
            self.notes.append((token.start, f"the derivative by {below[0].text}, whose ∂ is missing"))
            below = self.tokens[middle + 2 : end] = [above[0], *below]
            end += 1
        quotients = any(t.kind == "SLASH" for t in below)  # \frac{dy/dt}{dx/dt} is of two derivatives
        plain = not mark or self._mark(below) != mark or len(below) < 2 or quotients
        if plain or (mark == "d" and not self._is_mark_of_d(above)):
            self.out.append(token)
            return i + 1
        order, above = self._order(above[1:])
        variables, current = [], None
        for t in below:
            nested = sum((s.kind == "LEFT") - (s.kind == "RIGHT") for s in current or ())
            if t.kind == below[0].kind and t.text == below[0].text and not nested:
                current = []
                variables.append(current)
            else:
                current.append(t)
        if not all(variables):
            self.out.append(token.at("BAD", "", "a derivative by nothing"))
            return end + 1
        if order == 2 and len(variables) == 1:
            last = variables[0]
            if [t.kind for t in last[:4]] == ["SUP", "LEFT", "NUMBER", "RIGHT"]:  # ∂²x for ∂x²
                del last[:4]
            if len(last) > 3 and last[-4].kind == "SUP" and last[-2].text == "2":
                del last[-4:]
        left, right = self.tokens[i + 1], self.tokens[middle]
        flat = []
        for k, variable in enumerate(variables):
            flat += [*([token.at("COMMA", ",")] if k else []), *variable]
        below = [self.tokens[middle + 1], *flat, self.tokens[end]]
        self.tokens[i + 1 : end + 1] = [left, *above, right, *below] if above else below
        self.out.append(token.at("DERIVATIVE" if above else "OPERATE", "", order))
        return i + 1

    def _spoken_d(self, i):
        """The d and the letter of a word dx at a place, or None."""
        word = self.tokens[i]
        plain = word.kind == "NAME" and word.data == "word" and word.font in _UPRIGHT and word.text not in self.known
        if not plain or word.text[0] != "d" or not (len(word.text) == 2 or word.text[1:] in self.known):
            return None
        return word.at("NAME", "d", font=word.font), word.at("NAME", word.text[1:])

    def _is_variable(self, tokens, alone):
        """Whether what stands below a ∂ is what it is taken by: a known name or an entry, any where ∂ is `alone`."""
        named = bool(tokens) and tokens[0].kind == "NAME" and (alone or tokens[0].text in self.known)
        return named and (len(tokens) == 1 or (tokens[1].kind == "SUB" and closing(tokens, 2) == len(tokens) - 1))

    def _mark(self, tokens):
        """The sign of a derivative that tokens begin with, ∂, d or δ, or None."""
        first, after = tokens[0] if tokens else None, tokens[1].kind if len(tokens) > 1 else ""
        if first is None:
            return None
        if first.kind == "PARTIAL":
            return "∂" if after != "SUB" else None
        letter = first.text if first.kind == "NAME" and first.data != "mapped" else ""
        if first.kind == "DIFFERENTIAL" or letter == "d":
            return "d" if after not in _NO_OPERAND else None
        varied = letter == "delta" and "delta" not in self.known and after not in (*_NO_OPERAND, "SUP")
        return "δ" if varied else None

    def _is_mark_of_d(self, above):
        return "d" not in self.known or self.moves or len(above) == 1

    @staticmethod
    def _order(tokens):
        """The order in ∂², and the tokens after it."""
        if len(tokens) > 3 and tokens[0].kind == "SUP" and tokens[2].kind == "NUMBER" and tokens[3].kind == "RIGHT":
            return int(tokens[2].text), tokens[4:]
        return 1, tokens

    # sums and limits

    def _big(self, i, token):
        """Σ with its bounds: the letters in the token, the bounds after it."""
        low = high = None
        letters, condition = (), (None, None)
        i += 1
        while self._kind(i) in ("SUB", "SUP", "TRANSPOSE"):
            script = self.tokens[i]
            if script.kind == "TRANSPOSE":
                high = [script.at("LEFT"), script.at("NAME", "T"), script.at("RIGHT")]
                i += 1
                continue
            end = closing(self.tokens, i + 1)
            inner = self.tokens[i + 2 : end]
            if script.kind == "SUP":
                high = [self.tokens[i + 1], *inner, self.tokens[end]]
            elif token.text == "integral":
                low = self.tokens[i + 1 : end + 1]
            else:
                try:
                    letters, low, condition, top = _bounds(inner, high is not None or self._kind(end + 1) == "SUP")
                except ParseError as error:
                    self.out.append(Token("BAD", "", token.start, self.tokens[end].stop, data=str(error)))
                    return end + 1
                if low is not None:
                    low = [self.tokens[i + 1], *low, self.tokens[end]]
                high = [self.tokens[i + 1], *top, self.tokens[end]] if top else high
            i = end + 1
        where = condition[1] if condition[0] == "where" else None
        self.out.append(token.at("BIG", token.text, (letters, _NO_CONDITION if where else condition)))
        new = ([token.at("LOW"), *low] if low else []) + ([token.at("HIGH"), *high] if high else [])
        new += [token.at("WHERE"), token.at("OPEN", "["), *where, token.at("CLOSE", "]")] if where else []
        self.tokens[i:i] = new
        return i

    def _limit(self, i, token):
        """Lim with its variable and target as two arguments."""
        if self._kind(i + 1) != "SUB":
            self.out.append(token.at("BAD", "lim", "lim without its variable"))
            return i + 1
        end = closing(self.tokens, i + 2)
        inner = self.tokens[i + 3 : end]
        arrow = next((k for k, t in enumerate(inner) if t.kind == "ARROW"), 0)
        if not arrow or arrow == len(inner) - 1:
            self.out.append(token.at("BAD", "lim", "lim without x → a"))
            return end + 1
        left, right = self.tokens[i + 2], self.tokens[end]
        self.out.append(token)
        self.tokens[i + 1 : end + 1] = [
            left,
            *inner[:arrow],
            right,
            inner[arrow].at("LEFT"),
            *inner[arrow + 1 :],
            right,
        ]
        return i + 1

    _BY_KIND: ClassVar = {
        "NAME": _name,
        "NUMBER": _number,
        "OPERATOR": _operator,
        "SUP": _superscript,
        "FRACTION": _fraction,
        "BIG": _big,
        "LIMIT": _limit,
        "NORMRIGHT": _norm,
        "BARS": _norm,
        "OPEN": _open,
        "TIMES": _times,
    }
    """Kind of token to what decides it; others are what they are."""
