// Compiles the Python in archives with the Python that is to run it, so that no reader's browser has to.
// In:  the folder of the runtime, the folder for what is compiled, and the names of the archives.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [runtime, folder, ...names] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(runtime, "pyodide.mjs")));
const pyodide = await loadPyodide({ indexURL: runtime + "/" });
pyodide.FS.writeFile("/compiling.py", readFileSync(new URL("compiling.py", import.meta.url)));
const { compiled, tables } = pyodide.runPython("import sys; sys.path.append('/'); import compiling; compiling");
for (const name of names) {
  const own = name.startsWith("derivations-"); // it is imported here, with what it needs
  if (own) await pyodide.loadPackage("derivations", { messageCallback: () => {} });
  const content = compiled(name, pyodide.toPy(new Uint8Array(readFileSync(join(runtime, name)))), own ? tables() : []);
  writeFileSync(join(folder, name), content.toJs());
}
