// Python for a page: what a page imports. Nothing is fetched before the first job.
//
//   const runtime = Runtime.shared();
//   runtime.onProgress(({ what, done, total }) => …);
//   const { ok, stopped, lost } = await runtime.run(code, { cell: "3", files: { "data/x.csv": url }, output: message => … });
//   const value = await runtime.call("module:function", argument, message => …, { files: addressesOfModules });
//   const { kept } = await runtime.stop();           // kept: whether the variables are still there
//   await runtime.restart();                         // they are gone
//
// Messages are described in kernel.py; those of `call` are what its function tells.

import { ALWAYS } from "./packages.js";

const NO_RUNTIME = "Python could not be loaded from this site. Reload the page; if that does not help, the site was built without it.";
const PATIENCE = 2000; // milliseconds that an interrupted job may take to end

// Who has let Python start gets the worker that keeps it for the next visit and for when there is no network. Without one
// (no secure connection, no room, a private window) everything works as before.
const KEEPER = new URL("../../service.js", import.meta.url);
const CORE = ["pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];
const OWN = ["worker.js", "packages.js", "kernel.py", "inline_figures.py"]; // what the worker itself loads

async function keepForNextTime(files) {
  try {
    await navigator.serviceWorker.register(KEEPER);
    const { active } = await navigator.serviceWorker.ready;
    const runtime = new URL("../runtime/", import.meta.url);
    const { packages } = await (await fetch(new URL("pyodide-lock.json", runtime))).json();
    const ours = [...CORE, ...ALWAYS.map(name => packages[name].file_name)].map(name => new URL(name, runtime).href);
    const own = OWN.map(name => new URL(name, import.meta.url).href);
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    active.postMessage({ loaded: [...new Set([...ours, ...own, ...files, location.href, ...loaded])] });
  } catch {
    // then it is loaded again
  }
}

export class Stopped extends Error {
  constructor() {
    super("Stopped.");
    this.name = "Stopped";
  }
}

export class Runtime {
  static #shared = null;

  #worker = null;
  #interrupt = null;
  #waiting = []; // jobs that have not begun
  #current = null;
  #listeners = [];
  #files = new Set(); // addresses of the files that jobs asked for

  // The one runtime of the page.
  static shared() {
    return (Runtime.#shared ??= new Runtime());
  }

  // Hear of what is being loaded.
  onProgress(listener) {
    this.#listeners.push(listener);
  }

  // Run a cell. `lost` says that Python itself broke down and that the variables are gone.
  async run(code, { cell = "", files = {}, output = () => {} } = {}) {
    try {
      return { ok: await this.#do({ run: { code, cell: String(cell), files } }, output), stopped: false, lost: false };
    } catch (error) {
      if (!(error instanceof Stopped)) output({ kind: "error", name: error.name, text: error.message });
      return { ok: false, stopped: error instanceof Stopped, lost: Boolean(error.fatal) };
    }
  }

  // Call a Python function with a value; it is called as function(argument, tell). Both speak JSON.
  call(target, argument, tell = () => {}, { files = [] } = {}) {
    const addresses = files.map(file => new URL(file, document.baseURI).href);
    for (const address of addresses) this.#files.add(address);
    return this.#do({ call: { target, argument: JSON.stringify(argument), files: addresses } }, tell);
  }

  // Stop the current job and those that wait.
  async stop() {
    for (const job of this.#waiting.splice(0)) job.reject(new Stopped());
    const job = this.#current;
    if (!job) return { kept: true };
    job.stopped = true;
    if (this.#interrupt) {
      this.#interrupt[0] = 2; // the number of SIGINT
      const patience = new Promise(resolve => setTimeout(resolve, PATIENCE));
      await Promise.race([job.ended, patience]);
      if (this.#current !== job) return { kept: true };
    }
    this.#terminate();
    this.#end(job, () => job.reject(new Stopped()));
    return { kept: false };
  }

  // Stop everything, and let the next job begin with a new Python.
  async restart() {
    await this.stop();
    if (this.#worker) this.#terminate();
  }

  #do(request, output) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, output, resolve, reject, stopped: false });
      this.#next();
    });
  }

  #next() {
    if (this.#current || !this.#waiting.length) return;
    const job = (this.#current = this.#waiting.shift());
    job.ended = new Promise(resolve => (job.end = resolve));
    if (!this.#worker) this.#start();
    this.#worker.postMessage(job.request);
  }

  #end(job, settle) {
    this.#current = null;
    settle();
    job.end();
    this.#next();
  }

  #terminate() {
    this.#worker.terminate();
    this.#worker = null;
  }

  #start() {
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.#worker = worker;
    this.#interrupt = globalThis.crossOriginIsolated ? new Uint8Array(new SharedArrayBuffer(1)) : null;
    let ready = false;
    worker.onmessage = ({ data }) => {
      if (data.progress) for (const listener of this.#listeners) listener(data.progress);
      else if (data.message) this.#current?.output(data.message); // a task that outlives its job tells no one
      else if ("done" in data && !ready) {
        ready = true;
        keepForNextTime(this.#files);
      }
      else this.#finish(data);
    };
    worker.onerror = event => {
      event.preventDefault();
      this.#finish({ failed: NO_RUNTIME, fatal: true });
    };
    worker.postMessage({ start: { interrupt: this.#interrupt } });
  }

  #finish({ done, failed, fatal }) {
    const job = this.#current;
    if (fatal) this.#terminate();
    if (this.#interrupt) this.#interrupt[0] = 0;
    this.#end(job, () => {
      if (job.stopped) job.reject(new Stopped());
      else if (failed === undefined) job.resolve(done);
      else job.reject(Object.assign(new Error(failed), { fatal }));
    });
  }
}
