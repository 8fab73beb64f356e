"""What live cells run on: fetched, verified, pruned. Nothing here uses the network."""

import importlib.util
import io
import json
import marshal
import zipfile

import pytest

import compiling
import runtime

CONTENT = {"one-1.0.whl": b"the first wheel", "two-2.0.whl": b"the second wheel"}
ENTRIES = [{"file_name": name, "sha256": runtime.sha256(content)} for name, content in CONTENT.items()]


@pytest.fixture
def server(tmp_path):
    """A place that holds the wheels, and its address."""
    folder = tmp_path / "server"
    folder.mkdir()
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    return folder, [runtime.Server(f"{folder.as_uri()}/")]


@pytest.fixture
def fetcher(tmp_path):
    return runtime.Fetcher(tmp_path / "runtime")


def test_fetches_what_is_missing_and_nothing_twice(server, fetcher):
    folder, address = server
    fetcher.builds(ENTRIES, address)
    assert {path.name: path.read_bytes() for path in fetcher.folder.iterdir()} == CONTENT
    for name in CONTENT:
        (folder / name).unlink()
    fetcher.builds(ENTRIES, address)  # the server has nothing any more, and nothing is asked of it


def test_a_tampered_file_stops_everything(server, fetcher):
    folder, address = server
    (folder / "two-2.0.whl").write_bytes(b"another wheel")
    with pytest.raises(runtime.WrongHash, match=r"two-2\.0\.whl has the SHA-256 .* where .* is expected"):
        fetcher.builds(ENTRIES, address)
    assert not (fetcher.folder / "two-2.0.whl").exists()


def test_a_file_that_rotted_is_fetched_again(server, fetcher):
    fetcher.builds(ENTRIES, server[1])
    (fetcher.folder / "one-1.0.whl").write_bytes(b"half a wh")
    fetcher.builds(ENTRIES, server[1])
    assert (fetcher.folder / "one-1.0.whl").read_bytes() == CONTENT["one-1.0.whl"]


class Elsewhere:
    """A source that holds some files, whatever they are."""

    def __init__(self, held=()):
        self.held, self.asked = dict(held), []

    def files(self, names):
        self.asked += names
        yield from ((name, self.held[name]) for name in names if name in self.held)

    def __str__(self):
        return "elsewhere"


class Vanished:
    """A source that does not answer."""

    def files(self, names):
        raise OSError("Name or service not known")

    def __str__(self):
        return "nowhere"


def test_where_a_source_has_vanished_the_next_one_is_asked(server, fetcher, capsys):
    fetcher.builds(ENTRIES, [Vanished(), *server[1]])
    assert {path.name: path.read_bytes() for path in fetcher.folder.iterdir()} == CONTENT
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "fetching 2 files from nowhere",
        "  Name or service not known",
        "  0 served, each with the hash of Pyodide's lock file",
        f"fetching 2 files from {server[1][0]}",
        "  2 served, each with the hash of Pyodide's lock file",
    ]


def test_the_next_source_is_asked_only_for_what_the_first_did_not_have(fetcher):
    names = list(CONTENT)
    first, second = Elsewhere({names[0]: CONTENT[names[0]]}), Elsewhere(CONTENT)
    fetcher.builds(ENTRIES, [first, second])
    assert second.asked == [names[1]]
    assert {path.name: path.read_bytes() for path in fetcher.folder.iterdir()} == CONTENT


def test_a_tampered_file_is_taken_from_the_source_that_has_the_official_one(server, fetcher):
    forger = Elsewhere(dict.fromkeys(CONTENT, b"another wheel"))
    fetcher.builds(ENTRIES, [forger, *server[1]])
    assert {path.name: path.read_bytes() for path in fetcher.folder.iterdir()} == CONTENT
    with pytest.raises(runtime.WrongHash):
        runtime.Fetcher(fetcher.folder / "new").builds(ENTRIES, [forger, Vanished()])


def test_where_no_source_answers_it_is_said_which_files_are_missing(fetcher):
    with pytest.raises(runtime.NotServed, match=r"no source has one-1\.0\.whl, two-2\.0\.whl"):
        fetcher.builds(ENTRIES, [Vanished(), Elsewhere()])


def test_the_sources_are_the_carrier_and_pyodide_s_own_server():
    version = runtime.lock_file()["info"]["version"]
    carrier, server = runtime.sources(version)
    assert isinstance(carrier, runtime.Carrier) and "==" in carrier.requirement
    assert server.address == f"https://cdn.jsdelivr.net/pyodide/v{version}/full/"
    assert runtime.sources(version, "https://mine/")[0].address == "https://mine/"


def test_half_a_runtime_is_none(tmp_path, monkeypatch, capsys):
    (tmp_path / runtime.LOCK).write_text("{}", encoding="utf-8")
    monkeypatch.setattr(runtime, "sources", lambda version, named: [Vanished()])
    with pytest.raises(runtime.NotServed):
        runtime.make_runtime(tmp_path)
    assert not runtime.is_there(tmp_path)


def test_the_command_says_in_a_sentence_that_it_needs_the_network(monkeypatch, capsys):
    def vanished(cdn):
        raise runtime.NotServed("no source has a.whl")

    monkeypatch.setattr(runtime, "make_runtime", vanished)
    with pytest.raises(SystemExit) as ended:
        runtime.main()
    assert ended.value.code == runtime.NOT_SERVED == 3
    said = "make runtime stopped: no source has a.whl. It needs the network; `make book` does not\n"
    assert capsys.readouterr().err == said


def test_what_no_longer_belongs_there_is_removed(server, fetcher):
    fetcher.builds(ENTRIES, server[1])
    (fetcher.folder / "zero-0.9.whl").write_bytes(b"last year's")
    fetcher.tidy()
    assert {path.name for path in fetcher.folder.iterdir()} == set(CONTENT)


def test_closure_follows_dependencies_once():
    depends = {"a": ["b", "c"], "b": ["c"], "c": ["a"], "d": []}
    assert runtime.closure(["a"], {name: {"depends": names} for name, names in depends.items()}) == ["a", "b", "c"]


def test_pure_packages_have_the_versions_of_the_book():
    assert set(runtime.PURE) <= set(runtime.pins())


@pytest.fixture(scope="module", params=runtime.OWN)
def wheel(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    return folder / runtime.Fetcher(folder).own(request.param)


def package_of(wheel):
    return wheel.name.partition("-")[0]


def test_the_wheel_holds_the_package_and_nothing_else(wheel, book):
    sources = (book / "code" / package_of(wheel)).rglob("*")
    package = {
        path.relative_to(book / "code").as_posix() for path in sources if path.suffix in (".py", ".lark", ".css")
    }
    with zipfile.ZipFile(wheel) as files:
        held = {name for name in files.namelist() if ".dist-info/" not in name}
    assert held == package


def test_the_wheel_is_built_once_for_the_same_sources(wheel):
    before = wheel.stat().st_mtime_ns
    assert runtime.Fetcher(wheel.parent).own(package_of(wheel)) == wheel.name
    assert wheel.stat().st_mtime_ns == before


def test_the_wheel_needs_what_the_project_says(wheel):
    entry = runtime.entry(wheel)
    needs = {"derivations": ["lark", "numpy"], "gradients": ["numpy"]}
    assert entry["depends"] == needs[package_of(wheel)]  # and not the extras: SymPy, Matplotlib
    assert entry["sha256"] == runtime.sha256(wheel.read_bytes())


@pytest.fixture
def lock():
    if not runtime.is_there():
        pytest.skip("web/runtime is not there: `make runtime` fetches it")
    return json.loads((runtime.RUNTIME / "pyodide-lock.json").read_text(encoding="utf-8"))


def test_the_runtime_holds_what_its_lock_file_names_and_nothing_else(lock):
    files = {package["file_name"]: package["sha256"] for package in lock["packages"].values()}
    held = {path.name for path in runtime.RUNTIME.iterdir()}
    assert held == {*files, *runtime.CORE, "pyodide-lock.json", "compiled"}
    for name, digest in files.items():
        assert runtime.sha256((runtime.RUNTIME / name).read_bytes()) == digest, name


def test_builds_are_the_official_ones(lock):
    official = runtime.lock_file()
    assert lock["info"] == official["info"]
    builds = runtime.closure(runtime.BUILT, official["packages"])
    for name in builds:
        assert lock["packages"][name]["sha256"] == official["packages"][name]["sha256"]
    assert set(lock["packages"]) == {*builds, *runtime.PURE, *runtime.OWN}


def test_every_dependency_is_there(lock):
    assert lock["packages"]
    for package in lock["packages"].values():
        assert set(package["depends"]) <= set(lock["packages"])


def test_what_is_compiled_says_what_it_was_compiled_from(lock):
    folder = runtime.RUNTIME / "compiled"
    compiled = json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8"))
    assert compiled["info"] == lock["info"] and set(compiled["packages"]) == set(lock["packages"])
    for name, package in compiled["packages"].items():
        assert package["compiled_from"] == lock["packages"][name]["sha256"]
        assert package["sha256"] == runtime.sha256((folder / package["file_name"]).read_bytes())
    official = (runtime.RUNTIME / runtime.STANDARD_LIBRARY).read_bytes()
    assert compiled["core"]["compiled_from"] == runtime.sha256(official)
    named = {package["file_name"] for package in compiled["packages"].values()}
    assert {path.name for path in folder.iterdir()} == {*named, runtime.STANDARD_LIBRARY, runtime.LOCK}


def test_nothing_is_compiled_twice(lock):
    times = {path: path.stat().st_mtime_ns for path in (runtime.RUNTIME / "compiled").iterdir()}
    runtime.compile_all(runtime.RUNTIME)
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_what_rotted_or_was_made_by_another_recipe_is_compiled_again(tmp_path):
    held = {"whole.whl": b"whole", "rotted.whl": b"rot", runtime.STANDARD_LIBRARY: b"library"}
    for name, content in held.items():
        (tmp_path / name).write_bytes(content)
    whole, rotted, library = map(runtime.sha256, (b"whole", b"rotted", b"library"))
    lock = {
        "core": {"recipe": "this one", "compiled_from": "a", "sha256": library},
        "packages": {
            "whole": {"file_name": "whole.whl", "compiled_from": "b", "sha256": whole},
            "rotted": {"file_name": "rotted.whl", "compiled_from": "c", "sha256": rotted},
        },
    }
    (tmp_path / runtime.LOCK).write_text(json.dumps(lock), encoding="utf-8")
    assert runtime.compiled_from(tmp_path, "this one") == {"whole.whl": "b", runtime.STANDARD_LIBRARY: "a"}
    assert runtime.compiled_from(tmp_path, "another") == {}


def archive_of(**files):
    """An archive with these members, ``__`` in their names a slash and ``_py`` an ending."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_py", ".py"), text)
    return content.getvalue()


def test_bytecode_takes_the_place_of_sources_but_for_the_book_s_own():
    given = archive_of(
        other__one_py="a = 1", other__tests__two_py="b = 2", other__data="c", other__bad_py="{{ d }} e",
        derivations__three_py="f = 3", **{"other__one.pyi": "a: int", "other__one.h": "int a;"},
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(compiling.compiled("some.whl", given, [("other/more", b"g")]))) as made:
        names = set(made.namelist())
        assert made.read("other/data") == b"c" and made.read("other/more") == b"g"
        assert made.read("derivations/three.py") == b"f = 3"
        code = marshal.loads(made.read("other/one.pyc")[16:])
    beside = importlib.util.cache_from_source("derivations/three.py")
    assert names == {"other/one.pyc", "other/data", "other/more", "other/bad.py", "derivations/three.py", beside}
    space = {}
    exec(code, space)
    assert space["a"] == 1 and code.co_filename == "/lib/python3.12/site-packages/other/one.py"
