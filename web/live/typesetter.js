// MathJax for what appears in a page after it was built: `(await typesetter()).typesetPromise([element])`. It is loaded
// when it is first asked for. A classic script: from a file a browser loads no modules.
const typesetter = (() => {
  const { src, dataset } = document.currentScript;
  let loading;
  return () => (loading ??= new Promise((resolve, reject) => {
    window.MathJax = JSON.parse(dataset.settings);
    const script = document.createElement("script");
    script.onload = () => MathJax.startup.promise.then(() => resolve(MathJax), reject);
    script.onerror = () => {
      loading = null; // the next formula asks again
      reject(new Error("MathJax was not loaded, so the formulas stay as they are written"));
    };
    script.src = new URL("../mathjax/tex-chtml.js", src);
    document.head.append(script);
  }));
})();
