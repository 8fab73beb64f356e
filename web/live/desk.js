// The form of the page "Your own derivation". What a derivation says is read and judged in Python (desk_answers.py, run
// by the page's worker); here are only the fields, the link, the typesetting, and where answers are put. Nothing that
// comes from a reader or a link is ever put into the page as HTML.
"use strict";
{
  const FIELDS = ["latex", "loss", "given", "varying", "where", "assume", "names"];
  const KEY = "desk"; // what the fields hold, in local storage, as in a link
  const LINK = "#d="; // what the fields hold, as JSON in base64url
  const LONGEST_LINK = 12_000, LONGEST_PREVIEW = 10_000; // characters
  const OURS = { written: "by the page" }; // tells the addresses that the page itself wrote from links that were followed
  const DECLARATIONS = ["given", "varying", "where", "assume", "names"]; // what the letters of the text are
  const PREVIEW_DELAY = 120, LINK_DELAY = 400, FOLLOW_DELAY = 600; // milliseconds after the last key

  const $ = id => document.getElementById(`desk-${id}`);
  const desk = document.getElementById("desk");
  const examples = JSON.parse($("examples").textContent);
  const assets = document.currentScript.src;
  const ANSWERS = [new URL("desk_answers.py", assets)];
  const { element, later, typeset, formula, inline, lineOf, typeIn, keysFor, liftAboveKeyboard } = readersFormulas;

  // Before Python has read the text only a block of mathematics is typeset: what is prose in a document, and where its
  // rows end, is not guessed here.
  const SIGNS = /\$|\\[[(]|^[ \t]*(?:```|~~~|#)/m, DISPLAY = /\\begin\{(?:align|equation|gather|multline|eqnarray|flalign)/;
  const RELATED_LINES = /[=≈≤≥][^\n]*\n[^\n]*[=≈≤≥]/, ROWS_END = /\\\\|\\begin|&/;

  function isBlock(latex) {
    if (SIGNS.test(latex) || (RELATED_LINES.test(latex) && !ROWS_END.test(latex))) return false;
    return !DISPLAY.test(latex) || (latex.startsWith("\\begin") && latex.endsWith("}"));
  }

  async function preview() {
    const box = $("preview"), latex = $("latex").value.trim();
    if (latex.length > LONGEST_PREVIEW) {
      say(box, `${latex.length.toLocaleString("en")} characters are too many to typeset while you write.`);
    } else if (!latex) {
      say(box, "The formulas appear here while you write.");
    } else if (!follows()) {
      const inner = latex.replace(/^(?:\$\$?|\\\[)([^$]*?)(?:\$\$?|\\\])$/, "$1"); // pasted with its dollars
      if (!isBlock(inner)) {
        box.replaceChildren(element("p", { class: "desk-plain" }, latex));
        return;
      }
      const made = element("div"); // what has come from Python by then stays
      box.replaceChildren(made);
      const fault = await typeset(made, `\\begin{aligned}${inner}\n\\end{aligned}`, latex);
      if (fault && made.isConnected) say(box, `This does not typeset yet: ${fault}`);
    }
  }

  function say(box, words) {
    box.replaceChildren(element("p", { class: "desk-hint" }, words));
  }

  // ── the fields, and the link that holds them ────────────────────────────────────────────────────────────────────

  const fields = () => Object.fromEntries(FIELDS.map(name => [name, $(name).value]));
  const mode = () => ($("panel-check").hidden ? "derive" : "check");

  function fill(texts, tab = mode()) {
    for (const name of FIELDS) $(name).value = texts[name] ?? "";
    desk.querySelector("details").open = Boolean(texts.names);
    const same = example => FIELDS.every(name => (example[name] ?? "") === (texts[name] ?? ""));
    choosing(examples.findIndex(same));
    filled = { ...texts };
    for (const place of ["cleared", "replaced"]) $(place).hidden = true;
    show(tab);
    forget();
    $("preview").replaceChildren();
    preview();
    followLater();
  }

  // The number of the example that stands in the form as it came; −1 for a reader's own text.
  const cards = [...desk.querySelectorAll(".desk-card")];
  let chosen = 0;

  function choosing(number) {
    chosen = number;
    for (const card of cards) card.removeAttribute("aria-current");
    if (number >= 0) cards[number].setAttribute("aria-current", "true");
  }

  function startFrom(number) {
    const before = fields(), tab = mode(), there = FIELDS.every(name => before[name] === examples[number][name]);
    keep(); // going back brings what is there now
    fill(examples[number]);
    keep("pushState");
    const taken = () => { fill(before, tab); cards[number].focus(); };
    if (!there) offerBack("replaced", `“${examples[number].title}” stands in the form.`, taken);
  }

  // What the fields were filled in with, by an example or a link, as long as its text stands there; then null.
  let filled = null;

  // Whether a text took the place of another, and is not that one with some edits.
  function replaced(before, after) {
    const [one, other] = [before, after].map(text => text.replace(/\s+/g, ""));
    const most = Math.min(one.length, other.length);
    let start = 0, end = 0;
    while (start < most && one[start] === other[start]) start++;
    while (end < most - start && one.at(-1 - end) === other.at(-1 - end)) end++;
    return start + end < one.length / 3;
  }

  // The declarations belong to the text that they came with: another text is not judged by them.
  function clearDeclarations(name) {
    if (!filled?.[name] || !replaced(filled[name], $(name).value)) return;
    const kept = DECLARATIONS.filter(field => filled[field] && $(field).value === filled[field]);
    const texts = filled;
    filled = null;
    if (!kept.length) return;
    for (const field of kept) {
      $(field).value = "";
      refuse(field, "");
    }
    offerBack("cleared", "This is another text, so what stood here, which belonged to the one before, was cleared.", () => {
      for (const field of kept) if (!$(field).value) $(field).value = texts[field];
      $(kept[0]).focus();
    });
  }

  // Says what was cleared, and takes it back when asked to.
  function offerBack(place, words, restore) {
    $(place).hidden = false;
    $(place).querySelector("span").textContent = words;
    $(place).querySelector("button").onclick = () => {
      $(place).hidden = true;
      restore();
      keep();
    };
  }

  function startEmpty() {
    const before = fields();
    fill({});
    keep("pushState");
    offerBack("replaced", "All fields are empty.", () => fill(before));
    $(mode() === "check" ? "latex" : "loss").focus();
  }

  const entriesOf = field => $(field).value.split(/[,;\n]/).map(entry => entry.replace(/\s+/g, ""));

  // Whether a field says it already: of a shape, whether it says any of that letter.
  function says([field, entry]) {
    const part = text => (field === "given" ? text.split(":")[0] : text);
    return entriesOf(field).some(said => part(said) === part(entry.replace(/\s+/g, "")));
  }

  // Puts declarations into the fields. They belong to this text: another one clears those that nobody has changed.
  function put(puts, how) {
    const before = fields();
    const ours = DECLARATIONS.filter(field => !before[field].trim() || before[field] === filled?.[field]);
    for (const [field, entry] of puts) {
      if (says([field, entry])) continue;
      $(field).value = [$(field).value.trim().replace(/[,;]$/, ""), entry].filter(Boolean).join(", ");
      refuse(field, "");
    }
    filled = { ...Object.fromEntries(ours.map(field => [field, $(field).value])), latex: before.latex };
    choosing(-1);
    markInferred();
    keep(how);
  }

  function packed() {
    const texts = Object.entries(fields()).filter(([, text]) => text);
    const bytes = new TextEncoder().encode(JSON.stringify({ tab: mode(), ...Object.fromEntries(texts) }));
    const characters = Array.from(bytes, byte => String.fromCharCode(byte)).join("");
    return btoa(characters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  function unpacked(text) {
    const characters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(characters, character => character.charCodeAt(0));
    const state = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const texts = Object.fromEntries(FIELDS.filter(name => name in state).map(name => [name, state[name]]));
    const read = Object.values(texts);
    if (!read.length || !read.every(value => typeof value === "string")) throw new TypeError("no texts");
    return [texts, state.tab === "derive" ? "derive" : "check"];
  }

  function keep(how = "replaceState") {
    const size = FIELDS.reduce((sum, name) => sum + $(name).value.length, 0);
    const fits = size <= LONGEST_LINK;
    history[how](OURS, "", fits ? LINK + packed() : location.pathname + location.search);
    store();
    return fits;
  }

  // What is written here is there again when the reader comes back by another way than the link.
  function store() {
    try {
      if (chosen >= 0) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, packed());
    } catch {
      // then it is lost, as on a page without storage
    }
  }

  function stored() {
    try {
      return unpacked(localStorage.getItem(KEY));
    } catch {
      return null; // nothing is kept, or nothing that can be read
    }
  }

  // Who follows a link wants to see what comes of it.
  function openLink() {
    if (restore()) ask(mode());
  }

  // Whether a link filled the form.
  function restore() {
    if (!location.hash.startsWith(LINK)) {
      if (!location.hash) fill(examples[0], "check");
      return false;
    }
    try {
      fill(...unpacked(location.hash.slice(LINK.length)));
      return true;
    } catch {
      fill(examples[0], "check");
      tell("The link holds no form that can be read, so here is the example that the page starts with.");
      return false;
    }
  }

  // ── tabs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  const tabs = [...desk.querySelectorAll("[role=tab]")];
  const named = tab => tab.id.replace("desk-tab-", "");

  function show(wanted) {
    for (const tab of tabs) {
      const chosen = named(tab) === wanted;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
      $(`panel-${named(tab)}`).hidden = !chosen;
    }
    for (const button of desk.querySelectorAll("[data-mode]")) button.hidden = button.dataset.mode !== wanted;
  }

  function choose(tab) {
    show(named(tab));
    forget();
    keep();
    followLater();
  }

  function moveAmongTabs(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], ends = { Home: 0, End: tabs.length - 1 };
    if (step === undefined && !(event.key in ends)) return;
    event.preventDefault();
    const place = ends[event.key] ?? (tabs.indexOf(event.target) + step + tabs.length) % tabs.length;
    tabs[place].focus();
    choose(tabs[place]);
  }

  // ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  let running = 0; // the number of the question that is being answered; an answer to another one is dropped
  let asked = 0, runtime, last; // and what was asked for last

  const WORDS = { check: "Checking …", prove: "Checking and proving …", derive: "Deriving …" };
  const STARTING = "Python is starting; what comes of this is shown here.";
  let started = false; // whether Python has answered anything
  const SERVE = "In the folder of the book, type make serve and open the address that it prints.";

  function tell(words, outcome = "") {
    $("status").textContent = words;
    $("status").dataset.outcome = outcome;
  }

  function forget() {
    if (running) stop();
    tell("");
    $("answer").replaceChildren();
    $("mine-form").hidden = true;
    for (const name of FIELDS) refuse(name, "");
  }

  function refuse(field, message) {
    $(`${field}-error`).textContent = message;
    $(field).toggleAttribute("aria-invalid", Boolean(message));
  }

  function progress({ what, done, total }) {
    const box = desk.querySelector(".desk-progress"), bar = box.querySelector("progress");
    [bar.max, bar.value] = [total, done];
    box.querySelector("span").textContent = `Loading ${what}`;
    box.hidden = done >= total;
  }

  const megabytes = bytes => (bytes / 1e6).toFixed(0);

  function busy(question) {
    running = question;
    for (const button of desk.querySelectorAll("[data-call]")) button.setAttribute("aria-disabled", Boolean(question));
    $("stop").hidden = !question;
    desk.querySelector(".desk-result").setAttribute("aria-busy", Boolean(question));
    if (!question) desk.querySelector(".desk-progress").hidden = true;
  }

  async function loaded() {
    if (runtime) return runtime;
    const { Runtime } = await import(new URL("runtime.js", assets));
    runtime = Runtime.shared();
    runtime.onProgress(now => {
      if (running) progress(now);
      else if (now.done < now.total) hint(`Loading ${now.what}: ${megabytes(now.done)} of ${megabytes(now.total)} MB`);
      else hint("Python is reading this.");
    });
    return runtime;
  }

  async function ask(call) {
    if (running) return;
    if (location.protocol === "file:") {
      return tell(`A browser runs no Python in a page that is opened as a file. ${SERVE}`);
    }
    if (!$("no-python").hidden) return tell($("no-python").textContent);
    forget();
    const question = ++asked;
    last = call;
    busy(question);
    keep();
    tell(started ? WORDS[call] : STARTING);
    desk.querySelector(".desk-result").scrollIntoView({ block: "nearest" });
    try {
      const python = await loaded();
      const hear = message => { if (running === question) (message.line ? showLine : showReport)(message); };
      if (running !== question) return;
      const answer = await python.call(`desk_answers:${call}`, fields(), hear, { files: ANSWERS });
      started = true;
      if (running === question) (answer.refused ? showRefusal : SHOW[call])(answer.refused ?? answer);
    } catch (error) {
      if (running === question) tell(`This could not be answered: ${error.message}`);
    } finally {
      if (running === question) busy(0);
      followLater();
    }
  }

  // ── what Python says while a reader writes ──────────────────────────────────────────────────────────────────────

  // Python starts when a field gets the focus, and from then on reads and judges what stands in the form whenever it has
  // rested for a while. It does one job at a time: of the texts that come meanwhile only the last is asked for.
  let awake = false, following = false, followed = ""; // whether it was started, is asked, and what it answered last

  const follows = () => awake && $("preview").querySelector(".desk-parts") !== null;
  const hint = words => { $("live").textContent = words; };

  function wake() {
    if (awake || location.protocol === "file:" || !$("no-python").hidden) return;
    awake = true;
    hint("Python is on its way; it will read this row by row.");
    follow();
  }

  // What is read: beside a loss nothing is, and Python only starts.
  const watched = () => (mode() === "check" ? fields() : Object.fromEntries(FIELDS.map(name => [name, ""])));

  async function follow() {
    const texts = watched(), state = JSON.stringify(texts);
    if (!awake || following || running || state === followed) return;
    if (texts.latex.length > LONGEST_PREVIEW) return;
    following = true;
    const now = () => !running && JSON.stringify(watched()) === state;
    try {
      const python = await loaded();
      const hear = message => { if (now()) (message.parts ? showParts : showMark)(message); };
      const answer = await python.call("desk_answers:follow", texts, hear, { files: ANSWERS });
      followed = now() ? state : "";
      if (now()) hint(answer.refused ? refusedWords(answer.refused) : answer.judged ? FOLLOWED : "Some rows wait for Check: they take a while.");
    } catch (error) {
      awake = false; // until the next focus; Check says what is wrong
      hint("");
    } finally {
      following = false;
    }
    if (!now() && awake) followLater();
  }

  const followLater = later(FOLLOW_DELAY, follow);
  const FOLLOWED = "Judged as you write; Check mends as well.";

  // The rows as Python splits the text, and the prose between them.
  function showParts({ parts }) {
    if (!parts.length) return;
    const old = $("preview").scrollTop;
    $("preview").replaceChildren(element("div", { class: "desk-parts" }, ...parts.map(part => (part.prose
      ? element("p", { class: "desk-prose" }, ...part.prose.map(([manner, text]) => (manner === "formula" ? inline(text) : text)))
      : element("div", { class: "desk-part" }, element("span", { class: "desk-mark" }), formula(part))))));
    $("preview").scrollTop = old;
  }

  function showMark({ place, verdict, mark, words }) {
    const part = $("preview").querySelectorAll(".desk-part")[place];
    if (!part) return;
    part.className = `desk-part desk-${verdict}`;
    const shown = part.querySelector(".desk-mark");
    shown.textContent = mark;
    shown.title = words.join("\n");
  }

  function checkInstead(latex) {
    fill({ ...fields(), latex });
    keep("pushState");
    ask("check");
  }

  // The mend takes the place of its line, as if it were typed: the browser can undo it.
  function apply(sheet, { place: [start, stop], pieces }) {
    const join = left => pieces.map(([manner, text]) => (manner === left ? "" : text)).join("");
    if (running) return;
    const field = sheet.field();
    if (field.value.slice(start, stop) !== join("inserted")) return sheet.tell("The text has changed since: check it again.");
    field.focus();
    field.setSelectionRange(start, stop);
    typeIn(field, join("deleted"));
    sheet.button().focus();
    sheet.ask();
  }

  function declareAndAsk(puts) {
    if (running) return;
    put(puts, "pushState");
    main().focus(); // the button that was pressed goes with its answer
    ask(last);
  }

  async function stop() {
    if (!running) return;
    const focused = document.activeElement === $("stop");
    busy(0);
    ($("mine-status").textContent ? tellMine : tell)("Stopped.");
    if (focused) main().focus();
    await runtime?.stop();
  }

  // ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

  // A text whose lines are judged: where it is written, where it is answered, and how it is asked again.
  const sheetOf = (field, answer, tell, button, ask) => ({
    tell, button, ask, field: () => $(field), answer: () => $(answer),
    lines: () => $(answer).querySelector("ol") ?? $(answer).appendChild(element("ol", { class: "desk-lines" })),
  });
  const main = () => desk.querySelector("#desk-form .desk-main:not([hidden])");
  const derivation = sheetOf("latex", "answer", tell, main, () => ask("check"));
  const mine = sheetOf("mine", "mine-answer", tellMine, () => $("mine-form").querySelector(".desk-main"), checkMine);
  const { lines } = derivation;

  const showLine = message => showLineOf(derivation, message);
  function showLineOf(sheet, { place, line }) {
    const list = sheet.lines(), made = lineOf(line);
    if (line.mend?.pieces) made.querySelector(".desk-mend").append(actions(
      element("button", { type: "button", click: () => apply(sheet, line.mend) }, "Apply, and check again")));
    if (list.children[place]) list.children[place].replaceWith(made);
    else list.append(made);
  }

  function showReport({ report: { summary, ok, first_wrong: wrong, remarks, counterexample, inferred } }) {
    const first = wrong === null ? null : lines().children[wrong];
    first?.classList.add("desk-first-wrong");
    if (inferred.length) lines().before(inferredOf(inferred));
    $("answer").append(...remarked(remarks));
    if (counterexample) $("answer").append(listing("Numbers that show it", counterexample, "Copy as NumPy"));
    tell(summary, first ? "wrong" : ok ? "right" : "");
    (first ?? $("status")).scrollIntoView({ block: "nearest" });
  }

  const NAMED = { given: "", varying: "varying ", assume: "" }; // how an entry of a field is called in a sentence

  // What was inferred, a button each: it puts its declaration into the form.
  function inferredOf(declarations) {
    const chips = declarations.map(({ words, puts }) => chip(words, puts, ", inferred"));
    if (chips.length > 1) chips.push(chip("All of it", declarations.flatMap(({ puts }) => puts), ""));
    return element("section", { class: "desk-inferred", "aria-labelledby": "desk-inferred-label" },
      element("p", { class: "desk-label", id: "desk-inferred-label" }, "What nobody declared"),
      element("ul", { class: "desk-chips", role: "list" }, ...chips.map(made => element("li", {}, made))),
      element("p", { class: "desk-hint" }, "Press one to put it into the form, where you can change it."));
  }

  function chip(words, puts, status) {
    return element("button", {
      type: "button", "data-puts": JSON.stringify(puts), "data-status": status,
      click: event => take(puts, event.currentTarget),
    }, words, element("span", {}, status));
  }

  function take(puts, button) {
    if (button.getAttribute("aria-disabled") === "true") return;
    put(puts);
    const entries = new Set(puts.map(([field, entry]) => NAMED[field] + entry));
    tell(`In the form now: ${[...entries].join(", ")}. The next check goes by it.`);
  }

  // Which of what was inferred stands in the form.
  function markInferred() {
    for (const button of desk.querySelectorAll(".desk-chips button")) {
      const there = JSON.parse(button.dataset.puts).every(says);
      button.setAttribute("aria-disabled", there);
      button.querySelector("span").textContent = there ? ", in the form" : button.dataset.status;
    }
  }

  function showMended({ mended, offers }) {
    for (const [place, offered] of offers) {
      lines().children[place].querySelector(".desk-body").append(actions(...offered.map(({ words, puts }) =>
        element("button", { type: "button", click: () => declareAndAsk(puts) }, `${words}, and check again`))));
    }
    if (!mended) return;
    lines().after(actions(
      copier("Copy the mended derivation as LaTeX", mended),
      element("button", { type: "button", click: () => checkInstead(mended) }, "Check it"),
    ));
  }

  // The gradient first, what it is in NumPy beside it, and below how it comes about.
  function showDerived({ summary, steps, gradients, remarks, latex, exercise }) {
    $("answer").append(
      ...gradients.map(gradient => element("section", { class: "desk-pair desk-gradient", "aria-label": `The derivative by ${gradient.name}` },
        element("div", {},
          element("p", { class: "desk-label" }, `The derivative by ${gradient.name}`),
          formula(gradient),
          actions(copier("Copy its LaTeX", gradient.latex))),
        gradient.numpy && listing(`The derivative by ${gradient.name}, in NumPy`, gradient.numpy, "Copy as NumPy"))),
      element("p", { class: "desk-label" }, "How it comes about"),
      element("ol", { class: "desk-lines desk-derived" }, ...steps.map(step => element("li", { class: "desk-line" },
        element("div", { class: "desk-body" },
          formula(step),
          element("p", {}, ...step.laws.flatMap((law, i) => [
            i ? ", " : "", element("a", { href: `${desk.dataset.laws}#${law.anchor}` }, law.name),
          ]), step.error && `; relative difference from the witness ${step.error}`))))),
      ...remarked(remarks),
      actions(copier("Copy the steps as LaTeX", latex)));
    derived = exercise;
    $("mine-form").hidden = !exercise;
    if (exercise) $("mine-asks").replaceChildren("Asked for: ", ...exercise.asks.flatMap((asked, at) => [at ? " and " : "", inline(asked)]));
    forgetMine();
    tell(summary, "right");
    $("status").scrollIntoView({ block: "nearest" });
  }

  // ── a reader's own gradient, beside the one that was derived ────────────────────────────────────────────────────

  let derived; // what may be answered beside what was derived last

  function tellMine(words, outcome = "") {
    $("mine-status").textContent = words;
    $("mine-status").dataset.outcome = outcome;
  }

  function forgetMine() {
    if (running) stop();
    tellMine("");
    refuse("mine", "");
    $("mine-answer").replaceChildren();
  }

  async function checkMine() {
    if (running) return;
    forgetMine();
    const question = ++asked;
    busy(question);
    tellMine("Checking …");
    try {
      const python = await loaded(), hear = message => { if (running === question) showLineOf(mine, message); };
      const answer = await python.call("desk_answers:mine", { exercise: derived, mine: $("mine").value }, hear, { files: ANSWERS });
      if (running === question) showMine(answer);
    } catch (error) {
      if (running === question) tellMine(`This could not be answered: ${error.message}`);
    } finally {
      if (running === question) busy(0);
    }
  }

  function showMine({ refused, said, outcome, first_wrong: wrong, counterexample }) {
    if (refused) {
      refuse("mine", refused.message);
      $("mine").focus();
      return tellMine("This could not be read.", "wrong");
    }
    if (wrong !== null) mine.lines().children[wrong]?.classList.add("desk-first-wrong");
    if (counterexample) $("mine-answer").append(listing("Numbers that show it", counterexample, "Copy as NumPy"));
    tellMine(said, outcome);
    $("mine-status").scrollIntoView({ block: "nearest" });
  }

  function showRefusal({ field, message }) {
    refuse(field, message);
    if (field === "names") desk.querySelector("details").open = true;
    $(field).focus(); // its description holds the message
    tell(refusedWords({ field }), "wrong");
  }

  const refusedWords = ({ field }) =>
    `“${desk.querySelector(`label[for=desk-${field}]`).textContent}” could not be read.`;

  const SHOW = { check: showMended, prove: showMended, derive: showDerived };

  function listing(title, text, label) {
    return element("section", { class: "desk-listing", "aria-label": title },
      element("header", {}, element("p", { class: "desk-label" }, title), copier(label, text)),
      element("pre", { tabindex: 0, role: "group", "aria-label": title }, element("code", {}, text)));
  }

  const remarked = remarks => remarks.map(words => element("p", { class: "desk-remark" }, words));

  function actions(...buttons) {
    return element("div", { class: "desk-actions" }, ...buttons);
  }

  function copier(label, text) {
    return element("button", { type: "button", click: event => copy(text, event.currentTarget) }, label);
  }

  async function copy(text, button) {
    const label = (button.dataset.label ??= button.textContent);
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser does not let the page copy";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  }

  // ── what readers do ─────────────────────────────────────────────────────────────────────────────────────────────

  const typed = { latex: later(PREVIEW_DELAY, preview) }, keepLater = later(LINK_DELAY, keep);

  $("form").addEventListener("input", event => {
    if ($("answer").hasChildNodes() && !running) tell("The form has changed since this was answered.");
    choosing(-1);
    refuse(event.target.name, "");
    markInferred();
    typed[event.target.name]?.();
    if (event.target.name === "latex" || event.target.name === "loss") clearDeclarations(event.target.name);
    keepLater();
    followLater();
  });
  for (const event of ["focusin", "paste"]) {
    $("form").addEventListener(event, ({ target }) => { if (target.matches("textarea")) wake(); });
  }
  $("form").addEventListener("submit", event => { event.preventDefault(); ask(mode()); });
  $("form").addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      ask(mode());
    }
  });
  $("prove").addEventListener("click", () => ask("prove"));
  $("stop").addEventListener("click", stop);
  $("empty").addEventListener("click", startEmpty);
  cards.forEach((card, number) => {
    card.addEventListener("click", () => startFrom(number));
    card.addEventListener("focus", () => card.scrollIntoView({ block: "nearest", inline: "nearest" })); // browsers leave half of it out
  });
  $("mine-form").addEventListener("submit", event => { event.preventDefault(); checkMine(); });
  $("mine-form").addEventListener("input", forgetMine);
  $("mine-form").addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      checkMine();
    }
  });
  for (const field of desk.querySelectorAll("textarea[data-keys]")) field.after(keysFor(field));
  $("link").addEventListener("click", event => {
    if (keep()) copy(location.href, event.currentTarget);
    else tell(`This is too long for a link: ${LONGEST_LINK.toLocaleString("en")} characters fit.`);
  });
  for (const tab of tabs) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", moveAmongTabs);
  }
  addEventListener("hashchange", () => { if (history.state?.written === OURS.written) restore(); else openLink(); });
  hint("Python starts when you write here, and reads it row by row.");
  liftAboveKeyboard($("form"));
  if (location.hash.startsWith(LINK)) {
    openLink();
  } else if (!location.hash && stored()) {
    fill(...stored());
  } else {
    filled = fields(); // the page holds the first example
    preview();
  }
}
