// The service worker of the site: it stands at its root, and only who has let Python start has it (runtime.js registers it).
// It keeps what Python runs on, so a second visit starts from here, and what was visited, so both work offline.
//
// What comes from here while the network is there is the runtime alone, and it is of one build: Python asks for its lock
// file first, always from the network; where that is not the one that is kept, nothing else is. Pages, scripts and styles
// come from the network whenever it answers, and are asked for anew rather than taken from the browser's own cache.
//
// The WebAssembly of a build that has not changed is left to the browser, which keeps it compiled, as long as no service
// worker answers for it. The copy that is kept here is for when there is no network.
"use strict";
const RUNTIME = "runtime", VISITED = "visited";
const FOLDER = new URL("_static/runtime/", registration.scope).href;
const LOCK = `${FOLDER}pyodide-lock.json`, FIRST = `${FOLDER}pyodide.mjs`; // the second is imported before the lock is read
const COMPILED = `${FOLDER}pyodide.asm.wasm`;

let same = false; // whether the network is there, with the build that is kept: the lock file was asked for before

addEventListener("install", () => skipWaiting());
addEventListener("activate", event => event.waitUntil(clients.claim()));

addEventListener("fetch", event => {
  const { request } = event, { href } = new URL(request.url);
  if (request.method !== "GET" || !href.startsWith(registration.scope) || request.headers.has("range")) return;
  if (href === LOCK) event.respondWith(lockFile(request));
  else if (href === COMPILED && same) return;
  else if (href.startsWith(FOLDER) && href !== FIRST) event.respondWith(kept(request));
  else event.respondWith(asked(request, event));
});

// A page tells what it has loaded before this worker was there.
addEventListener("message", event => {
  if (Array.isArray(event.data?.loaded)) event.waitUntil(fetchAll(event.data.loaded));
});

async function fetchAll(addresses) {
  const here = addresses.filter(address => typeof address === "string" && address.startsWith(registration.scope));
  const lock = here.includes(LOCK) ? [LOCK] : []; // it decides what of the runtime is kept
  for (const address of [...lock, ...here.filter(address => address !== LOCK)]) {
    const request = new Request(address.split("#")[0]);
    try {
      if (address === LOCK) await lockFile(request);
      else if (address.startsWith(FOLDER) && address !== FIRST) await kept(request, "default"); // as it was loaded
      else await keep(VISITED, request, await fetch(request));
    } catch {
      // then it is not kept
    }
  }
}

async function lockFile(request) {
  const cache = await caches.open(RUNTIME);
  let answer;
  same = false;
  try {
    answer = await fetch(request.url, { cache: "no-cache" });
  } catch (error) {
    return (await cache.match(LOCK)) ?? Promise.reject(error);
  }
  if (!answer.ok) return answer;
  const [text, before] = [await answer.clone().text(), await (await cache.match(LOCK))?.text()];
  if (text !== before) {
    await caches.delete(RUNTIME);
    await keep(RUNTIME, new Request(LOCK), answer.clone());
  } else {
    same = !/no-store/.test(answer.headers.get("Cache-Control")); // then the browser keeps nothing
  }
  return answer;
}

// What is not kept yet is asked for anew, since the browser may still have that of the build before.
async function kept(request, cache = "no-cache") {
  const found = await caches.match(request.url, { cacheName: RUNTIME });
  if (found) return found;
  const answer = await fetch(request.url, { cache });
  await keep(RUNTIME, request, answer.clone());
  return answer;
}

async function asked(request, event) {
  try {
    const answer = await fetch(request, { cache: "no-cache" });
    event.waitUntil(keep(VISITED, request, answer.clone()));
    return answer;
  } catch (error) {
    const found = await caches.match(request, { cacheName: VISITED, ignoreSearch: request.mode === "navigate" });
    if (found) return found;
    if (request.mode !== "navigate") throw error;
    const words = "This page was not visited before, so it is not here while there is no network. Go back, or try again.";
    return new Response(words, { status: 503, headers: { "Content-Type": "text/plain; charset=utf-8" } });
  }
}

async function keep(name, request, answer) {
  if (answer.status !== 200 || answer.type !== "basic") return;
  try {
    const cache = await caches.open(name);
    await cache.delete(request.url, { ignoreSearch: true }); // of a script, the one of the build before
    await cache.put(request.url.split("#")[0], answer);
  } catch {
    // no room: then it is not kept
  }
}
