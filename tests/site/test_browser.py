"""Every page of the built site in a real browser, as a reader meets it, under a path as a project site has it."""

import gzip
from itertools import product
from urllib.parse import quote

import pytest

import browsing

browsing.needed()

LOOKS = list(product((browsing.DESKTOP, browsing.PHONE), ("light", "dark")))

COLOURS = ("color-contrast", "link-in-text-block")  # what can differ between the light page and the dark one

EVERY_LOOK = [(viewport, scheme, COLOURS if scheme == "dark" else (), ()) for viewport, scheme in LOOKS]
LOOKS_OF_A_PAGE = [
    (browsing.PHONE, "light", (), COLOURS),
    (browsing.DESKTOP, "light", (), ()),
    (browsing.DESKTOP, "dark", COLOURS, ()),
]
"""(window, scheme, these rules alone, all but these): the width of a window changes no colour of what a page says. What
stands around it on every page is looked at in every look on the pages without a source."""

# Whether all that scrolls sideways can be reached by key. The theme sees to it a moment after the window has changed.
REACHABLE = """() => [...document.querySelectorAll('article *')]
  .filter(box => box.scrollWidth > box.clientWidth && ['auto', 'scroll'].includes(getComputedStyle(box).overflowX))
  .every(box => box.tabIndex === 0 || box.querySelector('a, button, [tabindex="0"]'))"""

# Take away the boxes that draw the formulas, thousands, hidden from a screen reader, and keep the text it reads; of
# the words of code, of which a page has a thousand, keep three in each ink, and no single signs, whose ink axe passes
# over. It would look at each of them.
THIN = """() => {
  document.querySelectorAll('mjx-math').forEach(drawn => drawn.remove());
  document.querySelectorAll('mjx-assistive-mml > math').forEach(math => math.replaceChildren(math.textContent));
  const inks = {};
  for (const word of document.querySelectorAll('pre span[class]:not([id], :has(*))')) {
    if (word.textContent.length > 1) inks[word.className] = (inks[word.className] ?? 0) + 1;
    if (word.textContent.length < 2 || inks[word.className] > 3) word.replaceWith(word.textContent);
  }
}"""

# What is wider than the window and not in a box of its own that scrolls.
CUT_OFF = """() => {
  const scrolls = element => element && (
    (element.scrollWidth > element.clientWidth && ['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
    || scrolls(element.parentElement));
  return [...document.querySelectorAll('article *')]
    .filter(element => element.checkVisibility() && !element.closest('mjx-assistive-mml, .live-colours')
      && element.getBoundingClientRect().right > window.innerWidth + 1 && !scrolls(element.parentElement))
    .map(element => element.outerHTML.slice(0, 100)).slice(0, 3);
}"""

# What scrolls by a single pixel, lost in rounding: nobody needs it to; it is a bar and a stop of the Tab key.
SLIVERS = """() => [...document.querySelectorAll('article *')]
  .filter(box => box.scrollWidth - box.clientWidth === 1
    && ['auto', 'scroll'].includes(getComputedStyle(box).overflowX))
  .map(box => box.outerHTML.slice(0, 100)).slice(0, 3)"""

# Which element has the focus, what it is called, and whether one sees that it has it.
FOCUSED = """() => {
  const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
  return {
    words: (element.getAttribute('aria-label') ?? element.textContent).trim(),
    matches: element.matches('.skip-link a') ? 'skip' : element.matches('.search-button__button') ? 'search'
      : element.closest('article') ? 'article' : element.closest('nav') ? 'navigation' : 'other',
    marked: element === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none',
    seen: element.checkVisibility({opacityProperty: true, visibilityProperty: true}) && box.width > 0,
  };
}"""


@pytest.fixture(scope="module")
def origin():
    assert (browsing.SITE / "index.html").exists(), "there is no site: run `make book` first"
    with browsing.served(prefix="/book/") as address:
        yield address


@pytest.fixture(scope="module")
def one_visit(running, origin):
    with browsing.Visit(running, origin) as visit:
        yield visit


@pytest.fixture
def visit(one_visit):
    """The visit that all tests share, as at its beginning; an empty page takes another size at once."""
    one_visit.page.goto("about:blank")
    one_visit.page.emulate_media(media="screen", color_scheme="light")
    one_visit.page.set_viewport_size(browsing.DESKTOP)
    one_visit.complaints.clear()
    yield one_visit
    one_visit.page.evaluate("() => localStorage.clear()")


def in_every_look(visit, looks=EVERY_LOOK):
    """Assert that the open page fits and is accessible, on a desk and on a phone, light and dark."""
    for viewport in (browsing.DESKTOP, browsing.PHONE):
        visit.page.set_viewport_size(viewport)
        visit.still()
        assert visit.page.evaluate(SLIVERS) == [], f"{viewport['width']} px"
        assert visit.sideways() <= 0, f"{viewport['width']} px"
        assert visit.page.evaluate(CUT_OFF) == [], f"{viewport['width']} px"
        visit.page.wait_for_function(REACHABLE)
    visit.page.evaluate(THIN)
    for viewport, scheme, rules, without in looks:
        visit.page.set_viewport_size(viewport)
        visit.page.emulate_media(color_scheme=scheme)
        visit.page.wait_for_function(f"() => document.documentElement.dataset.theme === '{scheme}'")
        visit.page.wait_for_function(REACHABLE)
        assert visit.axe(*rules, without=without) == [], f"{viewport['width']} px, {scheme}"


def test_a_page(visit, page):
    opened = visit.open(f"{page}.html")
    formulas = opened.locator("mjx-container").count()
    assert formulas >= opened.locator(".math").count()
    assert formulas == opened.locator("mjx-container > mjx-assistive-mml").count()
    assert opened.locator("mjx-merror").count() == 0
    in_every_look(visit, LOOKS_OF_A_PAGE)
    assert visit.complaints == []


@pytest.mark.parametrize("address", ["search.html", "search.html?q=Hadamard", "genindex.html"])
def test_a_page_without_a_source(visit, address):
    opened = visit.open(address)
    if "?" in address:
        opened.locator("#search-results li").last.locator(".context").wait_for()
    in_every_look(visit)
    assert visit.complaints == []


def test_the_page_for_lost_readers(running):
    with browsing.served() as root, browsing.Visit(running, root) as visit:
        visit.page.goto(root + "404.html")
        for viewport, scheme in LOOKS:
            visit.page.emulate_media(color_scheme=scheme)
            visit.page.set_viewport_size(viewport)
            assert visit.axe() == []
            assert visit.sideways() <= 0
        visit.page.get_by_label("Search the book").fill("Hadamard")
        visit.page.keyboard.press("Enter")
        visit.page.locator("#search-results li").first.wait_for()
        assert visit.complaints == []


def test_the_page_for_lost_readers_at_a_sub_path_asks_for_nothing_elsewhere(visit):
    asked = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.open("404.html")
    visit.page.wait_for_load_state("networkidle")
    assert asked[0].endswith("404.html") and all(url.startswith("data:") for url in asked[1:])


SEARCHED = {
    "softmax derivative": "softmax-classifier",
    "logistic regression": "the-neuron-learns",
    "PyTorch": "attention",
    "batch norm": "normalisation",
    "cross-entropy": "softmax-classifier",
    "self-attention": "attention",
    "covariance matrix": "covariance-and-symmetry",
    "Xavier": "depth-and-initialisation",
    "conv2d": "convolution",
    "LSTM": "recurrence",
    "word embedding": "embeddings",
    "lasso": "kinks",
    "Gauss-Newton": "second-derivatives",
    "autodiff": "reverse-mode",
    "Lagrange multiplier": "constraints",
    "matrix exponential": "eigenvalues",
    "implicit differentiation": "defined-by-an-equation",
    "reparameterization": "expectations",
    "Kronecker product": "vectors",
    "matrix cookbook": "laws",
    "gradient check": "checking-a-gradient",
    "errata": "errors-found",
    "matrix calculus calculator": "your-own-derivation",
}
"""What people type, and a page that it should find among the first."""


def searched(visit, words):
    """Where the results of a search lead, the first first."""
    opened = visit.open(f"search.html?q={quote(words)}")
    opened.locator("#search-results li").first.wait_for()
    visit.still()
    return [link.get_attribute("href") for link in opened.locator("#search-results li > a").all()]


@pytest.mark.parametrize("words, name", SEARCHED.items())
def test_the_words_that_people_use_find_their_page(visit, words, name):
    links = searched(visit, words)[:10]
    assert any(f"{name}.html" in link for link in links), links


PLACES = {
    "derivative of determinant": "laws.html#determinant-rule",
    "derivative of norm": "laws.html#norm-rule",
    "log det": "more-rules.html#the-logarithm-of-a-determinant",
    "least squares": "derive-it-by-machine.html#least-squares-with-a-penalty",
    "ridge regression": "check-your-own.html#ridge-regression",
    "quadratic form": "derive-it-by-machine.html#a-quadratic-form-2ax-or-a-a-x",
    "softmax jacobian": "vectors.html#softmax-looks-elementwise-and-is-not",
    "relu": "laws.html#relu-rule",
    "chain rule": "glossary.html#term-chain-rule",
    "lagrange": "glossary.html#term-Lagrange-multiplier",
}
"""What people type, and the section, law or exercise that they should see before they scroll."""


@pytest.mark.parametrize("words, place", PLACES.items())
def test_a_search_leads_to_the_place_on_a_page(visit, words, place):
    assert f"chapters/{place}" in searched(visit, words)[:5]
    assert "places in the book" in visit.page.inner_text("#search-results") and not visit.complaints


@pytest.mark.parametrize(
    "words, found_on",
    [
        ("Hadamard", "chapters/vectors.html"),
        ("σ′", "chapters/question.html"),
        ("σ'", "chapters/question.html"),
        ("chain rule", "chapters/scalars.html"),
    ],
)
def test_search(visit, words, found_on):
    opened = visit.open("index.html")
    opened.keyboard.press("Control+k")
    opened.keyboard.type(words)
    opened.keyboard.press("Enter")
    found = opened.locator(f"#search-results li:has(a[href^='{found_on}'])")
    found.first.wait_for()
    found.locator(".context").first.wait_for()  # the piece of the page, fetched for it
    words = words.replace("'", "′")
    assert words.lower() in found.first.inner_text().lower()
    assert visit.complaints == []


def test_a_reader_with_keys_alone(visit):
    opened = visit.open("chapters/question.html")
    opened.keyboard.press("Tab")
    first = opened.evaluate(FOCUSED)
    assert first["matches"] == "skip" and first["seen"] and first["marked"]
    reached = []
    for _ in range(60):
        opened.keyboard.press("Tab")
        reached.append(opened.evaluate(FOCUSED))
        assert reached[-1]["marked"] and reached[-1]["seen"], reached[-1]
        assert reached[-1]["words"], "a stop without a name"
    assert {"search", "navigation", "article"} <= {stop["matches"] for stop in reached}

    opened.reload(wait_until="load")
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    assert opened.url.endswith("#main-content")
    opened.keyboard.press("Tab")
    assert opened.evaluate("() => document.getElementById('main-content').contains(document.activeElement)")

    opened.keyboard.press("Control+k")
    assert opened.locator("#pst-search-dialog").is_visible()
    assert opened.evaluate("() => document.activeElement.name") == "q"
    opened.keyboard.press("Escape")
    assert not opened.locator("#pst-search-dialog").is_visible()


def test_a_first_visit_is_light(running, origin):
    with browsing.Visit(running, origin) as visit:
        responses = []
        visit.page.on("response", lambda response: responses.append(response))
        visit.open("chapters/the-neuron-by-differentials.html")
        visit.page.wait_for_load_state("networkidle")
        assert sum(len(gzip.compress(response.body())) for response in responses) < 900_000


def test_the_reader_s_choice_of_light_stays(visit):
    opened = visit.open("index.html")
    opened.get_by_role("button", name="Color mode").click()
    assert opened.evaluate("() => document.documentElement.dataset.theme") == "dark"
    visit.open("chapters/notation.html")
    assert opened.evaluate("() => document.documentElement.dataset.theme") == "dark"
    red, green, blue = opened.evaluate(
        "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert max(red, green, blue) < 60


def test_next_previous_and_contents(visit):
    opened = visit.open("chapters/question.html")
    opened.get_by_title("next page").click()
    opened.wait_for_url("**/chapters/scalars.html")
    opened.get_by_title("previous page").click()
    opened.wait_for_url("**/chapters/question.html")
    opened.locator("#pst-page-toc-nav a").last.click()
    place = opened.url.partition("#")[2]
    opened.wait_for_function("id => document.getElementById(id).getBoundingClientRect().top < innerHeight", arg=place)


def test_the_contents_on_a_phone(visit):
    visit.page.set_viewport_size(browsing.PHONE)
    opened = visit.open("chapters/notation.html")
    opened.locator(".primary-toggle").click()
    opened.locator("#pst-primary-sidebar-modal").get_by_role("link", name="Laws", exact=True).click()
    opened.wait_for_url("**/chapters/laws.html")
    assert visit.complaints == []


def test_a_link_beside_an_equation_shows_when_it_is_needed(visit):
    opened = visit.open("chapters/question.html")
    equation = opened.locator("div.math").first
    link = equation.locator("a.headerlink")
    assert float(link.evaluate("link => getComputedStyle(link).opacity")) == 0
    equation.hover()
    assert float(link.evaluate("link => getComputedStyle(link).opacity")) == 1
    link.click()
    assert opened.url.partition("#")[2] == equation.get_attribute("id")


SELECT = """([first, last]) => {
  const range = document.createRange(), [start, end] = [first, last].map(path => document.querySelector(path));
  range.setStartBefore(start);
  range.setEndAfter(end);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture
def copied(running, origin):
    """What a reader gets who copies from one place to another of a page; and the page."""
    with browsing.Visit(running, origin, permissions=["clipboard-read", "clipboard-write"]) as visit:
        opened = visit.open("chapters/scalars.html")

        def copy(first, last):
            opened.evaluate(SELECT, [first, last])
            opened.keyboard.press("ControlOrMeta+c")
            return opened.evaluate("() => navigator.clipboard.readText()")

        copy.page = opened
        yield copy
        assert visit.complaints == []


def test_what_is_copied_holds_the_formulas(copied):
    paragraph = copied.page.locator("article p:has(span.math)").first
    paragraph.evaluate("paragraph => { paragraph.id = 'a-paragraph'; }")
    text = copied("#a-paragraph", "#a-paragraph")
    formulas = paragraph.locator("span.math").evaluate_all("all => all.map(formula => formula.dataset.latex)")
    assert formulas and all(f"${latex}$" in text for latex in formulas)
    equation = copied.page.locator("article div.math").first
    equation.evaluate("equation => { equation.id = 'an-equation'; }")
    for place in ("#an-equation", "#an-equation mjx-math"):  # a part of a formula is the formula
        assert copied(place, place) == f"$$\n{equation.get_attribute('data-latex')}\n$$"
    assert "%" not in equation.get_attribute("data-latex")


def test_an_equation_is_copied_by_its_button(copied):
    equation = copied.page.locator("article div.math").first
    button = equation.get_by_role("button", name="Copy the LaTeX of this equation")
    equation.hover()
    assert float(button.evaluate("button => getComputedStyle(button).opacity")) == 1
    button.click()
    assert copied.page.evaluate("() => navigator.clipboard.readText()") == equation.get_attribute("data-latex")


def test_paper(visit):
    opened = visit.open("chapters/vectors.html")
    opened.emulate_media(media="print")
    for kept in ("article h1", "article figure img", ".equation-mark"):
        assert opened.locator(kept).first.is_visible(), kept
    for dropped in ("#pst-primary-sidebar", "#pst-secondary-sidebar", ".bd-header-article", ".prev-next-footer",
                    ".skip-link", "button", "a.headerlink"):  # fmt: skip
        assert not [found for found in opened.locator(dropped).all() if found.is_visible()], dropped
    assert opened.pdf(format="A4").startswith(b"%PDF")
