"""Lists of a pasted program: what is appended to them is written out, and ``[f(x) for x in X]`` is a loop."""

import ast
import functools

from derivations.reading import numpy_names

LISTING = (ast.ListComp, ast.GeneratorExp)


class Listing(ast.NodeTransformer):
    """Takes ``[f(x) for x in X]`` out of a line, as loops that append to a list."""

    def __init__(self, count):
        self.count, self.made = count, []

    def visit_Call(self, tree):
        """The sum over two letters is that of sums over one; of what fulfils a condition, that of where."""
        match tree.args:
            case [ast.ListComp() | ast.GeneratorExp() as one] if numpy_names.called_in(tree) == "sum":
                *outer, last = one.generators
                entry = one.elt
                if last.ifs:
                    test = functools.reduce(lambda a, b: ast.BoolOp(ast.And(), [a, b]), last.ifs)
                    entry = ast.IfExp(test, one.elt, ast.Constant(0))
                whole = self.summed(tree, entry, ast.comprehension(last.target, last.iter, [], 0))
                for each in reversed(outer):
                    whole = self.summed(tree, whole, each)
                tree = whole
        return self.generic_visit(tree)

    def summed(self, call, entry, generator):
        """The sum of an entry over one letter, at the place of a call."""
        made = ast.Call(call.func, [ast.ListComp(entry, [generator])], call.keywords)
        return _placed(made, call)

    def visit_ListComp(self, tree):
        """The name of the list that the loops fill."""
        name = f"[…] {self.count + len(self.made)}"  # no name of a text holds a space
        self.taken_out(tree, name)
        return ast.copy_location(ast.Name(name, ast.Load()), tree)

    def taken_out(self, tree, name):
        """Make the loops that append to a list of this name."""
        array = ast.Name(name, ast.Load())
        body = ast.Expr(ast.Call(ast.Attribute(array, "append", ast.Load()), [tree.elt], []))
        for one in reversed(tree.generators):
            for test in reversed(one.ifs):
                body = ast.If(test, [body], [])
            body = ast.For(one.target, one.iter, [body], [])
        begun = ast.Assign([ast.Name(name, ast.Store())], ast.List([], ast.Load()))
        self.made += [_placed(line, tree) for line in (begun, body)]

    visit_GeneratorExp = visit_ListComp


def _placed(made, tree):
    """What was made for a tree, its new parts at the place of the tree."""
    for inner in ast.walk(made):
        if isinstance(inner, ast.expr | ast.stmt) and not hasattr(inner, "lineno"):
            ast.copy_location(inner, tree)
    return made


class WrittenOut(ast.NodeTransformer):
    """Writes out what was appended to the lists of a program."""

    def __init__(self, program):
        self.program = program

    def listed(self, tree):
        """The entries of the list that a tree is; None where it is no list."""
        entries = self.program.lists.get(self.program.name_of(tree)) if hasattr(tree, "ctx") else None
        if entries is None or isinstance(tree.ctx, ast.Store):
            return None
        return [ast.copy_location(ast.Name(one, ast.Load()), tree) for one in entries]

    def visit_Name(self, tree):
        """Refuse a list as a whole."""
        if self.listed(tree) is None:
            return tree
        raise self.program.error(
            tree, f"{ast.unparse(tree)} is a list; join it, as in torch.stack({ast.unparse(tree)})"
        )

    def visit_Attribute(self, tree):
        """The same of ``self.parts``."""
        return self.visit_Name(tree) if self.listed(tree) is not None else self.generic_visit(tree)

    def visit_Subscript(self, tree):
        """One of the entries."""
        entries = self.listed(tree.value)
        if entries is None:
            return self.generic_visit(tree)
        place = self.program.number(tree.slice)
        if isinstance(tree.ctx, ast.Store) or not -len(entries) <= place < len(entries):
            raise self.program.error(tree, f"the list has {len(entries)} entries, which are appended, and not changed")
        return entries[place]

    def visit_Call(self, tree):
        """A function of a list, of its entries one after another."""
        entries = self.listed(tree.args[0]) if tree.args else None
        if entries is None:
            return self.generic_visit(tree)
        called, own = numpy_names.called_in(tree), isinstance(tree.func, ast.Name)
        if called in self.program.functions or not entries:
            return self.visit(tree.args[0])
        if called == "len" and own:
            return ast.copy_location(ast.Constant(len(entries)), tree)
        if called == "sum" and own and len(tree.args) == 1:
            return functools.reduce(
                lambda whole, one: ast.copy_location(ast.BinOp(whole, ast.Add(), one), tree), entries
            )
        whole = ast.copy_location(ast.List(entries, ast.Load()), tree.args[0])
        if called not in _JOINING:
            stack = ast.copy_location(ast.Name("stack", ast.Load()), tree.args[0])
            whole = ast.copy_location(ast.Call(stack, [whole], []), tree.args[0])
        rest = [self.visit(one) for one in (*tree.args[1:], *tree.keywords)]
        keywords = [one for one in rest if isinstance(one, ast.keyword)]
        args = [one for one in rest if not isinstance(one, ast.keyword)]
        return ast.copy_location(ast.Call(tree.func, [whole, *args], keywords), tree)


_JOINING = {"stack", "cat", "concatenate", "concat", "hstack", "vstack", "array", "column_stack"}
