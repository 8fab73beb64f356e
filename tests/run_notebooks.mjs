// Runs notebooks as the site does, in Pyodide with the compiled packages and the kernel of the live cells, and prints
// what each cell tells.
// In:  paths of notebooks.
// Out: {path: [{"ok": true, "loaded": [names of packages], "messages": […]}, …]}, an entry for each code cell
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "../web/runtime/pyodide.mjs";

const at = place => fileURLToPath(new URL(`../web/${place}`, import.meta.url));
const lock = readFileSync(at("runtime/compiled/pyodide-lock.json"), "utf8");
const pyodide = await loadPyodide({ indexURL: at("runtime/"), stdLibURL: at("runtime/compiled/python_stdlib.zip") });
const site = pyodide.runPython("import site; site.getsitepackages()[0]");
for (const name of ["kernel.py", "inline_figures.py"]) pyodide.FS.writeFile(`${site}/${name}`, readFileSync(at(`live/${name}`)));
const { Kernel } = pyodide.pyimport("kernel");
const fetched = name => pyodide.toPy(new Uint8Array(readFileSync(at(`runtime/compiled/${name}`))));

async function run(path, folder) {
  pyodide.mountNodeFS(folder, dirname(path));
  pyodide.FS.chdir(folder);
  let messages;
  const kernel = Kernel(text => messages.push(JSON.parse(text)), fetched, lock, pyodide.toPy({}));
  const told = [];
  for (const { cell_type, source } of JSON.parse(readFileSync(path, "utf8")).cells) {
    if (cell_type !== "code") continue;
    messages = [];
    const ok = await kernel.run([source].flat().join(""), String(told.length + 1));
    const loading = messages.filter(({ kind }) => kind === "progress");
    const loaded = [...new Set(loading.map(({ what }) => what))];
    told.push({ ok, loaded, messages: messages.filter(message => !loading.includes(message)) });
  }
  return told;
}

const told = {};
for (const [index, path] of process.argv.slice(2).entries()) told[path] = await run(path, `/chapters${index}`);
process.stdout.write(JSON.stringify(told));
