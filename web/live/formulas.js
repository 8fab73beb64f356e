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

  function read(latex, box, display) {
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
    const formula = new page.options.MathItem(latex, reader, display);
    const { em, ex, containerWidth, lineWidth, scale } = page.outputJax.getMetricsFor(box, true);
    formula.start.node = box;
    formula.setMetrics(em, ex, containerWidth, lineWidth, scale);
    formula.convert(page);
    page.clear();
    page.updateDocument();
    return formula.typesetRoot;
  }

  // Puts a formula into a box; what cannot be typeset stands there as text.
  const typeset = (box, ...forms) => typesetAs(true, box, ...forms);
  async function typesetAs(display, box, ...forms) {
    let fault;
    for (const latex of forms) {
      try {
        await ready();
        box.replaceChildren(await MathJax._.mathjax.mathjax.handleRetriesFor(() => read(latex, box, display)));
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
      typesetAs(target.localName === "div", target, target.textContent).then(() => target.classList.remove("desk-waiting"));
    }
  }, { rootMargin: "50% 0%" });

  function formula({ latex, code }) {
    const box = element("div", { class: "desk-formula" }, element("code", {}, latex ?? code));
    return latex ? waiting(box) : box;
  }

  // A formula in a line of text.
  const inline = latex => waiting(element("span", { class: "desk-inline" }, element("code", {}, latex)));

  function waiting(box) {
    box.classList.add("desk-waiting");
    near.observe(box);
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

  // ── keys for what a phone's keyboard hides ──────────────────────────────────────────────────────────────────────

  // What is shown, what it is called, and what is typed: □ is where a selection goes, or the cursor.
  const KEYS = [
    ["a⁄b", "fraction", "\\frac{□}{}"], ["∂", "partial", "\\partial "], ["∇", "nabla", "\\nabla "], ["xᵀ", "transpose", "^T"],
    ["xᵢ", "subscript", "_{□}"], ["xⁿ", "superscript", "^{□}"], ["{ }", "braces", "{□}"], ["\\", "backslash", "\\"],
    ["=", "equals", "= "], ["&=", "equals, aligned", "&= "], ["↵ \\\\", "next row", " \\\\\n"], ["Σ", "sum", "\\sum_{□} "],
    ["σ", "sigma", "\\sigma "], ["⊙", "entry by entry", "\\odot "], ["‖ ‖", "norm", "\\|□\\|"], ["x̂", "hat", "\\hat{□}"],
    ["λ", "lambda", "\\lambda "], ["log", "logarithm", "\\log "],
  ];

  // Types a text where the cursor is, in the place of what is selected: the browser can undo it.
  function typeIn(field, text) {
    if (!document.execCommand("insertText", false, text)) {
      field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
    }
  }

  function press(field, typed) {
    const [before, after] = typed.split("□"), start = field.selectionStart;
    const selected = field.value.slice(start, field.selectionEnd);
    field.focus();
    typeIn(field, after === undefined ? before : before + selected + after);
    if (after === undefined) return;
    const slot = after.indexOf("{}"); // the next place to fill in
    const end = start + before.length + selected.length;
    const place = !selected ? start + before.length : end + (slot < 0 ? after.length : slot + 1);
    field.setSelectionRange(place, place);
  }

  // A row of keys that type into a field, one stop of the Tab key; the arrows go from key to key.
  function keysFor(field) {
    const keys = KEYS.map(([shown, name, typed], at) => element("button", {
      type: "button", tabindex: at ? -1 : 0, title: typed.replace("□", "").trim(), click: () => press(field, typed),
    }, element("span", { "aria-hidden": "true" }, shown), element("span", { class: "desk-unseen" }, name)));
    return element("div", {
      class: "desk-keys", role: "toolbar", "aria-label": "LaTeX keys",
      pointerdown: event => event.preventDefault(), // the field keeps the focus, and the phone its keyboard
      mousedown: event => event.preventDefault(),
      keydown: event => {
        const at = keys.indexOf(event.target), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        const to = { Home: 0, End: keys.length - 1 }[event.key] ?? (step && (at + step + keys.length) % keys.length);
        if (to === undefined) return;
        event.preventDefault();
        keys[at].tabIndex = -1;
        keys[to].tabIndex = 0;
        keys[to].focus();
      },
    }, ...keys);
  }

  // A phone's keyboard lies over the foot of the window and does not shrink it: what to press in a form stands above it.
  function liftAboveKeyboard(form) {
    const buttons = form.querySelector(":scope > .desk-actions");
    const lift = () => {
      const { offsetTop, height, scale } = visualViewport;
      const covered = scale > 1.01 ? 0 : Math.max(0, document.documentElement.clientHeight - offsetTop - height);
      form.style.setProperty("--desk-covered", `${covered}px`);
      form.toggleAttribute("data-keyboard", covered > 100);
    };
    for (const event of ["resize", "scroll"]) visualViewport.addEventListener(event, lift);
    new ResizeObserver(() => form.style.setProperty("--desk-buttons", `${buttons.offsetHeight}px`)).observe(buttons, { box: "border-box" });
  }

  return { element, later, typeset, formula, inline, lineOf, mendOf, typeIn, keysFor, liftAboveKeyboard };
})();
