// What is copied from a page holds its formulas, as LaTeX: the browser would drop them, since they are drawn without text.
// And beside the # of an equation stands a button that copies it.
"use strict";
{
  const DROPPED = ".headerlink, .equation-mark, .eqno, .copy-latex, script, style";
  const source = formula => (formula.matches("div") ? `\n$$\n${formula.dataset.latex}\n$$\n` : `$${formula.dataset.latex}$`);

  // What is selected, with whole formulas: one that is selected in part is selected.
  function selected(range) {
    const whole = range.cloneRange();
    for (const [side, move] of [["startContainer", "setStartBefore"], ["endContainer", "setEndAfter"]]) {
      const at = range[side], formula = (at.closest ? at : at.parentElement)?.closest("[data-latex]");
      if (formula) whole[move](formula);
    }
    return whole.cloneContents();
  }

  function text(fragment) {
    for (const formula of fragment.querySelectorAll("[data-latex]")) formula.replaceWith(source(formula));
    for (const element of fragment.querySelectorAll(DROPPED)) element.remove();
    const box = document.createElement("div");
    box.className = "copied-text"; // out of sight, and laid out, so that its blocks are lines
    box.append(fragment);
    document.body.append(box);
    const read = box.innerText;
    box.remove();
    return read.replace(/\n{3,}/g, "\n\n").trim();
  }

  document.addEventListener("copy", event => {
    const selection = getSelection();
    if (selection.isCollapsed || document.activeElement?.matches("input, textarea")) return;
    const fragments = Array.from({ length: selection.rangeCount }, (_, i) => selected(selection.getRangeAt(i)));
    if (!fragments.some(fragment => fragment.querySelector("[data-latex]"))) return;
    event.clipboardData.setData("text/plain", fragments.map(text).join("\n"));
    event.preventDefault();
  });

  async function copy(button, latex) {
    try {
      await navigator.clipboard.writeText(latex);
      button.textContent = "copied";
    } catch {
      button.textContent = "not allowed"; // the browser does not let the page copy
    }
    setTimeout(() => { button.textContent = "copy"; }, 2000);
  }

  for (const formula of document.querySelectorAll("article div.math[data-latex] > .eqno")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-latex";
    button.textContent = "copy";
    button.setAttribute("aria-label", "Copy the LaTeX of this equation");
    button.addEventListener("click", () => copy(button, formula.parentElement.dataset.latex));
    formula.prepend(button);
  }
}
