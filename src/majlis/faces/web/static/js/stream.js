// The event stream: one connection per browser, whoever holds it, shared by all tabs.
//
//   const stop = on("message", (detail) => …);       // detail: the event's JSON
//
// Each event also arrives on `document` as `CustomEvent("majlis:<kind>", {detail})`. Events are hints: the page that
// needs certainty asks the server again. `on("stream", ({state}) => …)` tells `open` and `lost`; after `lost` then
// `open`, a page that shows a list should fetch what came in between.

const url = document.querySelector('meta[name="stream"]')?.content;
let opened = false;

export function on(kind, listener) {
  const heard = (event) => listener(event.detail);
  document.addEventListener(`majlis:${kind}`, heard);
  return () => document.removeEventListener(`majlis:${kind}`, heard);
}

function tell({ kind, detail }) {
  document.dispatchEvent(new CustomEvent(`majlis:${kind}`, { detail }));
}

/** Connect; further calls do nothing. Called by app.js on every page of a member. */
export function open() {
  if (opened || !url) return;
  opened = true;
  const member = document.body.dataset.member;
  const wish = { url, member };
  if ("SharedWorker" in window) {
    // The worker is named after the member: another sign-in in this browser gets a connection of its own.
    const address = document.querySelector('meta[name="stream-worker"]').content;
    const worker = new SharedWorker(address, { name: `majlis-${member}`, type: "module" });
    worker.port.onmessage = ({ data }) => tell(data);
    worker.port.postMessage(wish);
    addEventListener("pagehide", () => worker.port.postMessage({ bye: true }));
  } else {
    shareByLock(wish);
  }
}

// Browsers without SharedWorker (Android): the tab that holds the lock holds the connection and passes on what it hears.
// When it closes, the lock goes to the next tab.
async function shareByLock(wish) {
  const { listen } = await import("./stream-source.js");
  const name = `majlis-${wish.member}`;
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => tell(data);
  const hold = () => {
    listen(wish, (told) => {
      tell(told);
      channel.postMessage(told);
    });
    return new Promise(() => {});
  };
  if (navigator.locks) navigator.locks.request(name, hold);
  else hold();
}
