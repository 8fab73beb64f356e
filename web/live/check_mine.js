// The boxes "check mine" of a page: a reader's own answer to an exercise, checked by Python in the page's worker
// (check_mine_answers.py). What is typed, and what is solved, stays in this browser.
"use strict";
{
  const { element, later, lineOf, mendOf, keysFor, liftAboveKeyboard } = readersFormulas;
  const assets = document.currentScript.src;
  const MODULES = ["desk_answers.py", "check_mine_answers.py"].map(name => new URL(name, assets));
  const KEY = "check-mine"; // in local storage: the label of an exercise to { text, solved }
  const KEPT_DELAY = 300; // milliseconds after the last key
  const SERVE = "A browser runs no Python in a page that is opened as a file. In the folder of the book, type make serve and open the address that it prints.";

  // ── what is kept ────────────────────────────────────────────────────────────────────────────────────────────────

  function kept() {
    try {
      const read = JSON.parse(localStorage.getItem(KEY));
      return read && typeof read === "object" && !Array.isArray(read) ? read : {};
    } catch {
      return {}; // no storage, or something else in its place
    }
  }

  function keep(all) {
    try {
      localStorage.setItem(KEY, JSON.stringify(all));
    } catch {
      // then nothing is kept
    }
  }

  const change = (name, texts) => {
    const all = kept();
    keep({ ...all, [name]: { ...all[name], ...texts } });
  };

  // ── the runtime, shared by all boxes and cells of the page ──────────────────────────────────────────────────────

  let runtime;
  const progress = new Set(); // who is told what is being loaded

  async function loaded() {
    if (runtime) return runtime;
    const { Runtime } = await import(new URL("runtime.js", assets));
    runtime ??= Runtime.shared();
    runtime.onProgress(now => { for (const hear of progress) hear(now); });
    return runtime;
  }

  // ── a box ───────────────────────────────────────────────────────────────────────────────────────────────────────

  class Box {
    constructor(root) {
      this.root = root;
      this.name = root.dataset.name;
      this.options = JSON.parse(root.querySelector("script").textContent);
      this.field = root.querySelector("textarea");
      this.question = 0; // the number of the question that is being answered; 0 where none is
      this.asked = 0;
      this.mend = this.hint = null;
      const text = kept()[this.name]?.text;
      if (typeof text === "string") this.field.value = text;
      const keepLater = later(KEPT_DELAY, () => change(this.name, { text: this.field.value }));
      this.field.addEventListener("input", () => {
        this.forget();
        keepLater();
      });
      this.field.addEventListener("keydown", event => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          this.check();
        }
      });
      // Keys come with the first focus and stay: what is pressed next must not move away under the finger.
      this.field.addEventListener("focus", () => {
        this.field.after(keysFor(this.field));
        liftAboveKeyboard(root.querySelector("form"));
      }, { once: true });
      root.querySelector("form").addEventListener("submit", event => {
        event.preventDefault();
        this.check();
      });
      this.part("stop").addEventListener("click", () => this.stop());
      this.part("hint").addEventListener("click", () => this.showHint());
      this.part("mend").addEventListener("click", () => this.showMend());
      this.part("show").addEventListener("click", () => this.showAnswer());
      this.part("reset").addEventListener("click", reset);
      progress.add(now => { if (this.question) this.progress(now); });
    }

    part(name) {
      return this.root.querySelector(`[data-part="${name}"]`);
    }

    tell(words, outcome = "") {
      this.part("status").textContent = words;
      this.part("status").dataset.outcome = outcome;
    }

    progress({ what, done, total }) {
      const box = this.root.querySelector(".desk-progress"), bar = box.querySelector("progress");
      [bar.max, bar.value] = [total, done];
      box.querySelector("span").textContent = `Loading ${what}`;
      box.hidden = done >= total;
    }

    forget() {
      if (this.question) this.stop();
      this.tell("");
      this.part("lines").replaceChildren();
      for (const name of ["hint", "mend", "show", "said-hint", "answer"]) this.part(name).hidden = true;
    }

    busy(question) {
      this.question = question;
      this.part("check").setAttribute("aria-disabled", Boolean(question));
      this.part("stop").hidden = !question;
      this.root.querySelector(".desk-result").setAttribute("aria-busy", Boolean(question));
      if (!question) this.root.querySelector(".desk-progress").hidden = true;
    }

    async check() {
      if (this.question) return;
      this.forget();
      if (location.protocol === "file:") return this.tell(SERVE);
      if (!this.part("no-python").hidden) return this.tell(this.part("no-python").textContent);
      const text = this.field.value;
      if (!text.trim()) {
        this.tell("Nothing was checked: write an answer first.");
        return this.field.focus();
      }
      const question = ++this.asked;
      this.busy(question);
      this.tell("Checking …");
      change(this.name, { text });
      try {
        const python = await loaded();
        const hear = message => { if (this.question === question) this.showLine(message); };
        if (this.question !== question) return;
        const asked = { options: this.options, text };
        const answer = await python.call("check_mine_answers:check", asked, hear, { files: MODULES });
        if (this.question === question) this.show(answer);
      } catch (error) {
        if (this.question === question) this.tell(`This could not be answered: ${error.message}`);
      } finally {
        if (this.question === question) this.busy(0);
      }
    }

    async stop() {
      if (!this.question) return;
      this.busy(0);
      this.tell("Stopped.");
      this.field.focus();
      await runtime?.stop();
    }

    // ── what is answered ──

    showLine({ place, line }) {
      const lines = this.part("lines").querySelector("ol") ??
        this.part("lines").appendChild(element("ol", { class: "desk-lines" }));
      if (lines.children[place]) lines.children[place].replaceWith(lineOf(line));
      else lines.append(lineOf(line));
    }

    show({ refused, solved, outcome, said, first_wrong: wrong, hint, mend }) {
      this.part("show").hidden = false; // after a try, never before
      if (refused) {
        this.hint = this.options.hint;
        this.part("hint").hidden = !this.hint;
        return this.tell(refused);
      }
      [this.hint, this.mend, this.wrong] = [hint, mend, wrong];
      this.part("hint").hidden = !hint || solved;
      this.part("mend").hidden = !mend || Boolean(hint); // the hint comes first
      if (wrong !== null) this.part("lines").querySelectorAll("li")[wrong]?.classList.add("desk-first-wrong");
      this.tell(said, outcome);
      if (solved) {
        change(this.name, { solved: true });
        count();
      }
    }

    showHint() {
      const said = this.part("said-hint");
      said.textContent = this.hint;
      said.hidden = false;
      this.part("hint").hidden = true;
      this.part("mend").hidden = !this.mend;
      said.focus();
    }

    showMend() {
      const line = this.part("lines").querySelectorAll("li")[this.wrong], made = mendOf(this.mend);
      made.tabIndex = -1;
      line.querySelector(".desk-body").append(made);
      this.part("mend").hidden = true;
      made.focus();
    }

    showAnswer() {
      const answer = this.part("answer");
      answer.hidden = false;
      this.part("show").hidden = true;
      answer.focus();
    }
  }

  // ── the count of what is solved ─────────────────────────────────────────────────────────────────────────────────

  const boxes = [...document.querySelectorAll(".check-mine")].map(root => new Box(root));

  function count() {
    const all = kept(), done = boxes.filter(box => all[box.name]?.solved);
    const inBook = Object.values(all).filter(answer => answer?.solved).length;
    for (const box of boxes) {
      const line = box.part("count");
      line.hidden = !done.includes(box);
      line.querySelector("span").textContent =
        `Solved: ${done.length} of ${boxes.length} on this page, ${inBook} in the book.`;
    }
  }

  function reset() {
    keep(Object.fromEntries(Object.entries(kept()).map(([name, answer]) => [name, { text: answer?.text ?? "" }])));
    count();
    boxes[0].field.focus();
  }

  count();
  addEventListener("storage", count); // another page of the book is open too
}
