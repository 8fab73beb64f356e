r"""Tokens of the grammar from raw LaTeX: what only places ink goes, fonts and accents are folded into the symbols.

What comes out is a flat list of mathematical tokens with their places in the source, ready for ``latex.lark``.
"""

import difflib
import itertools
import re

from derivations.formulas import names
from derivations.formulas.expression import ParseError
from derivations.reading.tex import DEPTH, Token, scan
from derivations.reading.tex_words import (
    ACCENTS,
    ARROWS,
    BINOMIALS,
    BRACES,
    BY_A_LENGTH,
    CASES,
    COMMANDS,
    CONNECTORS,
    DROPPED,
    DROPPED_WITH_ARGUMENT,
    FIXED,
    FONT_OF,
    FRACTIONS,
    KEPT_ARGUMENT,
    LETTERS,
    MATRICES,
    MEMBERS,
    OPERATORS,
    REFUSED,
    RELATIONS,
    ROWS,
    SWITCHES,
    TEXTS,
    WIDTHS,
    WORDS,
    WORDY,
)


def _unclosed(raw):
    """The opening braces that nothing closes, by identity."""
    stack = []
    for token in raw:
        if token.text == "{":
            stack.append(id(token))
        elif token.text == "}" and stack:
            stack.pop()
    return set(stack)


class Layout:
    """Raw tokens to mathematical tokens."""

    def __init__(self, source, raw):
        self.source, self.raw, self.place = source, raw, 0
        self.nested = 0
        self.unclosed = _unclosed(raw)
        self.labels = []
        """What stands under braces: (start and stop of what is above, tokens of the label)."""

    def tokens(self):
        """All of them."""
        out = []
        while self.place < len(self.raw):
            if self.raw[self.place].text == "}":
                out.append(self.raw[self.place].at("BAD", "}", "a closing brace without an opening one"))
                self.place += 1
                continue
            out += self.until("}", "")
        return _numbers(out)

    # reading raw tokens

    def last(self):
        """The raw token that was taken last."""
        return self.raw[min(self.place, len(self.raw)) - 1]

    def peek(self, spaces=True):
        """The next raw token, spaces skipped, or None."""
        if spaces:
            while self.place < len(self.raw) and self.raw[self.place].kind == "space":
                self.place += 1
        return self.raw[self.place] if self.place < len(self.raw) else None

    def next(self):
        """Take the next raw token."""
        token = self.peek()
        self.place += 1
        return token

    def takes(self, *texts):
        """Whether the next raw token is one of these; it is then taken."""
        token = self.peek()
        if token is not None and token.text in texts:
            self.place += 1
            return True
        return False

    def verbatim(self):
        """The text of the next argument, spaces kept."""
        first = self.next()
        if first is None or first.text != "{" or id(first) in self.unclosed:
            return first.text if first else ""
        depth, words = 1, []
        while self.place < len(self.raw):
            token = self.raw[self.place]
            self.place += 1
            depth += (token.text == "{") - (token.text == "}")
            if not depth:
                break
            words.append(token.text)
        return "".join(words)

    def is_wording(self):
        """Whether the next argument is a remark in words and no letters in a font: (definition), by the chain rule."""
        place, first = self.place, self.peek()
        text = self.verbatim() if first is not None and first.text == "{" else ""
        self.place = place
        words = re.findall(r"[A-Za-z]{2,}", text)
        apart = len(words) > 1 or re.fullmatch(r"\s*[(\[].*[)\]]\s*", text)
        return bool(words and apart and max(map(len, words)) > 3 and not re.search(r"[\\^_=+]", text))

    def optional(self):
        """Skip an argument in square brackets."""
        if self.takes("["):
            while (token := self.peek()) is not None and token.text != "]":
                self.place += 1
            self.place += 1

    # tokens of an argument

    def until(self, closing, font):
        """Items up to a closing token, which is left in place."""
        out, switched = [], None
        while (token := self.peek()) is not None and token.text != closing:
            if token.text in SWITCHES:
                self.place += 1
                font, switched = FONT_OF[token.text], len(out)
                continue
            if token.text in (r"\over", r"\atop", r"\choose"):
                self.place += 1
                below = self.until(closing, font)
                if token.text == r"\choose":
                    return _binomial(token, out, below)
                return [token.at("FRACTION"), *_braced(token, out), *_braced(token, below)]
            self.item(out, font)
        if switched is not None and font in WORDY:
            out[switched:] = _run_together(out[switched:], font)
        return out

    def argument(self, font):
        """The tokens of the next argument: a group in braces or one item."""
        first = self.peek()
        if first is None or first.text in ("}", "&", r"\\", r"\end"):
            return [(first or self.raw[-1]).at("BAD", "", "an argument is missing")]
        out = []
        if first.text == "{":
            self.place += 1
            out = self.group(first, font)
        else:
            self.deeper(first)
            self.item(out, font)
            self.nested -= 1
        return _numbers(out)

    def group(self, first, font):
        """What stands up to the closing brace."""
        if id(first) in self.unclosed:
            return [first.at("BAD", "{", "this brace is never closed")]
        self.deeper(first)
        out = self.until("}", font)
        self.nested -= 1
        self.place += 1
        return out

    def deeper(self, token):
        """Count a level of nesting."""
        self.nested += 1
        if self.nested > DEPTH:
            raise ParseError(f"braces nest more than {DEPTH} deep at character {token.start}")

    # items

    def item(self, out, font):
        """One raw token with its arguments."""
        token = self.next()
        text = token.text
        ahead = self.raw[self.place].text if self.place < len(self.raw) else ""
        if token.kind in _STRUCTURE:
            out.append(_STRUCTURE[token.kind](token))
        elif token.kind == "char" and (text.isalpha() or text.isdigit()):
            kind = "NAME" if text.isalpha() else "DIGIT"
            out.append(Token(kind, text, token.start, token.stop, font, token.glued))
        elif text == "." and [t.text for t in self.raw[self.place : self.place + 2]] == [".", "."]:
            self.place += 2
            out.append(Token("DOTS", "", token.start, token.start + 3))
        elif text + ahead in _PAIRED:
            self.place += 1
            out.append(Token("RELATION", text + ahead, token.start, token.start + 2))
        elif text in _COMMANDS:
            _COMMANDS[text](self, out, token, font)
        elif text in _SIGNS:
            out.append(token.at(*_SIGNS[text]))
        elif text in LETTERS:
            out.append(token.at("NAME", LETTERS[text], font=font, data="greek"))
        elif text in WIDTHS:
            _space(out, token, WIDTHS[text])
        elif text in WORDS:
            out.append(_word(token, WORDS[text]))
        elif text not in DROPPED:
            self.unknown(out, token)

    def unknown(self, out, token):
        """A command or a sign that the reader does not know, with the one that is spelled alike."""
        text = token.text
        near = difflib.get_close_matches(text, COMMANDS, 1) if text.startswith("\\") and len(text) < 40 else []
        hint = f"; did you mean {near[0]}?" if near else ""
        what = "unknown command" if text.startswith("\\") else "unknown sign"
        out.append(token.at("BAD", text, f"{what} {text[:40]}{hint}"))

    # commands, each a method of its own: `_COMMANDS` says which

    def argument_of_extremum(self, out, token, font):
        r"""\arg\min, perhaps with a small space between, is one word."""
        while (after := self.peek()) is not None and after.text in (r"\,", r"\!", r"\;", "~", r"\ "):
            self.place += 1
        word = f"arg{after.text[1:]}" if self.takes(r"\min", r"\max") else WORDS[token.text]
        out.append(_word(token, word))

    def underscore(self, out, token, font):
        r"""\_ in a name."""
        out.append(Token("NAME", "_", token.start, token.stop, font, True))

    def row(self, out, token, font):
        r"""\\ with its star and its length."""
        self.takes("*")
        ahead = "".join(t.text for t in self.raw[self.place : self.place + 16])
        if re.match(r"\s*\[\s*-?[\d.]+\s*\\?[a-z]+\s*\]", ahead):
            self.optional()
        out.append(token.at("ROW"))

    def in_font(self, out, token, font):
        r"""Letters in a font, or words: \mathrm{MSE}, \mathrm{by the chain rule}."""
        if token.text in (r"\operatorname", r"\mathop"):
            self.takes("*")
        place, word = self.place, self.verbatim() if self.peek() is not None and self.peek().text == "{" else ""
        if found := _EXTREMUM.fullmatch(word):
            out.append(_word(token, f"arg{found[1]}"))
            return
        self.place = place
        worded = token.text in TEXTS or (token.text != r"\operatorname" and self.is_wording())
        if worded:
            self.words(out, token, font)
            return
        self.lettered(out, token, FONT_OF[token.text])

    def root(self, out, token, font):
        """√."""
        start = self.place
        self.optional()
        degree = Layout(self.source, [t for t in self.raw[start : self.place] if t.text not in "[]"]).tokens()
        inner = self.argument(font)
        if not degree:
            out += [token.at("ROOT"), *_braced(token, inner)]
            return
        exponent = _braced(token, [token.at("NUMBER", "1"), token.at("SLASH", "/"), *degree])  # ∛x is x^{1/3}
        exponent[-1].data = "superscript"
        out += [*_braced(token, inner), token.at("SUP", "", "superscript"), *exponent]

    def dropped(self, out, token, font):
        """A command that goes with its arguments."""
        self.takes("*")
        self.optional()
        for _ in range(DROPPED_WITH_ARGUMENT[token.text]):
            self.verbatim()

    def kept(self, out, token, font):
        """A command that leaves its argument."""
        self.optional()
        out += self.argument(font)

    def below_or_above(self, out, token, font):
        r"""\underset{a}{B} is B, and \underset{w}{\min} is \min_w."""
        below = self.argument(font)
        inner = self.argument(font)
        extremal = inner and inner[-1].kind == "OPERATOR" and inner[-1].text in ("max", "min", "argmax", "argmin")
        if extremal and token.text == r"\underset":
            inner += [token.at("SUB"), *_braced(token, below)]
        out += inner

    def space_of_a_length(self, out, token, font):
        r"""\hspace{2em}."""
        self.takes("*")
        width = self.verbatim() if self.peek() is not None and self.peek().text == "{" else self.dimension()
        _space(out, token, 1.0 if _WIDE.match(width) else 0.1)

    def arrow(self, out, token, font):
        """An arrow with words above it."""
        self.optional()
        self.verbatim()
        long_equal = token.text == r"\xlongequal"
        out.append(token.at("RELATION", "=") if long_equal else token.at("CONNECTOR", r"\implies"))

    def lines_below(self, out, token, font):
        r"""\substack."""
        out += [t for t in self.argument(font) if t.kind != "ROW"]

    def bare_matrix(self, out, token, font):
        r"""\pmatrix{…} of plain TeX."""
        first = self.peek()
        if self.takes("{"):
            kind = "cases" if token.text == r"\cases" else "matrix"
            self.matrix(out, token, kind, self.group(first, font))

    def end(self, out, token, font):
        r"""\end."""
        self.verbatim()
        out.append(token.at("END"))

    def upright_t(self, out, token, font):
        r"""\top."""
        out.append(token.at("NAME", "T", font="sans"))

    def dimension(self):
        r"""A bare length, after \kern; what is no length is left in place."""
        ahead = self.raw[self.place : self.place + 24]
        found = re.match(r"\s*-?\s*(\d+\.?\d*|\.\d+)\s*(em|ex|pt|mu|cm|mm|in|px|pc|sp)", "".join(t.text for t in ahead))
        if found is None:
            return ""
        length = found.end()
        while length > 0:
            length -= len(self.raw[self.place].text)
            self.place += 1
        return found[0]

    def braces(self, out, token, font):
        """A group in braces: kept where a script follows it, else its contents stand by themselves."""
        first = self.peek()
        inner = _numbers(self.group(token, font))
        if inner:
            inner[0].start, inner[-1].stop = token.start, self.last().stop
        if len(inner) > 1 and inner[0].kind in ("MINUS", "PLUS"):  # {-e}^x is -e^x to the eye
            out.append(inner.pop(0))
        after = self.peek()
        scripted = after is not None and after.text in ("^", "_", "'")
        letters = first is not None and first.text in SWITCHES and all(t.kind == "NAME" for t in inner)
        if scripted and len(inner) > 1 and not (letters and after.text == "_"):  # {\bf S v}_1 is S v_1
            out += _braced(token, inner)
        else:
            out += inner

    def script(self, out, token, font):
        """^ or _: the scripts of one base in a fixed order, and the usual superscripts as one token."""
        inner = self.argument("")
        if len(inner) == 1 and inner[0].kind in _SIDES:  # P^-, p_+
            inner = [inner[0].at("NAME", _SIDES[inner[0].kind], "word", font="upright")]
        if token.text == "_":
            scripts = [token.at("SUB"), *_braced(token, inner, self.last())]
            self._before_superscript(out, scripts)
            return
        out += _superscript(token, inner, self.last()) if inner else []

    @staticmethod
    def _before_superscript(out, scripts):
        """Put a subscript before the superscripts that the base has already."""
        i = len(out)
        while i and (
            out[i - 1].kind in ("TRANSPOSE", "INVERSE", "INVERSETRANSPOSE", "PRIME") or out[i - 1].data == "superscript"
        ):
            if out[i - 1].kind == "RIGHT":
                i = opening(out, i - 1) - 1  # at its SUP
            else:
                i -= 1
        out[i:i] = scripts

    def words(self, out, token, font):
        r"""\text{…}: a word is a name or a function; more of them are a remark."""
        start = self.peek()
        if start is not None and start.text != "{":
            self.lettered(out, token, FONT_OF.get(token.text, "upright"))
            return
        place = self.place
        text = self.verbatim()
        stop = self.last().stop
        text = text.replace(r"\_", "_")
        bare = text.strip().strip("~").strip()
        whole = Token("WORDS", " ".join(bare.split()), token.start, stop, data=text)
        if token.text == r"\intertext":
            out += [token.at("ROW"), whole.at("WORDS", whole.text, whole.data, font="between"), token.at("ROW")]
        elif "$" in text:
            self.mixed(out, token, text, whole)
        elif bare == "o" and text != bare:  # A \text{ o } B
            out.append(whole.at("HADAMARD", r"\circ"))
        elif (
            re.fullmatch(r"[A-Za-z]\w*", bare)
            and bare.lower() not in CONNECTORS
            and (text == bare or bare in OPERATORS or len(bare) == 1)
        ):
            if len(bare) == 1:
                self.place = place
                self.lettered(out, token, FONT_OF[token.text])
            else:
                out.append(_word(whole, names.key(bare) if "_" in bare else bare))
        elif re.fullmatch(r"[-+=]|\d+", bare):
            self.place = place
            self.lettered(out, token, "")
        elif bare:
            out.append(whole)
        else:
            _space(out, token, 0.34 * len(text))

    def mixed(self, out, token, text, whole):
        """Words with mathematics between dollar signs."""
        for k, part in enumerate(re.split(r"\$", text)):
            if k % 2:
                inner = [Token(t.kind, t.text, whole.start, whole.stop, glued=t.glued) for t in scan(part)]
                layout = Layout(self.source, inner)
                layout.nested = self.nested + 1
                self.deeper(token)
                out += layout.tokens()
                self.nested -= 1
            elif part.strip():
                out.append(Token("WORDS", " ".join(part.split()), whole.start, whole.stop, data=part))

    def lettered(self, out, token, font):
        """An argument in a font: letters in an upright font make one word."""
        inner = self.argument(font)
        if inner:
            inner[0].start, inner[-1].stop = token.start, max(inner[-1].stop, self.last().stop)
        plain = inner and all(t.kind in ("NAME", "NUMBER") and t.font == font and t.data is None for t in inner)
        if plain and len(inner) > 1 and font in WORDY and inner[0].kind == "NAME":
            word = "".join(t.text for t in inner)
            word = names.key(word) if "_" in word else word
            joined = Token("NAME", word, token.start, inner[-1].stop, font)
            out.append(_word(joined, word))
        else:
            out += inner

    def accent(self, out, token, font):
        r"""An accent belongs to the letter: \hat y is yhat."""
        inner = self.argument(font)
        suffix = ACCENTS[token.text]
        if (
            inner
            and inner[0].kind in ("NAME", "OPERATOR", "NUMBER")
            and (len(inner) == 1 or inner[1].kind in ("SUB", "SUP", "TRANSPOSE", "INVERSE", "LABEL"))
        ):
            first = inner[0]
            if first.kind == "NUMBER":
                first = first.at("NUMBER", first.text, font="vector" if token.text == r"\vec" else first.font)
            else:
                first = Token(
                    "NAME", first.text + suffix, token.start, max(first.stop, token.stop), first.font, False, first.data
                )
            out += [first, *inner[1:]]
        elif suffix:
            out.append(token.at("BAD", token.text, f"{token.text} over more than one symbol is not read"))
        else:
            out += inner

    def fraction(self, out, token, font):
        r"""\frac, and whether it is a derivative: \frac{\partial f}{\partial x}, \frac{d}{dx}."""
        above = self.argument(font)
        middle = self.last()
        below = self.argument(font)
        last = self.last()
        out += [token.at("FRACTION"), *_braced(token, above, middle), *_braced(middle, below, last)]

    def binomial(self, out, token, font):
        r"""\binom{n}{k}."""
        out += _binomial(token, self.argument(font), self.argument(font))

    def delimiter(self, out, token, font):
        r"""\left( and \right): the bracket; a dot is nothing."""
        after = self.next()
        if after is None:
            out.append(token.at("BAD", token.text, f"{token.text} without a bracket"))
            return
        text, place = after.text, (token.start, after.stop)
        left = token.text == r"\left"
        if text == ".":
            out.append(Token("NULL", "left" if left else "right", *place))
        elif text in ("|", r"\vert", r"\lvert", r"\rvert"):
            out.append(Token("BARLEFT" if left else "BARRIGHT", "|", *place))
        elif text in (r"\|", r"\Vert", r"\lVert", r"\rVert"):
            out.append(Token("NORMLEFT" if left else "NORMRIGHT", "|", *place))
        elif text in ("<", ">", r"\langle", r"\rangle", r"\lt", r"\gt"):
            out.append(Token("ANGLELEFT" if left else "ANGLERIGHT", "", *place))
        elif text in FIXED and FIXED[text][0] in ("OPEN", "CLOSE"):
            kind, sign = FIXED[text]
            out.append(Token(kind, sign, *place, data="left" if left else "right"))
        else:
            out.append(token.at("BAD", text, f"{token.text}{text} is not a bracket"))

    def brace_with_label(self, out, token, font):
        r"""\underbrace{X}_{label}: X stays, and the label is kept beside it."""
        inner = self.argument(font)
        out += inner
        if self.takes("_", "^"):
            label = self.argument(font)
            if inner:
                self.labels.append((inner[0].start, inner[-1].stop, label))

    def environment(self, out, token, font):
        """An environment: rows of the block, or a matrix, or cases."""
        name = self.verbatim().rstrip("*")
        if name in ROWS or name == "array" or (name == "matrix" and self._is_system(out)):
            if name in ("array", "alignat", "alignedat", "subarray"):
                self.optional()
                self.verbatim()
            elif name in ("aligned", "gathered", "split", "multlined"):
                self.optional()
            if name == "array" and self._is_matrix(out):
                self.matrix(out, token, "matrix", self.body(font, token))
            elif name == "array" and self._is_cases(out):
                out.pop()
                self.matrix(out, token, "cases", self.body(font, token))
            else:
                out.append(token.at("BEGIN"))
        elif name in MATRICES:
            if name in ("vmatrix", "Vmatrix"):
                kind = "BAR" if name == "vmatrix" else "NORM"
                out.append(token.at(kind + "LEFT", "|"))
                self.matrix(out, token, "matrix", self.body(font, token))
                out.append(token.at(kind + "RIGHT", "|"))
            else:
                self.matrix(out, token, "matrix", self.body(font, token))
        elif name in CASES and self._begins_row(out):
            out.append(token.at("BEGIN"))  # a system of equations
        elif name in CASES:
            self.matrix(out, token, "cases", self.body(font, token))
        else:
            near = difflib.get_close_matches(name, [*ROWS, *MATRICES, *CASES, "array"], 1) if len(name) < 40 else []
            out.append(
                token.at(
                    "BAD", name, f"unknown environment {name[:40]}" + (f"; did you mean {near[0]}?" if near else "")
                )
            )

    def _is_system(self, out):
        """Whether a matrix without brackets holds equations, and no entries: it begins a row, and has signs in it."""
        ahead = itertools.takewhile(lambda t: t.text != r"\end", self.raw[self.place :])
        return self._begins_row(out) and any(t.text == "=" for t in ahead)

    @staticmethod
    def _begins_row(out):
        last = next((t.kind for t in reversed(out) if t.kind not in ("SPACE", "AMPERSAND")), "ROW")
        return last in ("ROW", "CONNECTOR", "WORDS")

    @staticmethod
    def _is_matrix(out):
        before = next((t for t in reversed(out) if t.kind != "SPACE"), None)
        return before is not None and (
            before.kind in ("BARLEFT", "BAR") or (before.kind == "OPEN" and before.text in "([")
        )

    @staticmethod
    def _is_cases(out):
        before = [t for t in out if t.kind != "SPACE"][-2:]
        return len(before) == 2 and before[1].kind == "OPEN" and before[1].text == "{" and before[0].kind == "RELATION"

    def body(self, font, token):
        r"""What stands up to the \end of a matrix."""
        self.deeper(token)
        out = []
        while (here := self.peek()) is not None and here.text not in ("}", r"\end"):
            if here.text in SWITCHES:
                self.place += 1
                font = FONT_OF[here.text]
                continue
            self.item(out, font)
        self.nested -= 1
        if self.takes(r"\end"):
            self.verbatim()
        else:
            out.append(token.at("BAD", "", "this environment is never ended"))
        return out

    def matrix(self, out, token, kind, inner):
        """Rows and cells between signs of their own, so that a row of the block is not cut inside them."""
        rows = [[[]]]
        for t in _numbers(inner):
            if t.kind == "ROW":
                rows.append([[]])
            elif t.kind == "AMPERSAND":
                rows[-1].append([])
            elif t.kind != "SPACE":
                rows[-1][-1].append(t)
        rows = [row for row in rows if any(row)]
        last = self.last()
        if kind == "cases":
            after = self.peek()
            if after is not None and after.text == r"\right":
                self.place += 1
                self.next()
        out.append(token.at("MATRIX" if kind == "matrix" else "CASES"))
        for i, row in enumerate(rows):
            if i:
                out.append(token.at("NEXTROW"))
            for j, cell in enumerate(row):
                if j:
                    out.append(token.at("NEXTCELL"))
                if kind == "cases" and j:
                    cell = _condition(cell)
                while cell and cell[-1].kind in ("COMMA", "PERIOD", "SEMICOLON"):
                    cell = cell[:-1]
                out += cell or [token.at("DOTS")]
        out.append(Token("ENDMATRIX", "", last.start, last.stop))


_STRUCTURE = {
    "prose": lambda token: token.at("WORDS", token.text, token.text, font="between"),
    "section": lambda token: token.at("ROW", "", token.data),
    "row": lambda token: token.at("ROW", "", token.data),
    "unclosed": lambda token: token.at("BAD", token.text, token.data),
    "outside": lambda token: token.at("BAD", token.text, token.data),
}
"""What the parts of a document become."""
_PAIRED = {":=", "=:", "+=", "-="}
"""Signs of a relation that are typed as two."""
_SIGNS = (
    dict.fromkeys(MEMBERS, ("MEMBER",))
    | dict.fromkeys(ARROWS, ("CONNECTOR",))
    | {sign: ("BAD", sign, reason) for sign, reason in REFUSED.items()}
    | FIXED
    | {sign: ("RELATION", meant) for sign, meant in RELATIONS.items()}
    | {"&": ("AMPERSAND",), r"\prime": ("PRIME", "'")}
    | {sign: ("BAD", sign, f"{sign} is not read") for sign in (r"\pmod", r"\bmod", r"\not")}
)
"""Signs and commands that are one token each: its kind, its text, its data."""
_SIGNS |= {sign: (kind, sign) for sign, (kind, *rest) in _SIGNS.items() if not rest and kind in ("MEMBER", "CONNECTOR")}
_EXTREMUM = re.compile(r"\s*arg(?:\s|\\[,;:! ]|~)*(min|max)\s*")
_WIDE = re.compile(r"\s*(\d*[1-9]\d*|\d*\.[5-9]\d*)\s*(em|cm|in|ex|\\)|\s*\d\d\d*\s*(pt|mm|px|mu)")
_COMMANDS = (
    dict.fromkeys((*FONT_OF, *TEXTS), Layout.in_font)
    | dict.fromkeys((r"\\", r"\cr", r"\newline", r"\tabularnewline", "\\\n"), Layout.row)
    | dict.fromkeys(ACCENTS, Layout.accent)
    | dict.fromkeys(FRACTIONS, Layout.fraction)
    | dict.fromkeys(BINOMIALS, Layout.binomial)
    | dict.fromkeys((r"\left", r"\right"), Layout.delimiter)
    | dict.fromkeys(DROPPED_WITH_ARGUMENT, Layout.dropped)
    | dict.fromkeys((*KEPT_ARGUMENT, r"\eqalign", r"\displaylines", r"\eqalignno"), Layout.kept)
    | dict.fromkeys(BY_A_LENGTH, Layout.space_of_a_length)
    | dict.fromkeys(BRACES, Layout.brace_with_label)
    | dict.fromkeys((r"\overset", r"\underset", r"\stackrel"), Layout.below_or_above)
    | dict.fromkeys((r"\xrightarrow", r"\xRightarrow", r"\xlongequal"), Layout.arrow)
    | dict.fromkeys((r"\pmatrix", r"\bmatrix", r"\matrix", r"\cases"), Layout.bare_matrix)
    | dict.fromkeys((r"\top", r"\intercal", r"\dagger"), Layout.upright_t)
    | dict.fromkeys(("^", "_"), Layout.script)
    | {
        "{": Layout.braces,
        r"\_": Layout.underscore,
        r"\arg": Layout.argument_of_extremum,
        r"\intertext": Layout.words,
        r"\sqrt": Layout.root,
        r"\substack": Layout.lines_below,
        r"\begin": Layout.environment,
        r"\end": Layout.end,
    }
)
"""Commands and signs that take arguments, or look at what stands beside them: the method of each."""


def _condition(cell):
    """The condition beside a value of cases: relations that all have to hold, -1 ≤ z ≤ 2, z > 0 and y > 0, or words."""
    parts, depth = [[]], 0
    for token in cell:
        depth += (token.kind in ("OPEN", "LEFT")) - (token.kind in ("CLOSE", "RIGHT"))
        if token.kind in ("WORDS", "CONNECTOR") or (token.kind == "COMMA" and not depth):
            parts.append([])
        elif token.kind not in ("PERIOD", "SEMICOLON"):
            parts[-1].append(token)
    relations = [relation for part in parts for relation in _relations(part)]
    if not relations or not all(left and right for left, _, right in relations):
        words = " ".join(t.text for t in cell if t.kind in ("WORDS", "NAME")) or "otherwise"
        return [Token("WORDS", words, cell[0].start, cell[-1].stop)] if cell else []
    if len(relations) > 1 and any(t.kind == "WORDS" and re.search(r"\bor\b", t.text) for t in cell):
        return [cell[0].at("BAD", cell[0].text, "a condition with ‘or’ is not read: write a row for each")]
    written = [[*left, sign, *right] for left, sign, right in relations]
    if len(written) == 1:
        return written[0]
    joined = _in_brackets(written[0][0], written[0])
    for more in written[1:]:
        joined += [more[0].at("HADAMARD", r"\odot"), *_in_brackets(more[0], more)]
    return joined


def _relations(part):
    """The relations of a chain, a ≤ b ≤ c: the tokens on the left, the sign, those on the right, for each sign."""
    signs = [i for i, token in enumerate(part) if token.kind == "RELATION"]
    ends = [-1, *signs, len(part)]
    sides = [part[start + 1 : stop] for start, stop in itertools.pairwise(ends)]
    return [(sides[i], part[sign], sides[i + 1]) for i, sign in enumerate(signs)]


def opening(tokens, i):
    """Where the LEFT stands that the RIGHT at i closes."""
    depth = 0
    while True:
        depth += (tokens[i].kind == "RIGHT") - (tokens[i].kind == "LEFT")
        if not depth:
            return i
        i -= 1


def closing(tokens, i):
    """Where the RIGHT stands that closes the LEFT at i."""
    depth = 0
    while True:
        depth += (tokens[i].kind == "LEFT") - (tokens[i].kind == "RIGHT")
        if not depth:
            return i
        i += 1


def _binomial(token, above, below):
    """N over k as n! / (k! (n − k)!)."""
    above, below = _in_brackets(token, above), _in_brackets(token, below)
    bang, minus = token.at("BANG", "!"), token.at("MINUS", "-")
    rest = _in_brackets(token, [*above, minus, *below])
    return [
        token.at("FRACTION"),
        *_braced(token, [*above, bang]),
        *_braced(token, [*below, bang, *rest, bang.at("BANG", "!")]),
    ]


def _in_brackets(token, inner):
    return [token.at("OPEN", "("), *inner, token.at("CLOSE", ")")]


def _braced(first, inner, last=None):
    last = last or (inner[-1] if inner else first)
    return [
        Token("LEFT", "", first.start, first.stop),
        *(t for t in inner if t.kind not in ("ROW", "AMPERSAND", "BEGIN", "END")),
        Token("RIGHT", "", last.start, last.stop),
    ]


def _word(token, word):
    """A word: an operator, or a name."""
    if word in OPERATORS:
        return token.at("OPERATOR", OPERATORS[word], font=token.font)
    return token.at("NAME", word, font=token.font, data="word")


def _run_together(tokens, font):
    """Letters of an upright font that stand together, as words."""
    out = []
    for token in tokens:
        previous = out[-1] if out else None
        joins = token.kind == "NAME" and token.glued and token.font == font and token.data is None
        if (
            joins
            and previous is not None
            and previous.kind in ("NAME", "OPERATOR")
            and previous.font == font
            and previous.data in (None, "word")
        ):
            out[-1] = Token(
                "NAME", previous.text + token.text, previous.start, token.stop, font, previous.glued, "word"
            )
        else:
            out.append(token)
    return [_word(t, t.text) if t.kind == "NAME" and t.data == "word" and t.font == font else t for t in out]


def _space(out, token, width):
    """Space: what adds up to a quad may separate two relations, and a colon before it ends the first, as in words."""
    if out and out[-1].kind == "SPACE":
        out[-1] = Token("SPACE", "", out[-1].start, token.stop, data=out[-1].data + width)
    else:
        out.append(token.at("SPACE", "", width))
    if out[-1].data > 0.99 and len(out) > 1 and out[-2].kind == "COLON":
        out[-2] = out[-2].at("COMMA", ",")


def _numbers(tokens):
    """Digits that stand together make a number."""
    out = []
    for i, token in enumerate(tokens):
        if (
            token.kind == "PERIOD"
            and token.text == "."
            and i + 1 < len(tokens)
            and tokens[i + 1].kind == "DIGIT"
            and tokens[i + 1].start == token.stop
        ):
            if out and out[-1].kind == "NUMBER" and out[-1].stop == token.start and "." not in out[-1].text:
                out[-1] = Token("NUMBER", out[-1].text + ".", out[-1].start, token.stop, out[-1].font, out[-1].glued)
            else:
                out.append(token.at("NUMBER", "0."))
        elif token.kind == "DIGIT":
            previous = out[-1] if out else None
            if (
                previous is not None
                and previous.kind == "NUMBER"
                and (token.glued or previous.text.endswith("."))
                and previous.font == token.font
            ):
                out[-1] = Token(
                    "NUMBER", previous.text + token.text, previous.start, token.stop, previous.font, previous.glued
                )
            else:
                out.append(Token("NUMBER", token.text, token.start, token.stop, token.font, token.glued))
        else:
            out.append(token)
    return out


_SIDES = {"PLUS": "plus", "MINUS": "minus"}
"""What a sign alone, above or below a letter, is spelled as in its name."""


def _superscript(token, inner, last):
    """The usual superscripts as one token: ^T, ^{-1}, ^{-T}, primes, bracketed labels, a star."""
    place = (token.start, last.stop)
    word = "".join(t.text for t in inner if t.kind != "SPACE")
    signs = [t.kind for t in inner if t.kind != "SPACE"]
    if signs and all(kind == "PRIME" for kind in signs):
        return [Token("PRIME", "'", *place)] * len(signs)
    if (
        len(signs) == 1
        and signs[0] in ("NAME", "OPERATOR")
        and word in ("T", "t", "tr", "Tr")
        and (word == "T" or inner[0].font in WORDY or word == "tr")
    ):
        return [Token("TRANSPOSE", "", *place)]
    if word == "-1" and signs == ["MINUS", "NUMBER"]:
        return [Token("INVERSE", "", *place)]
    if word in ("-T", "-tr") and signs[:1] == ["MINUS"] and len(signs) == 2:
        return [Token("INVERSETRANSPOSE", "", *place)]
    if signs == ["OPEN", "MINUS", "NUMBER", "CLOSE"] and word == "(-1)":
        return [Token("INVERSE", "", *place)]
    if len(signs) > 3 and signs[0] == "OPEN" and signs[-1] == "TRANSPOSE":  # a^{(2)^T}
        return [*_superscript(token, inner[:-1], last), Token("TRANSPOSE", "", *place)]
    if len(signs) > 1 and word.endswith("T") and signs[-1] == "NAME":
        if all(kind == "PRIME" for kind in signs[:-1]):  # w^{'\top}
            return [*[Token("PRIME", "'", *place)] * (len(signs) - 1), Token("TRANSPOSE", "", *place)]
        kept = inner[: max(k for k, t in enumerate(inner) if t.kind == "NAME")]
        if (signs[0] == "OPEN" and signs[-2] == "CLOSE") or all(t.kind in ("MINUS", "NUMBER") for t in kept):
            return [*_superscript(token, kept, last), Token("TRANSPOSE", "", *place)]
    if signs == ["TIMES"] or (signs == ["HADAMARD"] and word == r"\odot"):
        return [Token("LABEL", "", *place, data=[token.at("NAME", "star", "word")])]
    if len(signs) > 2 and signs[0] == "OPEN" and signs[-1] == "CLOSE" and inner[0].text in "([":
        return [Token("LABEL", "", *place, data=[t for t in inner if t.kind != "SPACE"][1:-1])]
    if len(signs) == 1 and (signs[0] == "WORDS" or inner[0].data == "word"):
        return [Token("LABEL", "", *place, data=inner)]
    return [
        Token("SUP", "", token.start, token.stop, data="superscript"),
        *_braced(token, inner, last)[:-1],
        Token("RIGHT", "", last.start, last.stop, data="superscript"),
    ]
