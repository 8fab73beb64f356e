// Formulas that come from a reader, and lines of a report with their verdicts, as elements of the page. Nothing that comes
// from a reader or a link is ever put into the page as HTML. A classic script: from a file a browser loads no modules.
"use strict";
const readersFormulas = (() => {
  // An element with attributes (a function is a listener) and children: elements or text.
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(key, value);
      else if (value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter(Boolean));
    return made;
  }

  function later(delay, action) {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(action, delay); };
  }

  // Readers' LaTeX gets a reader of its own: with these packages and no others (none that loads code or writes HTML),
  // new for each formula so that a \def ends with it, and through MathJax's filter of addresses, classes and styles.
  const PACKAGES = ["base", "ams", "newcommand", "noundefined", "boldsymbol", "cancel", "color"];
  const NOTHING = { URLs: "none", classes: "none", cssIDs: "none", styles: "none" };

  let loading; // MathJax is loaded for the first formula, and asked for again where it did not come
  const ready = () => (loading ??= typesetter()
    .then(({ loader }) => loader.load("ui/safe", ...PACKAGES.slice(4).map(name => `[tex]/${name}`)))
    .catch(error => { loading = null; throw error; }));

  function read(latex, box) {
    const { TeX } = MathJax._.input.tex_ts, { Safe } = MathJax._.ui.safe.safe, page = MathJax.startup.document;
    const reader = new TeX({
      packages: PACKAGES,
      noundefined: { color: "", background: "", size: "" },
      formatError(_, error) { throw error; },
    });
    const filter = new Safe(page, { ...Safe.OPTIONS, allow: NOTHING });
    reader.setAdaptor(page.adaptor);
    reader.setMmlFactory(page.mmlFactory);
    reader.postFilters.add(({ math, document, data }) => {
      math.root = data.root;
      filter.sanitize(math, document);
    });
    const formula = new page.options.MathItem(latex, reader, true);
    const { em, ex, containerWidth, lineWidth, scale } = page.outputJax.getMetricsFor(box, true);
    formula.start.node = box;
    formula.setMetrics(em, ex, containerWidth, lineWidth, scale);
    formula.convert(page);
    page.clear();
    page.updateDocument();
    return formula.typesetRoot;
  }

  // Puts a formula into a box; what cannot be typeset stands there as text.
  async function typeset(box, ...forms) {
    let fault;
    for (const latex of forms) {
      try {
        await ready();
        box.replaceChildren(await MathJax._.mathjax.mathjax.handleRetriesFor(() => read(latex, box)));
        return "";
      } catch (error) {
        fault = error.message;
      }
    }
    box.replaceChildren(element("code", {}, forms.at(-1)));
    return fault;
  }

  // A formula of an answer is typeset when it comes near the window: a derivation may have a thousand lines.
  const near = new IntersectionObserver(seen => {
    for (const { target } of seen.filter(entry => entry.isIntersecting)) {
      near.unobserve(target);
      typeset(target, target.textContent).then(() => target.classList.remove("desk-waiting"));
    }
  }, { rootMargin: "50% 0%" });

  function formula({ latex, code }) {
    const box = element("div", { class: "desk-formula" }, element("code", {}, latex ?? code));
    if (latex) {
      box.classList.add("desk-waiting");
      near.observe(box);
    }
    return box;
  }

  // A line of a report, as `shown` in desk_answers.py describes it.
  function lineOf(line) {
    return element("li", { class: `desk-line desk-${line.verdict}` },
      element("span", { class: "desk-mark", "aria-hidden": "true" }, line.mark),
      element("div", { class: "desk-body" },
        formula(line),
        ...line.words.map(words => element("p", {}, words)),
        line.mend && mendOf(line.mend)));
  }

  function mendOf(mend) {
    return element("div", { class: "desk-mend" },
      "latex" in mend || "code" in mend ? formula(mend) : "",
      mend.pieces && differenceOf(mend.pieces),
      element("p", {}, mend.words));
  }

  // What of the source is kept, deleted and inserted; the words are for who sees no colours.
  const CHANGES = { deleted: "del", inserted: "ins" };
  function differenceOf(pieces) {
    return element("p", { class: "desk-difference" }, element("code", {}, ...pieces.map(([manner, text]) =>
      (manner in CHANGES ? element(CHANGES[manner], {}, text) : text))));
  }

  return { element, later, typeset, formula, lineOf, mendOf };
})();
