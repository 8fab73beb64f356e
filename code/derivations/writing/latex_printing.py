"""Trees back to LaTeX, with the brackets that are needed and no others."""

from typing import NamedTuple

from derivations.formulas import names
from derivations.reading.latex_dots import unfolded
from derivations.reading.latex_grammar import WIDE, holds_arguments, peeled, script_text
from derivations.reading.tex_words import LETTERS

SUM, COLON, ENTRYWISE, PRODUCT, FACTOR, ATOM = range(1, 7)

_ACCENTS = ("hat", "bar", "tilde", "ddot", "dot", "check", "breve")
_RELATIONS = {"≤": r"\le", "≥": r"\ge", "≠": r"\ne"}
_CLOSING = {"(": ")", "[": "]", r"\{": r"\}"}


class Text(NamedTuple):
    """LaTeX, and what must be known to put it beside something else."""

    latex: str
    level: int
    open: bool = False
    """Whether it reaches as far right as it can: Σ, ∂/∂x, tr without brackets."""
    raised: bool = False
    """Whether it ends in a superscript."""


def to_latex(tree, names=None):
    r"""LaTeX of a tree.

    Parameters
    ----------
    tree : Tree
        What `read_block` gives, or an edited form of it.
    names : dict, optional
        LaTeX spellings and the names they stand for, as for `read_block`: the spellings are used again. ``"1"`` stands
        for the vector of ones, ``"^T"`` for the sign of a transpose.
    """
    spellings = {}
    for latex, name in (names or {}).items():
        spellings.setdefault(name, latex)
    tree = unfolded(tree)
    done, stack = {}, [tree]
    while stack:
        here = stack[-1]
        inner = (
            [*here.args, *(bound for b in here.data for bound in b[1:] if bound is not None)]
            if here.kind.startswith("big")
            else here.args
        )
        missing = [a for a in inner if id(a) not in done]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        done[id(here)] = _write(here, done, spellings)
    return done[id(tree)].latex


def name_latex(name, spellings=None):
    r"""A name as a page writes it: yhat is \hat{y}, zeta is \zeta, Loss is \text{Loss}."""
    if spellings and name in spellings:
        return spellings[name]
    if name.endswith("'"):
        return name_latex(name[:-1]) + "'"
    if len(name) == 1:
        return name
    if f"\\{name}" in LETTERS:
        return "\\" + name
    for accent in _ACCENTS:
        base = name.removesuffix(accent)
        if base != name and base and (len(base) == 1 or f"\\{base}" in LETTERS):
            return f"\\{accent}{{{name_latex(base)}}}"
    letters = name.rstrip("0123456789")
    if letters != name and (len(letters) == 1 or f"\\{letters}" in LETTERS):
        return f"{name_latex(letters)}_{_argument(name[len(letters) :])}"
    return f"\\text{{{name}}}"


def _argument(text):
    return text if len(text) == 1 else f"{{{text}}}"


def _bracketed(text, left="("):
    tall = any(word in text.latex for word in (r"\frac", r"\sum", r"\prod", r"\begin"))
    if tall:
        return Text(rf"\left{left}{text.latex}\right{_CLOSING[left]}", ATOM)
    return Text(f"{left}{text.latex}{_CLOSING[left]}", ATOM)


def _at(text, level, last=True):
    """The text, in brackets where its place asks for them."""
    return text if text.level >= level and (last or not text.open) else _bracketed(text)


def _joined(left, right):
    """Two texts beside each other; a command does not run into a letter."""
    if left and right and right[0].isalnum() and _ends_in_command(left):
        return f"{left} {right}"
    return left + right


def _ends_in_command(text):
    i = len(text)
    while i and text[i - 1].isalpha() and text[i - 1].isascii():
        i -= 1
    return 0 < i < len(text) and text[i - 1] == "\\"


def _base(tree, text):
    """What a script is put on."""
    if text.level == ATOM and not text.raised and not text.open:
        return text.latex
    if _is_call(tree) and holds_arguments(*tree.args):
        return text.latex
    return f"{{{text.latex}}}" if tree.kind == "label" else _bracketed(text).latex


def _write(tree, done, spellings):
    if tree.kind in _LEAVES:
        return Text(_LEAVES[tree.kind], ATOM)
    rule = _RULES.get(tree.kind)
    if rule is None:
        return Text(rf"\text{{{tree.kind}}}", ATOM)
    return rule(tree, [done[id(a)] for a in tree.args], done, spellings)


_LEAVES = {"identity": "I", "infinity": r"\infty", "dots": r"\dots", "nothing": ""}


def _number(tree, texts, done, spellings):
    value = tree.data
    if value.denominator == 1:
        return Text(str(value), ATOM if value >= 0 else SUM)
    ten = value.denominator
    while ten % 2 == 0 or ten % 5 == 0:
        ten //= 2 if ten % 2 == 0 else 5
    if ten == 1 and value > 0 and len(str(float(value))) < 12 and "e" not in str(float(value)):
        return Text(str(float(value)), ATOM)
    text = rf"\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    return Text(text, ATOM) if value > 0 else Text("-" + text, SUM)


def _one(tree, texts, done, spellings):
    return Text(spellings.get("1", r"\mathbf{1}"), ATOM)


def _name(tree, texts, done, spellings):
    return Text(name_latex(tree.data, spellings), ATOM)


def _operator(tree, texts, done, spellings):
    word = tree.data
    if word in spellings:
        return Text(spellings[word], ATOM)
    return Text(r"\sigma" if word == "sigmoid" else names.command(word), ATOM)


def _group(tree, texts, done, spellings):
    return _bracketed(texts[0], r"\{" if tree.data == "{" else tree.data)


def _list(tree, texts, done, spellings):
    return Text(", ".join(t.latex for t in texts), 0)


def _sum(tree, texts, done, spellings):
    out = ""
    for sign, text in zip(tree.data, texts, strict=True):
        latex = _at(text, COLON).latex
        if out:
            out += f" {'-' if sign < 0 else '+'} {latex}"
        else:
            out = ("-" if sign < 0 else "+" if len(texts) == 1 else "") + latex
    return Text(out, SUM)


def _product(tree, texts, done, spellings):
    out = ""
    for i, text in enumerate(texts):
        latex = _at(text, FACTOR, last=i == len(texts) - 1).latex
        sign = tree.data[i - 1] if i else ""
        if sign == "/":
            out += f" / {latex}"
        elif sign:
            out = f"{out} {sign} {latex}"
        elif i and (
            tree.args[i].kind == "differential"
            or tree.args[i - 1].kind == "differential"
            or (latex[0].isdigit() and out[-1].isdigit())
        ):
            out = rf"{out}\,{latex}"
        elif i and text.level == FACTOR:
            out = f"{out} {latex}"
        else:
            out = _joined(out, latex)
    return Text(out, PRODUCT, texts[-1].open)


def _hadamard(tree, texts, done, spellings):
    signs = (r"\otimes",) * (len(texts) - 1) if tree.kind == "kronecker" else tree.data
    first = ENTRYWISE if tree.args[0].kind != tree.kind else PRODUCT
    out = _at(texts[0], first, last=False).latex
    for i, (sign, text) in enumerate(zip(signs, texts[1:], strict=True)):
        out += f" {sign} {_at(text, PRODUCT, last=i == len(texts) - 2).latex}"
    return Text(out, ENTRYWISE, texts[-1].open)


def _colon(tree, texts, done, spellings):
    left, right = _at(texts[0], COLON, last=False), _at(texts[1], ENTRYWISE)
    return Text(f"{left.latex} : {right.latex}", COLON, right.open)


def _inner(tree, texts, done, spellings):
    return Text(rf"\langle {texts[0].latex}, {texts[1].latex} \rangle", ATOM)


def _fraction(tree, texts, done, spellings):
    return Text(rf"\frac{{{texts[0].latex}}}{{{texts[1].latex}}}", ATOM)


def _root(tree, texts, done, spellings):
    return Text(rf"\sqrt{{{texts[0].latex}}}", ATOM)


def _norm(tree, texts, done, spellings):
    sort = {"inf": r"\infty"}.get(tree.data, tree.data)
    sort = texts[1].latex if len(texts) > 1 else sort
    return Text(rf"\lVert {texts[0].latex} \rVert" + (f"_{_argument(sort)}" if sort else ""), ATOM)


def _bars(tree, texts, done, spellings):
    return Text(rf"\lvert {texts[0].latex} \rvert", ATOM)


def _power(tree, texts, done, spellings):
    return Text(f"{_base(tree.args[0], texts[0])}^{_argument(texts[1].latex)}", ATOM, raised=True)


def _transpose(tree, texts, done, spellings):
    sign = {"transpose": spellings.get("^T", "^T"), "inverse": "^{-1}", "inverse transpose": "^{-T}"}[tree.kind]
    base, text = tree.args[0], texts[0]
    if (
        tree.kind == "transpose"
        and base.kind == "differential"
        and base.args[0].kind in ("name", "subscript", "label", "group")
    ):
        return Text(text.latex + sign, FACTOR, raised=True)
    if base.kind == "gradient" and (
        base.args[0].kind in ("name", "subscript", "label", "group") or _is_call(base.args[0])
    ):
        return Text(text.latex + sign, FACTOR, raised=True)
    return Text(_base(base, text) + sign, ATOM, raised=True)


def _is_call(tree):
    return (
        tree.kind == "product"
        and len(tree.args) == 2
        and tree.args[1].kind == "group"
        and tree.args[0].kind in ("name", "subscript", "label")
    )


def _prime(tree, texts, done, spellings):
    return Text(_base(tree.args[0], texts[0]) + "'" * tree.data, ATOM)


def _subscript(tree, texts, done, spellings):
    base = tree.args[0]
    if base.kind == "name" and tree.data in spellings:
        return Text(spellings[tree.data], ATOM)
    indices = [text.latex for text in texts[1:]]
    plain = all(a.kind == "name" and len(i) <= 2 for a, i in zip(tree.args[1:], indices, strict=True))
    digits = len(indices) == 2 and all(i.isdigit() and len(i) == 1 and i != "0" for i in indices)
    inside = "".join(indices) if plain or digits else ", ".join(indices)
    if base.kind == "subscript":  # entry j of sample i
        return Text(f"{texts[0].latex}^{{({inside})}}", ATOM, raised=True)
    return Text(f"{_base(base, texts[0])}_{_argument(inside)}", ATOM)


def _label(tree, texts, done, spellings):
    if tree.data in spellings:
        return Text(spellings[tree.data], ATOM)
    suffix = tree.data[len(script_text(tree.args[0])) :]
    if suffix == "star":
        return Text(f"{_base(tree.args[0], texts[0])}^*", ATOM, raised=True)
    inside = f"({suffix})" if suffix.isdigit() else rf"\text{{{suffix}}}"
    return Text(f"{_base(tree.args[0], texts[0])}^{{{inside}}}", ATOM, raised=True)


def _apply(tree, texts, done, spellings):
    function, argument = tree.args
    word = script_text(peeled(function)[0])
    if argument.kind == "group":
        return Text(_joined(texts[0].latex, texts[1].latex), ATOM)
    if function.kind == "operator" and word == "exp":
        return Text(f"e^{_argument(texts[1].latex)}", ATOM, raised=True)
    if function.kind != "operator" or word == "sigmoid":
        return Text(texts[0].latex + _bracketed(texts[1]).latex, ATOM)
    if word in WIDE:
        inside, opened = _at(texts[1], PRODUCT), True
        leads = argument.args[0] if argument.kind == "product" else argument
    else:
        numbers = (
            argument.kind == "product"
            and set(argument.data) == {""}
            and all(a.kind == "number" for a in argument.args[:-1])
        )
        inside, opened = (texts[1] if numbers else _at(texts[1], FACTOR)), texts[1].open
        leads = argument
    if inside is not texts[1] or peeled(leads)[0].kind == "group":
        return Text(texts[0].latex + _bracketed(texts[1]).latex, ATOM)
    return Text(f"{texts[0].latex} {inside.latex}", FACTOR, opened)


def _differential(tree, texts, done, spellings):
    inner, text = tree.args[0], texts[0]
    mark = "d" if tree.data == 1 else f"d^{tree.data} "
    base = peeled(inner)[0]
    call = _is_call(inner) and holds_arguments(*inner.args)
    if (
        inner.kind == "transpose"
        or not (
            call
            or base.kind in ("name", "subscript", "label", "group", "apply", "norm", "bars", "differential", "big sum")
        )
        or (base.kind == "group" and inner is not base)
    ):
        text = _bracketed(text)
    return Text(_joined(mark, text.latex), FACTOR, text.open)


def _derivative(tree, texts, done, spellings):
    order = tree.data
    mark = r"\partial" + (f"^{order}" if order > 1 else "")
    belows = [_joined(r"\partial", _at(t, ATOM).latex) for t in texts[1:]]
    below = r"\,".join(belows) + (f"^{order}" if order > 1 and len(belows) == 1 else "")
    return Text(rf"\frac{{{_joined(mark, texts[0].latex)}}}{{{below}}}", ATOM)


def _operate(tree, texts, done, spellings):
    order = tree.data
    mark = r"\partial" + (f"^{order}" if order > 1 else "")
    below = _joined(r"\partial", _at(texts[0], ATOM).latex) + (f"^{order}" if order > 1 else "")
    sign = rf"\frac{{{mark}}}{{{below}}}"
    body = tree.args[1]
    leads = body.args[0] if body.kind == "product" else body
    text = _at(texts[1], PRODUCT)
    if body.kind == "product" and peeled(leads)[0].kind == "group":
        text = _bracketed(texts[1])
    return Text(f"{sign} {text.latex}", FACTOR, body.kind != "group")


def _gradient(tree, texts, done, spellings):
    sign = (
        r"\nabla"
        + (f"_{_argument(texts[1].latex)}" if len(texts) > 1 else "")
        + (f"^{tree.data}" if tree.data > 1 else "")
    )
    body = tree.args[0]
    plain = (
        _is_call(body)
        or body.kind
        in ("name", "subscript", "label", "group", "apply", "norm", "bars", "fraction", "inner", "root", "big sum")
        or peeled(body)[0].kind in ("norm", "bars")
    )
    text = texts[0] if plain else _bracketed(texts[0])
    return Text(
        f"{sign} {text.latex}" if text.latex[:1].isalnum() or text.latex[:1] == "\\" else sign + text.latex,
        FACTOR,
        texts[0].open and plain,
    )


def _direction(tree, texts, done, spellings):
    function = tree.args[0]
    if function.kind == "product":
        return Text(rf"d_{_argument(texts[2].latex)} {texts[0].latex} \cdot {_at(texts[1], FACTOR).latex}", FACTOR)
    if len(texts) == 3:
        return Text(f"{_base(function, texts[0])}'({texts[2].latex})[{texts[1].latex}]", FACTOR)
    if tree.args[1].kind == "differential":
        return Text(f"{_base(function, texts[0])}'[{texts[1].latex}]", FACTOR)
    return Text(f"D_{_argument(texts[1].latex)} {texts[0].latex}", FACTOR)


def _big(tree, texts, done, spellings):
    sign = r"\sum" if tree.kind == "big sum" else r"\prod"
    if tree.data:
        letters = [name_latex(b[0], spellings) for b in tree.data]
        low, high = (b and done[id(b)].latex for b in tree.data[0][1:])
        sign += f"_{_argument(','.join(letters) + (f'={low}' if low else ''))}" + (
            f"^{_argument(high)}" if high else ""
        )
    body = texts[0]
    if body.level == SUM and not (tree.args[0].kind == "sum" and len(tree.args[0].args) == 1):
        body = _bracketed(body)
    return Text(f"{sign} {body.latex}", FACTOR, True)


def _matrix(tree, texts, done, spellings):
    rows = [" & ".join(done[id(cell)].latex for cell in row.args) for row in tree.args]
    name = "bmatrix" if tree.kind == "matrix" else "cases"
    return Text(rf"\begin{{{name}}} " + r" \\ ".join(rows) + rf" \end{{{name}}}", ATOM)


def _delta(tree, texts, done, spellings):
    between = "," if any(len(t.latex) > 1 for t in texts) else ""
    return Text(rf"\delta_{{{between.join(t.latex for t in texts)}}}", ATOM)


def _order(tree, texts, done, spellings):
    return Text(f"{tree.data}({texts[0].latex})", ATOM)


def _limit(tree, texts, done, spellings):
    body, variable, target = texts
    return Text(rf"\lim_{{{variable.latex} \to {target.latex}}} {_at(body, COLON).latex}", FACTOR, True)


def _imaginary(tree, texts, done, spellings):
    inner = texts[0] if tree.args[0].kind == "group" else _bracketed(texts[0])
    return Text(rf"\operatorname{{Im}}{inner.latex}", ATOM)


def _words(tree, texts, done, spellings):
    return Text(tree.data if "\\" in tree.data else rf"\text{{{tree.data}}}", ATOM)


def _elementwise_power(tree, texts, done, spellings):
    exponent = rf"\odot {_at(texts[1], PRODUCT).latex}"
    return Text(f"{_base(tree.args[0], texts[0])}^{{{exponent}}}", ATOM, raised=True)


def _indicator(tree, texts, done, spellings):
    sign = {"≡": "="}.get(tree.data, tree.data)
    return Text(f"[{texts[0].latex} {_RELATIONS.get(sign, sign)} {texts[1].latex}]", ATOM)


def _at_point(tree, texts, done, spellings):
    points = ", ".join(f"{a.latex} = {b.latex}" for a, b in zip(texts[1::2], texts[2::2], strict=True))
    return Text(rf"\left. {texts[0].latex} \right|_{{{points}}}", ATOM)


_RULES = {
    "at": _at_point, "number": _number, "one": _one, "name": _name, "operator": _operator, "group": _group,
    "list": _list, "sum": _sum,
    "product": _product, "hadamard": _hadamard, "kronecker": _hadamard, "colon": _colon, "inner": _inner,
    "fraction": _fraction, "root": _root, "norm": _norm, "bars": _bars, "power": _power, "transpose": _transpose,
    "inverse": _transpose, "inverse transpose": _transpose, "prime": _prime, "subscript": _subscript, "label": _label,
    "apply": _apply, "differential": _differential, "derivative": _derivative, "operate": _operate,
    "gradient": _gradient, "direction": _direction, "big sum": _big, "big product": _big, "matrix": _matrix,
    "cases": _matrix, "delta": _delta, "order": _order, "limit": _limit, "imaginary": _imaginary, "text": _words,
    "elementwise power": _elementwise_power, "indicator": _indicator,
    "integral": lambda tree, texts, done, spellings: Text(
        rf"\int_{_argument(texts[1].latex)}^{_argument(texts[2].latex)} {_at(texts[0], COLON).latex}"
        rf" \,d{name_latex(tree.data, spellings)}",
        FACTOR,
    ),
    "big table": lambda tree, texts, done, spellings: Text(rf"\left({texts[0].latex}\right)", ATOM),
    "either sign": lambda tree, texts, done, spellings: Text(r"\pm" if tree.data > 0 else r"\mp", ATOM),
}  # fmt: skip
