"""What all tests share: the folder of the book, its pages, and examples that are the same in every run."""

from pathlib import Path

import pytest
from hypothesis import settings

import browsing
from derivations.book.markdown_pages import pages

BOOK = Path(__file__).parent.parent

settings.register_profile("book", derandomize=True, deadline=None)
settings.load_profile("book")


@pytest.fixture
def book():
    return BOOK


@pytest.fixture
def source(page):
    """The file that a page is made from."""
    (path,) = [path for path in pages(BOOK) if path.relative_to(BOOK).with_suffix("").as_posix() == page]
    return path


@pytest.fixture(scope="module")
def running():
    """A Chromium, one for each file of tests."""
    browsing.needed()
    with browsing.browser() as running:
        yield running


@pytest.fixture(scope="module")
def origin():
    """The address of the built site."""
    with browsing.served() as origin:
        yield origin


def pytest_generate_tests(metafunc):
    """Run a test that asks for a `page` or a `notebook` once for each of the book."""
    if "page" in metafunc.fixturenames:
        names = [path.relative_to(BOOK).with_suffix("").as_posix() for path in pages(BOOK)]
        metafunc.parametrize("page", names)
    if "notebook" in metafunc.fixturenames:
        paths = sorted((BOOK / "chapters").glob("*.ipynb"))
        metafunc.parametrize("notebook", paths, ids=[path.stem for path in paths])
