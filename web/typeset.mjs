// Typesets the equations it reads from stdin with the site's MathJax, and says what is wrong with each.
// In:  {"tex": the site's settings for MathJax's TeX, "equations": [{"latex": "…", "display": true}, …]}
// Out: [null or the message, …]
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { tex, equations } = JSON.parse(readFileSync(0, "utf8"));
const MathJax = await createRequire(import.meta.url)("mathjax").init({
  loader: { load: ["input/tex", "output/chtml"] },
  tex: {
    ...tex,
    // On the site an undefined command is printed in red, and no one hears of it.
    packages: { "[-]": ["noundefined"] },
    formatError: (jax, error) => { throw error; },
  },
});

const faults = [];
for (const { latex, display } of equations) {
  try {
    MathJax.texReset();
    await MathJax.tex2chtmlPromise(latex, { display });
    faults.push(null);
  } catch (error) {
    faults.push(error.message);
  }
}
process.stdout.write(JSON.stringify(faults));
