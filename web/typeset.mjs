// Typesets equations with the site's MathJax, one after another; mathematics.py runs it.
// Argument: MathJax's settings.
// In, a line each:  {"latex": "…", "display": true}, or {} for the styles
// Out, a line each: {"html": "…"} or {"fault": "the message"}, or {"styles": "…"}
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { tex, chtml } = JSON.parse(process.argv[2]);
const MathJax = await createRequire(import.meta.url)("mathjax").init({
  loader: { load: ["input/tex", "output/chtml", "a11y/assistive-mml"] },
  tex: {
    ...tex,
    packages: { "[-]": ["noundefined"] }, // it prints an undefined command in red, and no one hears of it
    formatError: (jax, error) => { throw error; },
  },
  chtml: { ...chtml, adaptiveCSS: false },
});
const { adaptor } = MathJax.startup;

async function answer({ latex, display }) {
  if (latex === undefined) return { styles: adaptor.textContent(MathJax.chtmlStylesheet()) };
  try {
    MathJax.texReset();
    return { html: adaptor.outerHTML(await MathJax.tex2chtmlPromise(latex, { display })) };
  } catch (error) {
    return { fault: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
}
