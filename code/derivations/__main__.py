"""The command line: ``python -m derivations derive "sum((W@x - y)**2)" --wrt W --shapes "W: m×n, x: n, y: m"``."""

import argparse
import contextlib
import json
import os
import re
import sys
from pathlib import Path
from shlex import quote


def main(arguments=None):
    """Run a command.

    Parameters
    ----------
    arguments : list of str, optional
        What stands after ``python -m derivations``.

    Returns
    -------
    int
        0; 1 where `check` finds a line that fails and is not announced, or an equation that is not closed, with
        ``--strict`` also a line that is unclear or unread, or a declaration that is ignored; 2 where an input cannot be
        read or derived, the output cannot be written, or the command is interrupted, with the message on the standard
        error stream.
    """
    for stream in (sys.stdout, sys.stderr):  # a terminal without ≤ and σ gets \u2264 and \u03c3
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        answer = options.command(options)
        text, code = answer if isinstance(answer, tuple) else (answer, 0)
        _say(text)
        return code
    except ValueError as error:  # every refusal of the package is one
        return _refuse(error)
    except KeyboardInterrupt as stopped:
        return _refuse(f"interrupted{stopped}")
    except BrokenPipeError:
        _forget_output()
        return 0
    except OSError as error:
        _forget_output()
        return _refuse(f"the output cannot be written: {error.strerror or error}")


def _say(text):
    """Print now, so that a device that is full says so here."""
    print(text)
    if sys.stdout is not None:
        sys.stdout.flush()


def _refuse(why):
    print(f"derivations: {why}", file=sys.stderr)
    return 2


def _forget_output():
    """What is still to be written goes nowhere: Python would try again when it ends."""
    with contextlib.suppress(OSError, ValueError):  # it may be no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m derivations", description="Derive gradients with every step checked."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")

    derive = commands.add_parser(
        "derive", help="the gradient of a loss, with its steps", description="The gradient of a loss, with its steps."
    )
    derive.add_argument(
        "f",
        help="the loss in NumPy-like text, as in 'sum((sigmoid(W@x + b) - y)**2)'; model.py:loss for a function in a "
        "file, which is read and never run; - for the input",
    )
    derive.add_argument("--wrt", required=True, metavar="NAMES", help="the variable, or several: 'W, b'")
    derive.add_argument("--shapes", required=True, help="as in 'W: m×n, x: n, b: m, t: scalar'")
    derive.add_argument(
        "--where", default="", metavar="DEFINITIONS", help="names for parts, as in 'z = W@x + b; s = sigmoid(z)'"
    )
    derive.add_argument(
        "--assume", default="", metavar="PROPERTIES", help="as in 'A: symmetric invertible, y: one-hot'"
    )
    derive.add_argument(
        "--vary", default="", metavar="PROPERTIES", help="restricts the differential: 'X: symmetric' or 'X: diagonal'"
    )
    derive.add_argument("--order", type=int, choices=(1, 2), default=1, help="2 for the Hessian")
    derive.add_argument(
        "--style", choices=("hadamard", "diag"), default="hadamard", help="how ds is written: s′ ⊙ dz, or Diag(s′) dz"
    )
    derive.add_argument(
        "--shapes-shown", action="store_true", help="the shapes on both sides of each colon, beside the laws"
    )
    shown = derive.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_const", const=_as_json, dest="show", help="everything, as JSON")
    shown.add_argument(
        "--latex",
        action="store_const",
        const=lambda derivation, shapes=False: derivation.aligned(shapes=shapes),
        dest="show",
        help="the derivation in LaTeX",
    )
    shown.add_argument(
        "--numpy", action="store_const", const=_as_numpy, dest="show", help="a NumPy function for each gradient"
    )
    derive.set_defaults(command=_derive, show=lambda derivation, shapes=False: derivation.text(shapes=shapes))

    check = commands.add_parser(
        "check",
        help="the displayed equations of pages, executed",
        description="Read the displayed equations of pages, execute each line, and mend what fails.",
    )
    check.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a .md, .ipynb or .tex page, a folder of them, or - for one block of LaTeX",
    )
    check.add_argument("--given", default="", metavar="SHAPES", help="as in 'W: m×n, x: n'; inferred where left out")
    check.add_argument("--varying", default="", metavar="NAMES", help="the variables")
    check.add_argument("--where", default="", metavar="DEFINITIONS", help="definitions made in prose, in NumPy text")
    check.add_argument("--assume", default="", metavar="PROPERTIES", help="as in 'A: symmetric'")
    check.add_argument("--vary", default="", metavar="PROPERTIES", help="restricts differentials, as for derive")
    check.add_argument("--loss", metavar="F", help="the function differentiated, in NumPy text or by its name")
    check.add_argument(
        "--macros", metavar="FILE", help="LaTeX definitions, JSON, YAML or a conf.py; the site's own are found"
    )
    check.add_argument("--prove", action="store_true", help="also prove lines exactly, at small sizes, with SymPy")
    check.add_argument("--no-mend", action="store_true", help="judge only, and look for no mends: faster")
    check.add_argument("--strict", action="store_true", help="exit with 1 where a line is unclear or unread, too")
    check.add_argument("--json", action="store_true", help="everything, as JSON")
    check.set_defaults(command=_check)

    declare = commands.add_parser(
        "declare",
        help="the declarations that pages lack, inferred",
        description="Infer the shapes that a page does not declare, and print the line to paste into its first block.",
    )
    declare.add_argument("files", nargs="+", metavar="FILE", help="a .md, .ipynb or .tex page, or a folder of them")
    declare.add_argument("--macros", metavar="FILE", help="LaTeX definitions, JSON, YAML or a conf.py")
    declare.set_defaults(command=_declare)

    laws = commands.add_parser(
        "laws", help="the table of laws", description="The table of laws: every rule that a derivation may use."
    )
    laws.set_defaults(command=lambda options: laws_text())
    return parser


def _derive(options):
    from derivations import derive

    derivation = derive(
        _source(options.f), options.wrt, options.shapes,
        where=options.where, assume=options.assume, vary=options.vary, style=options.style, order=options.order,
    )  # fmt: skip
    if options.shapes_shown and options.show in (_as_json, _as_numpy):
        raise ValueError("--shapes-shown goes with the plain text and with --latex")
    return options.show(derivation, shapes=True) if options.shapes_shown else options.show(derivation)


def _source(f):
    """The loss as it is given, as it stands on the input, or as a function of a file: ``model.py:loss``."""
    from derivations.reading.numpy_programs import function_in

    if f.strip() == "-":
        return _input("the loss")
    path, _, name = f.rpartition(":") if re.search(r"\.py:\w*$", f) else (f, "", "")
    if not path.endswith(".py"):
        return f
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: byte {error.object[error.start]:#x}") from error
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        return function_in(text, name)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _check(options):
    """The text to print, and 1 where a line fails that was not announced, if strict also where one is not settled."""
    from derivations.book.markdown_pages import coverage
    from derivations.checking.inferring import judged

    if "-" in options.files:
        report, _ = judged(_checker(options, _macros(options)), _input())
        return _as_json(report) if options.json else _with_counterexample(report), _code(report, options.strict)
    checked, open_ended, overlooked, refused = [], [], [], []
    for path in _found(options.files, refused):
        try:
            found, unclosed, ignored = _checked(path, options)
        except ValueError as error:
            refused.append(str(error))
            continue
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f" at {path}") from None
        checked += found
        open_ended += unclosed
        overlooked += ignored
        if not options.json and (found or unclosed or ignored):
            _say("\n".join([*map(_told, found), *(f"{place}: {words}" for place, words in unclosed + ignored)]))
    for why in refused:
        _refuse(why)
    counts = coverage(checked)
    wrong = (
        open_ended
        or (options.strict and overlooked)
        or any(problem.kind == "failed" or options.strict for one in checked for problem in one.problems)
    )
    code = 2 if refused else int(bool(wrong))
    coverage_of_all = counts.pop("coverage")
    if options.prove:
        counts["proved"] = sum(bool(line.proved) for item in checked for line in item.lines)
    if options.json:
        counts["coverage"] = coverage_of_all if checked else None
        everything = {
            **counts,
            "equations": [_plain_data(item) for item in checked],
            "unclosed": [{"place": place, "words": words} for place, words in open_ended],
            "ignored": [{"place": place, "words": words} for place, words in overlooked],
            "refused": refused,
        }
        return json.dumps(everything, ensure_ascii=False, indent=2), code
    if not checked:
        return "no displayed equation", code
    summary = ", ".join(f"{number} {name}" for name, number in counts.items())
    failed = sum(problem.kind == "failed" for one in checked for problem in one.problems)
    found = {"not as announced": failed, "not closed": len(open_ended), "ignored": len(overlooked)}
    told = [f"coverage {coverage_of_all:.1f} %", *(f"{number} {what}" for what, number in found.items() if number)]
    if any("is not declared" in line.why for item in checked for line in item.lines):
        told.append(f"for what is not declared: python -m derivations declare {' '.join(map(quote, options.files))}")
    return "; ".join([summary, *told]), code


def _declare(options):
    """The line for each page; where there are several, after its place."""
    from derivations.book.markdown_pages import missing
    from derivations.book.site_macros import macros_beside
    from derivations.checking import Checker

    refused, lines = [], []
    for path in _found(options.files, refused):
        try:
            line, place = missing(path, Checker(macros=macros_beside(path) | _macros(options)))
        except ValueError as error:
            refused.append(str(error) if str(path) in str(error) else f"{path}: {error}")
            continue
        if line:
            lines.append((place, line))
    for why in refused:
        _refuse(why)
    single = len(options.files) == 1 and Path(options.files[0]).is_file()
    said = [line if single else f"{place}: {line}" for place, line in lines] or [
        "nothing is missing that can be inferred"
    ]
    return "\n".join(said), 2 if refused else 0


def _macros(options):
    from derivations.book.site_macros import macros_in

    return macros_in(options.macros) if options.macros else {}


def _checker(options, macros):
    from derivations.checking import Checker

    return Checker(
        options.given, options.varying, options.assume, options.where,
        macros=macros, vary=options.vary, loss=options.loss, prove=options.prove, infer=not options.strict,
    )  # fmt: skip


def _checked(path, options):
    """What became of the equations of a page, where one is not closed, and which declarations are ignored."""
    from derivations.book.markdown_pages import check_page, ignored, unclosed
    from derivations.book.site_macros import macros_beside

    checker = _checker(options, macros_beside(path) | _macros(options))
    found = list(_with_progress(check_page(path, checker, not options.no_mend), path))
    return found, list(unclosed(path)), list(ignored(path))


def _with_progress(checked, path):
    """What is checked, one by one; on a terminal, with the place that has been reached."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    try:
        for count, item in enumerate(checked, start=1):
            if terminal:
                print(
                    f"\r\033[K{path}: {count} checked, line {item.equation.line}", end="", file=sys.stderr, flush=True
                )
            yield item
    finally:
        if terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _input(what="a block of LaTeX"):
    """What is given on the standard input, as text."""
    if sys.stdin is None or sys.stdin.closed:
        raise ValueError(f"the standard input is closed; give {what} there")
    if not hasattr(sys.stdin, "buffer"):  # text already
        return sys.stdin.read()
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"the standard input is not UTF-8: byte {error.object[error.start]:#x}") from error


def _found(names, refused):
    """The pages that are named or stand in a folder that is; what is neither is refused with a reason."""
    for name in names:
        path = Path(name)
        if path.is_dir():
            pages = sorted(one for one in path.rglob("*") if _is_page(one) and not _is_hidden(one.relative_to(path)))
            if not pages:
                refused.append(f"there is no .md, .ipynb or .tex page in the folder {name}")
            yield from pages
        elif not path.exists():
            refused.append(f"there is no file {name}")
        elif not _is_page(path):
            refused.append(f"{name} is no .md, .ipynb or .tex page; for a block of LaTeX write - and give it as input")
        else:
            yield path


def _is_page(path):
    return path.suffix in (".md", ".ipynb", ".tex") and path.is_file()


def _is_hidden(path):
    """Whether a path leads through what tools have made: .ipynb_checkpoints, .venv, _build, node_modules."""
    return any(part.startswith((".", "_")) or part == "node_modules" for part in path.parts)


def _code(report, strict):
    """The exit code for a block: 2 where no line of it could be read."""
    verdicts = {line.verdict for line in report.lines}
    if verdicts <= {"unread"}:
        return 2
    return int("fails" in verdicts or (strict and not verdicts.isdisjoint(("unclear", "unread"))))


def _with_counterexample(report):
    if report.counterexample is None:
        return str(report)
    return f"{report}\n\na counter-example:\n\n{report.counterexample.rstrip()}"


def _told(item):
    """A displayed equation: its place, label and verdicts, and what is not as announced."""
    verdicts = ", ".join(f"{line.verdict}, proved" if line.proved else line.verdict for line in item.lines)
    verdicts = verdicts or f"unread: {item.unread}"
    label = f" ({item.equation.label})" if item.equation.label else ""
    return "\n".join([f"{item.equation.place()}{label}: {verdicts}", *(f"    {problem}" for problem in item.problems)])


def _plain_data(item):
    from derivations.checking.reports import Report

    return {
        "place": item.equation.place(),
        "label": item.equation.label,
        "problems": [{"kind": problem.kind, "words": problem.words} for problem in item.problems],
        "unread": item.unread,
        **Report(item.lines).to_dict(),
    }


def _as_json(result):
    return json.dumps(result.to_dict(), ensure_ascii=False, indent=2)


def _as_numpy(derivation):
    gradients = derivation.gradients
    sources = [
        g.numpy("gradient" if len(gradients) == 1 else f"gradient_{_plain(name)}") for name, g in gradients.items()
    ]
    return "import numpy as np\n\n\n" + "\n\n".join(sources).rstrip()


def _plain(name):
    from derivations.writing.numpy_pieces import safe_name

    return safe_name(name)


def laws_text():
    """The laws as a table in plain text, the statements in LaTeX."""
    from derivations.formulas.laws import table

    groups = table()
    wide = max(len(law.name) for laws in groups.values() for law, _ in laws)
    blocks = []
    for kind, laws in groups.items():
        blocks.append("\n".join([kind, *(f"  {law.name:<{wide}}  {law.statement}" for law, _ in laws)]))
    return "\n\n".join(blocks)


if __name__ == "__main__":
    sys.exit(main())
