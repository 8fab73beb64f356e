// Makes the buttons under a notebook page's cells work. Python is fetched at the first click, not before.
// A classic script: from a file a browser loads no modules, and the reader is to hear why.
(() => {
  const script = document.currentScript;
  const files = Object.fromEntries(
    (script.dataset.files ?? "").split(" ").filter(Boolean).map(name => [name, new URL(name, location.href).href])
  );
  const NO_SERVER = "Cells cannot run in a page that is opened as a file. Run `make serve` in the book's folder and open the page at the address that it prints.";
  const KEYS = "Ctrl+Enter runs it, Shift+Enter runs it and goes on, Escape and then Tab leaves.";
  const GONE = "Python was started again: the variables of this page are gone.";
  const MATHEMATICS = ".math, .mathjax_process, .tex2jax_process";

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // What a screen reader hears.
  const announcer = make("div", { className: "live-announcer visually-hidden" });
  announcer.setAttribute("role", "status");
  document.querySelector("article").append(announcer);

  // What a reader wrote into a cell is there again after a reload, as long as the page's own code is the same.
  const kept = {
    place: cell => `cell ${location.pathname} ${cell.name}`,
    read(cell) {
      try {
        const { original, text } = JSON.parse(localStorage.getItem(this.place(cell)) ?? "{}");
        return original === cell.original ? text : undefined;
      } catch {
        return undefined; // a browser that keeps nothing, or what is not ours
      }
    },
    write(cell) {
      try {
        if (cell.code === cell.original) localStorage.removeItem(this.place(cell));
        else localStorage.setItem(this.place(cell), JSON.stringify({ original: cell.original, text: cell.code }));
      } catch { /* it keeps nothing */ }
    },
  };

  // The colours of a listing, for code that is being edited: comments, strings, words of the language and numbers.
  const WORDS = "and|as|assert|break|class|continue|def|del|elif|else|except|finally|for|from|if|import|in|is|lambda|not|or|pass|raise|return|try|while|with|yield|None|True|False";
  const STRING = String.raw`[rbfuRBFU]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)`;
  const TOKENS = new RegExp(String.raw`(?<c1>#.*)|(?<s2>${STRING})|\b(?<k>${WORDS})\b|\b(?<mi>\d[\w.]*(?:(?<=[eE])[+-]\d+)?)`, "g");
  function coloured(code) {
    const parts = [];
    let end = 0;
    for (const found of code.matchAll(TOKENS)) {
      const [kind] = Object.entries(found.groups).find(([, text]) => text !== undefined);
      parts.push(code.slice(end, found.index), make("span", { className: kind, textContent: found[0] }));
      end = found.index + found[0].length;
    }
    return [...parts, code.slice(end), "\n"];
  }

  let runtime;
  let running = null; // the cell that runs
  const waiting = []; // and those that are to

  async function start() {
    if (runtime) return;
    const { Runtime } = await import("./runtime.js");
    runtime = Runtime.shared();
    runtime.onProgress(event => running?.showProgress(event));
  }

  class Output {
    // What a cell shows now, in the markup of the stored outputs, in their place.
    constructor(cell) {
      this.cell = cell;
      this.element = make("div", { className: "cell_output docutils container live-output" });
      this.urls = [];
      this.stream = null;
    }

    add(message) {
      const { kind, text } = message;
      if (kind === "stream") this.addStream(message);
      else this.stream = null;
      if (kind === "display") this.addDisplay(message.data);
      if (kind === "error") this.addText("traceback", text);
      if (kind === "notice") this.element.append(make("p", { className: "live-note", textContent: text }));
    }

    addStream({ name, text }) {
      if (this.stream?.name !== name) this.stream = { name, node: this.addText(name === "stderr" ? "stderr" : "stream", "") };
      this.stream.node.appendData(text);
    }

    addText(kind, text) {
      const node = document.createTextNode(text);
      const block = make("div", { className: "highlight" }, make("pre", {}, node));
      this.element.append(make("div", { className: `output ${kind} highlight-myst-ansi notranslate` }, block));
      return node;
    }

    // The richest form that there is, in the order in which the book's build chooses.
    addDisplay(data) {
      const { "text/html": html, "image/svg+xml": svg, "image/png": png, "text/latex": latex, "text/plain": plain } = data;
      if (html) this.element.append(make("div", { className: "output text_html", innerHTML: html }));
      else if (svg) this.addImage(new Blob([svg], { type: "image/svg+xml" }));
      else if (png) this.addImage(new Blob([Uint8Array.from(atob(png), letter => letter.charCodeAt(0))], { type: "image/png" }));
      else if (latex) this.addLatex(latex);
      else this.addText("text_plain", plain);
    }

    addLatex(text) {
      const latex = text.trim().replace(/^\$+|\$+$/g, "");
      this.element.append(make("div", { className: "output text_latex math notranslate nohighlight", textContent: `\\[${latex}\\]` }));
    }

    // A figure keeps the caption and the words that the stored one has.
    addImage(blob) {
      const url = URL.createObjectURL(blob);
      this.urls.push(url);
      const stored = this.cell.stored?.querySelectorAll("img")[this.urls.length - 1];
      const figure = (stored?.closest("figure") ?? stored)?.cloneNode(true);
      const image = figure?.matches("img") ? figure : figure?.querySelector("img") ?? make("img", { alt: `What cell ${this.cell.name} draws` });
      image.src = url;
      this.element.append(figure ?? image);
    }

    async finish() {
      const parts = [...this.element.querySelectorAll(MATHEMATICS)].filter(part => !part.closest("figure"));
      try {
        if (parts.length) await (await typesetter()).typesetPromise(parts);
      } catch (error) {
        this.add({ kind: "notice", text: `${error.message}.` });
      }
    }

    drop() {
      window.MathJax?.typesetClear?.([this.element]);
      this.urls.forEach(url => URL.revokeObjectURL(url));
      this.element.remove();
    }
  }

  class Cell {
    constructor(bar, index) {
      this.bar = bar;
      this.index = index;
      this.name = bar.dataset.cell;
      this.element = bar.closest(".cell");
      this.input = this.element.querySelector(".cell_input");
      this.listing = this.input?.querySelector("pre") ?? this.element.querySelector(".live-source");
      this.stored = this.element.querySelector(".cell_output");
      this.output = this.editor = this.note = this.loading = null;
      this.ran = false;
      this.buttons = Object.fromEntries([...bar.querySelectorAll("button")].map(button => [button.dataset.live, button]));
      this.buttons.run.onclick = () => run([this]);
      this.buttons.above.onclick = () => run(above(this));
      this.buttons.stop.onclick = stop;
      this.buttons.reset.onclick = () => this.reset();
      this.buttons.edit.onclick = () => {
        this.edit();
        this.focus();
      };
      this.buttons.edit.hidden = !this.input;
      // An exercise is there to be changed: a field from the start, empty for the reader's own answer.
      this.own = this.input?.querySelector("textarea");
      this.editedFirst = Boolean(this.own || (this.input && this.element.closest(".solution")));
      if (this.editedFirst) this.edit(this.own ?? undefined);
      const text = this.input && kept.read(this);
      if (text !== undefined) this.bring(text);
    }

    get original() {
      return this.own ? "" : this.listing.textContent.replace(/\n$/, "");
    }

    get code() {
      return this.editor ? this.editor.value : this.original;
    }

    get changed() {
      return Boolean(this.output) || this.code !== this.original || Boolean(this.editor && !this.editedFirst);
    }

    // Show what is offered in a state ("waits", "runs" or none), and keep the focus on the bar.
    offer(state) {
      const focused = this.bar.contains(document.activeElement);
      const running = Boolean(state);
      this.bar.dataset.state = state;
      this.element.setAttribute("aria-busy", running);
      this.buttons.run.hidden = running;
      this.buttons.stop.hidden = !running;
      this.buttons.reset.hidden = running || !this.changed;
      if (focused && !this.bar.contains(document.activeElement)) this.buttons[running ? "stop" : "run"].focus();
    }

    edit(editor = make("textarea", { className: "live-editor", spellcheck: false, wrap: "off" })) {
      if (editor !== this.own) {
        editor.value = this.original;
        editor.setAttribute("aria-label", `Code of cell ${this.name}`);
      }
      editor.setAttribute("aria-description", KEYS);
      editor.setAttribute("autocapitalize", "off");
      editor.setAttribute("autocomplete", "off");
      editor.title = KEYS;
      editor.oninput = () => this.fit();
      editor.onkeydown = event => this.key(event);
      this.editor = editor;
      this.colours = make("div", { className: "live-colours", ariaHidden: "true" });
      editor.onscroll = () => (this.colours.scrollLeft = editor.scrollLeft);
      this.input.classList.add("live-editing");
      this.input.append(make("div", { className: "live-field highlight" }, this.colours, editor));
      this.buttons.edit.hidden = true;
      this.fit();
    }

    // Write a text of the reader's into the field.
    bring(text) {
      if (!this.editor) this.edit();
      this.editor.value = text;
      this.fit();
    }

    // The field is as high as its text, and coloured like it.
    fit() {
      this.colours.replaceChildren(...coloured(this.editor.value));
      kept.write(this);
      this.editor.rows = Math.max(this.editor.value.split("\n").length, this.own ? 3 : 1);
      this.offer(this.bar.dataset.state ?? "");
    }

    // Tab indents; Escape lets the next Tab leave.
    key(event) {
      const { editor } = this;
      const leaving = this.leaving;
      this.leaving = event.key === "Escape";
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
        event.preventDefault();
        run([this]);
        if (event.shiftKey) cells[this.index + 1]?.focus();
      } else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey && !leaving)) {
        event.preventDefault();
        const line = editor.value.slice(0, editor.selectionStart).split("\n").pop();
        const indent = line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
        const text = event.key === "Tab" ? " ".repeat(4 - (line.length % 4)) : `\n${indent}`;
        editor.setRangeText(text, editor.selectionStart, editor.selectionEnd, "end");
        this.fit();
      }
    }

    focus() {
      (this.editor ?? this.buttons.run).focus();
    }

    reset() {
      const focused = this.bar.contains(document.activeElement), before = this.code;
      if (this.editedFirst) this.bring(this.original);
      else {
        this.editor?.parentElement.remove();
        this.editor = null;
        this.input?.classList.remove("live-editing");
        this.buttons.edit.hidden = !this.input;
        kept.write(this);
      }
      this.show(null);
      if (before === this.original) this.say(null);
      else this.say("The cell is as it was.", { "Bring my text back": () => this.say(this.bring(before) ?? null) });
      this.offer("");
      if (focused) this.buttons.run.focus();
      announce(`Cell ${this.name} is as it was.`);
    }

    // Put an output in the place of the one that is there; null stands for the stored one.
    show(output) {
      const now = this.output?.element ?? this.stored;
      const next = output?.element ?? this.stored;
      if (now && next) now.replaceWith(next);
      else if (next) this.element.append(next);
      this.output?.drop();
      this.output = output;
    }

    // A sentence under the cell, with what the reader may do about it.
    say(text, offers = {}) {
      this.note?.remove();
      this.note = null;
      if (!text) return;
      const buttons = Object.entries(offers).map(([label, onclick]) => make("button", { type: "button", textContent: label, onclick }));
      this.note = make("p", { className: "live-note" }, `${text} `, ...buttons);
      this.bar.after(this.note);
    }

    showProgress({ what, done, total }) {
      if (done < total) {
        if (this.loading?.what !== what) announce(`Loading ${what}.`);
        const bar = make("progress", { max: total });
        if (done) bar.value = done; // without a value it only moves
        bar.setAttribute("aria-label", `Loading ${what}`);
        const loading = make("p", { className: "live-loading" }, `Loading ${what} `, bar);
        this.loading ? this.loading.element.replaceWith(loading) : this.bar.after(loading);
        this.loading = { what, element: loading };
      } else this.endProgress();
    }

    endProgress() {
      this.loading?.element.remove();
      this.loading = null;
    }

    async run() {
      this.say(null);
      const output = new Output(this);
      let shown = false, failure = "";
      const hear = message => {
        if (!shown) this.show(output);
        shown = true;
        this.endProgress();
        output.add(message);
        if (message.kind === "error") failure = message.name;
      };
      const result = await runtime.run(this.code, { cell: this.name, files, output: hear });
      this.endProgress();
      if (!shown && result.ok && (this.stored || this.output)) this.show(output);
      await output.finish();
      this.ran = result.ok;
      if (result.lost && cells.some(cell => cell.ran)) forget(this);
      if (failure === "NameError" && above(this).some(cell => !cell.ran))
        this.say("A name is missing, and there are cells above that have not run.", { "Run all above, then this cell": () => run([...above(this), this]) });
      return { ...result, failure };
    }
  }

  const cells = [...document.querySelectorAll(".live-bar")].map((bar, index) => new Cell(bar, index));
  const above = cell => cells.slice(0, cell.index).filter(({ own }) => !own);
  const announce = text => (announcer.textContent = text);

  async function run(some) {
    if (!some.length) return;
    if (location.protocol === "file:") {
      some.at(-1).say(NO_SERVER);
      return announce(NO_SERVER);
    }
    const idle = !waiting.length && !running;
    for (const cell of some) {
      if (waiting.includes(cell) || cell === running) continue;
      waiting.push(cell);
      cell.offer("waits");
    }
    if (!idle) return;
    try {
      await start();
      while (waiting.length) {
        running = waiting.shift();
        const cell = running;
        cell.offer("runs");
        announce(`Cell ${cell.name} is running.`);
        const { ok, stopped, failure } = await cell.run();
        running = null;
        cell.offer("");
        if (stopped) continue;
        announce(ok ? `Cell ${cell.name} has ended.` : `Cell ${cell.name} stopped with an error. ${failure}`);
        if (!ok) clear();
      }
    } catch (error) {
      const cell = running ?? waiting.shift();
      running = null;
      clear();
      cell?.offer("");
      cell?.say(error.message);
      announce(error.message);
    }
  }

  // The bar of the page: its own cells from top to bottom, without the empty ones, and Python anew.
  const page = document.querySelector(".live-page");
  if (page) {
    const [all, restart] = page.querySelectorAll("button");
    all.onclick = () => run(cells.filter(({ own }) => !own));
    restart.onclick = async () => {
      clear();
      await runtime?.restart();
      for (const cell of cells) cell.ran = false;
      announce(GONE);
      page.querySelector(".live-name").textContent = GONE;
    };
  }

  // The cells that wait do not run.
  function clear() {
    for (const cell of waiting.splice(0)) cell.offer("");
  }

  // Python was started again at this cell.
  function forget(cell) {
    for (const each of cells) each.ran = false;
    cell.say(GONE, above(cell).length ? { "Run all above": () => run(above(cell)) } : {});
  }

  async function stop() {
    clear();
    const cell = running;
    if (!cell) return;
    const { kept } = await runtime.stop();
    if (!kept) forget(cell);
    announce(kept ? "Stopped." : `Stopped. ${GONE}`);
  }
})();
