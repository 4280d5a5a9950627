// The event stream: one connection per browser, whoever holds it, shared by all tabs.
//
//   const stop = on("message", (detail) => …);       // detail: the event's JSON
//
// Each event also arrives on `document` as `CustomEvent("majlis:<kind>", {detail})`. Events are hints: the page that
// needs certainty asks the server again. `on("stream", ({ state, since }) => …)` tells `open` (and since when, in
// milliseconds since 1970), `lost` and `refused`, also to those who come late; at `open` a page that shows a list
// fetches what came in between.

const url = document.querySelector('meta[name="stream"]')?.content;
let opened = false;
let state = null;

export function on(kind, listener) {
  const heard = (event) => listener(event.detail);
  document.addEventListener(`majlis:${kind}`, heard);
  if (kind === "stream" && state) queueMicrotask(() => listener(state));
  return () => document.removeEventListener(`majlis:${kind}`, heard);
}

function tell({ kind, detail }) {
  if (kind === "stream") state = detail;
  document.dispatchEvent(new CustomEvent(`majlis:${kind}`, { detail }));
}

/** Connect; further calls do nothing. Called by app.js on every page of a member. */
export function open() {
  if (opened || !url) return;
  opened = true;
  const wish = { url, member: document.body.dataset.member };
  if ("SharedWorker" in window) shareByWorker(wish);
  else shareByLock(wish);
}

function shareByWorker(wish) {
  // The worker is named after the member: another sign-in in this browser gets a connection of its own.
  const address = document.querySelector('meta[name="stream-worker"]').content;
  const { port } = new SharedWorker(address, { name: `majlis-${wish.member}`, type: "module" });
  port.onmessage = ({ data }) => tell(data);
  port.postMessage(wish);
  addEventListener("pagehide", () => port.postMessage({ bye: true }));
  // A page that comes back out of the browser's memory joins again.
  addEventListener("pageshow", (event) => event.persisted && port.postMessage(wish));
}

// Browsers without SharedWorker (Android): the tab that holds the lock holds the connection and passes on what it hears.
// When it closes, the lock goes to the next tab.
async function shareByLock(wish) {
  const { listen } = await import("./stream-source.js");
  const name = `majlis-${wish.member}`;
  const channel = new BroadcastChannel(name);
  let holding = false;
  channel.onmessage = ({ data }) => {
    if (!data.ask) tell(data);
    else if (holding && state) channel.postMessage({ kind: "stream", detail: state });
  };
  const hold = () => {
    holding = true;
    listen(wish, (told) => {
      tell(told);
      channel.postMessage(told);
    });
    return new Promise(() => {});
  };
  if (navigator.locks) navigator.locks.request(name, hold);
  else hold();
  channel.postMessage({ ask: true });
}
