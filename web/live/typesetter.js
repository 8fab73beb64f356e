// MathJax for what appears in a page after it was built: `(await typesetter()).typesetPromise([element])`. It is loaded
// when it is first asked for. A classic script: from a file a browser loads no modules.
const typesetter = (() => {
  const { src, dataset } = document.currentScript;
  let loading;
  return () => (loading ??= new Promise((resolve, reject) => {
    window.MathJax = JSON.parse(dataset.settings);
    const script = document.createElement("script");
    script.onload = () => MathJax.startup.promise.then(() => resolve(MathJax), reject);
    script.onerror = () => reject(new Error("the formulas cannot be typeset: MathJax was not loaded"));
    script.src = new URL("../mathjax/tex-chtml.js", src);
    document.head.append(script);
  }));
})();
