// The one worker of a page: Python, which does one job at a time and tells messages as they come.
// In:  {start: {interrupt}} once; then {run: {code, cell, files}} or {call: {target, argument, files}}, one at a time
// Out: {progress}; {message} of the job; at its end {done} or {failed, fatal}
import { loadPyodide } from "../runtime/pyodide.mjs";
import { ALWAYS } from "./packages.js";

const RUNTIME = new URL("../runtime/", import.meta.url);
const HERE = new URL("./", import.meta.url);
const CHAPTER = "/book/chapters"; // where a cell's own files are

let pyodide, kernel, site;
const early = new Map(); // files of the runtime that are here before Python asks for them
const written = new Set(); // addresses of the files that Python has already

async function get(url, options) {
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(`${url} could not be loaded (status ${answer.status})`);
  return new Uint8Array(await answer.arrayBuffer());
}

// Python imports while it runs and cannot wait: it fetches in one go, which only a worker may do.
function getNow(name) {
  const content = early.get(name);
  if (content) {
    early.delete(name);
    return content;
  }
  const request = new XMLHttpRequest();
  request.open("GET", new URL(name, RUNTIME), false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${name} could not be loaded (status ${request.status})`);
  return new Uint8Array(request.response);
}

async function give(path, url) {
  if (written.has(url)) return;
  const content = await get(url);
  pyodide.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  pyodide.FS.writeFile(path, content);
  written.add(url);
}

function tell(text) {
  const message = JSON.parse(text);
  postMessage(message.kind === "progress" ? { progress: message } : { message });
}

async function start({ interrupt }) {
  const lock = new TextDecoder().decode(await get(new URL("pyodide-lock.json", RUNTIME), { cache: "no-cache" }));
  const { packages, core } = JSON.parse(lock);
  const wheels = ALWAYS.map(name => packages[name]);
  const total = wheels.reduce((sum, { size }) => sum + size, core.size);
  let done = 0;
  const arrived = size => postMessage({ progress: { what: "Python", done: (done += size), total } });
  arrived(0);
  const python = loadPyodide({ indexURL: RUNTIME.href, stdout: () => {}, stderr: () => {} });
  const all = wheels.map(async ({ file_name, size }) => {
    early.set(file_name, await get(new URL(file_name, RUNTIME)));
    arrived(size);
  });
  [pyodide] = await Promise.all([python, ...all]);
  if (interrupt) pyodide.setInterruptBuffer(interrupt);
  site = pyodide.runPython("import site; site.getsitepackages()[0]");
  await Promise.all(["kernel.py", "inline_figures.py"].map(name => give(`${site}/${name}`, new URL(name, HERE).href)));
  pyodide.FS.mkdirTree(CHAPTER);
  pyodide.FS.chdir(CHAPTER);
  kernel = pyodide.pyimport("kernel").Kernel(tell, name => pyodide.toPy(getNow(name)), lock);
  arrived(core.size);
}

async function run({ code, cell, files }) {
  for (const [path, url] of Object.entries(files)) await give(`${CHAPTER}/${path}`, url);
  return kernel.run(code, cell);
}

async function call({ target, argument, files }) {
  for (const file of files) await give(`${site}/${new URL(file).pathname.split("/").pop()}`, file);
  const { value, failed } = JSON.parse(await kernel.call(target, argument));
  if (failed !== undefined) throw new Error(failed);
  return value;
}

const JOBS = { start, run, call };

// Where Python ends itself (`os._exit`), no job ever does.
addEventListener("unhandledrejection", event => {
  event.preventDefault();
  postMessage({ failed: `Python ended: ${event.reason?.message ?? event.reason}`, fatal: true });
});

let last = Promise.resolve();

onmessage = ({ data }) => {
  last = last.then(() => work(data));
};

async function work(data) {
  const [[kind, job]] = Object.entries(data);
  try {
    postMessage({ done: await JOBS[kind](job) });
  } catch (error) {
    // Where Python itself fails, and not the reader's code, the worker can do no more.
    const fatal = kind === "start" || Boolean(error.pyodide_fatal_error);
    postMessage({ failed: error.message, fatal });
  }
}
