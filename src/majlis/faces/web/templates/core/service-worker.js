// Keeps static files and the offline page, nothing personal: pages and answers always come from the server.
const RELEASE = "majlis {{ static("css/majlis.css") }} {{ static("js/app.js") }}";
const KEEP = [{% for name in keep %}"{{ static(name) }}", {% endfor %}];
const OFFLINE = "/offline/";
const HASHED = /^\/static\/.+\.[0-9a-f]{12}\.\w+$/;
let language = "";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(RELEASE)
      .then((cache) => cache.addAll([...KEEP, OFFLINE]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== RELEASE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (HASHED.test(url.pathname)) event.respondWith(kept(request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(fetch(request).catch(() => caches.match(request)));
});

async function page(event) {
  try {
    const answer = await fetch(event.request);
    const spoken = answer.headers.get("Content-Language");
    if (spoken && spoken !== language) {
      // The offline page speaks the reader's language of now.
      language = spoken;
      event.waitUntil(caches.open(RELEASE).then((cache) => cache.add(new Request(OFFLINE, { cache: "reload" }))));
    }
    return answer;
  } catch {
    return (await caches.match(OFFLINE)) ?? Response.error();
  }
}

// The name changes with the content, so what is kept is never old.
async function kept(request) {
  const found = await caches.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone();
    caches.open(RELEASE).then((cache) => cache.put(request, copy));
  }
  return answer;
}
