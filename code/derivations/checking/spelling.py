"""What a mend is written in: the letters, fonts and signs of the text that it mends.

A spelling is taken over from a line only if it says the same when it is read alone.
"""

from derivations import executing
from derivations.reading.latex_text import read_block
from derivations.reading.latex_tree import Relation, rebuilt
from derivations.writing.latex_printing import to_latex


def read_right(checker, latex):
    """The tree of a right side, read as a line of the block would be, or None."""
    try:
        lines = read_block(f"0 = {latex}", checker.names, checker.macros, checker.meaning.names).lines
    except ValueError:
        return None
    return lines[0].right if len(lines) == 1 and isinstance(lines[0], Relation) else None


_SWITCHES = (r"\bf ", r"\cal ", r"\rm ", r"\it ", r"\sf ", r"\tt ")


def spellings(checker, lines):
    """LaTeX spellings as the lines use them, and what they stand for, as `to_latex` takes them."""
    names = {}
    for line in lines:
        if line.relation is None:
            continue
        source, start = line.relation.source, line.relation.start
        for tree in (*executing.parts(line.relation.left), *executing.parts(line.relation.right)):
            said = {"name": tree.data, "one": "1", "operator": tree.data, "transpose": "^T"}.get(tree.kind)
            begin = tree.args[0].stop if tree.kind == "transpose" else tree.start
            if said is None or said in names or not start <= begin < tree.stop <= start + len(source):
                continue
            begin += tree.kind == "transpose" and source[begin - start] == "}"
            text = _closed(source, begin - start, tree.stop - start)
            if tree.kind == "name" and text.startswith("{") and text.endswith("}") and text.count("{") == 1:
                text = text[1:-1]
            if text.startswith(_SWITCHES):  # it lasts to the end of its group
                text = f"{{{text}}}"
            if text == to_latex(tree) or _says(checker, text, tree):
                names[said] = text
    found = {text: said for said, text in names.items()}
    return found | {text: said for text, said in checker.names.items() if said not in names}


def _says(checker, text, tree):
    """Whether a spelling, read alone, stands for what it stood for in its line."""
    alone = {"transpose": f"Q{text}", "operator": f"{text}(Q)"}.get(tree.kind, text)
    read = read_right(checker, alone)
    if read is None or tree.kind == "transpose":
        return read is not None and read.kind == "transpose"
    if tree.kind == "operator":
        return read.kind == "apply" and executing.spelled(read.args[0]) == tree.data != "exp"
    return (read.kind, read.data) == (tree.kind, tree.data)


def as_written(checker, item, tree):
    """The LaTeX of an unchanged part of a line as it stands there, where it is to be read alone; else None."""
    begin, end = tree.start - item.start, tree.stop - item.start
    if not 0 <= begin < end <= len(item.source):
        return None
    text = _closed(item.source, begin, end)
    read = read_right(checker, text)
    for instead, _ in checker.guess.rewordings if checker.guess and read is not None else ():
        read = rebuilt(read, instead)
    return text if read is not None and executing.key_of(read) == executing.key_of(tree) else None


def _closed(source, begin, end):
    """A piece of LaTeX as far as the braces close that it opens."""
    depth = source.count("{", begin, end) - source.count("}", begin, end)
    while depth > 0 and end < len(source):
        depth += (source[end] == "{") - (source[end] == "}")
        end += 1
    return source[begin:end].strip()
