// A reader who follows an old link finds the place, wherever it stands now. Where the address names a place that the page
// does not have, the list of all places of the site is fetched, once. On a page that only leads on (web/redirects.py),
// `data-to` is the page that took its place.
"use strict";
{
  const { src, dataset } = document.currentScript;
  const root = new URL("..", src);
  const here = () => decodeURI(location.href.slice(root.href.length).split(/[?#]/)[0]) || "index.html";

  function wanted() {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return ""; // a fragment that names nothing, such as #%
    }
  }

  const listed = () => fetch(new URL("places.json", src)).then(answer => answer.json())
    .catch(() => ({ moved: {}, places: {} })); // from a file nothing can be fetched

  async function follow() {
    const place = wanted(), next = dataset.to && new URL(dataset.to, location.href);
    if (!next && (!place || place.includes("=") || document.getElementById(place))) return;
    const { moved, places } = place ? await listed() : { moved: {}, places: {} };
    const found = moved[`${here()}#${place}`] ?? (places[place] && `${places[place]}#${encodeURIComponent(place)}`);
    if (found) location.replace(new URL(found, root));
    else if (next) location.replace(new URL(next.hash || location.hash, next));
  }

  follow();
  if (!dataset.to) addEventListener("hashchange", follow);
}
