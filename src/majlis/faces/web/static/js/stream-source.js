// The connection itself: server-sent events read with fetch rather than EventSource, since that way any kind of event is
// heard without naming it beforehand, a refusal is seen as one, and a line that died silently is noticed.

const SILENCE = 50_000; // the server says something (at least a comment) every 20 seconds
const LONGEST_WAIT = 30_000;

/** Listen at `wish.url`; `tell({kind, detail, id})` for each event. Returns a function that stops. */
export function listen(wish, tell) {
  let last = "";
  // After a loss the server repeats a little rather than too little: an event is told once.
  const heard = new Set();
  const isNew = (id) => {
    const number = id.split("-")[0];
    if (!number || number === "0") return true;
    if (heard.has(number)) return false;
    heard.add(number);
    if (heard.size > 1000) heard.delete(heard.values().next().value);
    return true;
  };
  let wait = 1000;
  let stopped = false;
  let current = null;
  let timer = 0;

  const again = () => {
    if (stopped) return;
    clearTimeout(timer);
    timer = setTimeout(connect, wait + Math.random() * 500);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };

  async function connect() {
    current = new AbortController();
    let watch = 0;
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => current.abort(), SILENCE);
    };
    try {
      const address = new URL(wish.url);
      // A header of ours would cost a preflight on every reconnection; the address carries the last id instead.
      if (last) address.searchParams.set("after", last);
      alive();
      const answer = await fetch(address, {
        credentials: "include",
        cache: "no-store",
        headers: { Accept: "text/event-stream" },
        signal: current.signal,
      });
      if (answer.status === 401 || answer.status === 403) {
        stopped = true;
        tell({ kind: "stream", detail: { state: "refused" } });
        return;
      }
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      wait = 1000;
      tell({ kind: "stream", detail: { state: "open", since: Date.now() } });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      const parse = parser((event) => {
        if (event.id) last = event.id;
        if (isNew(event.id)) tell(event);
      });
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        alive();
        parse(value);
      }
    } catch {
      // Lost, or never there: both are told below and tried again.
    } finally {
      clearTimeout(watch);
    }
    if (stopped) return;
    tell({ kind: "stream", detail: { state: "lost" } });
    again();
  }

  const hurry = () => {
    wait = 1000;
    if (timer) again();
  };
  self.addEventListener("online", hurry);
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    self.removeEventListener("online", hurry);
    current?.abort();
  };
}

/** A function that takes pieces of the stream and calls `tell` for every whole event in them. */
export function parser(tell) {
  let rest = "";
  let event = { kind: "message", id: "", data: [] };
  return (piece) => {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (event.data.length) {
          try {
            tell({ kind: event.kind, id: event.id, detail: JSON.parse(event.data.join("\n")) });
          } catch {
            // Not JSON: none of ours.
          }
        }
        event = { kind: "message", id: "", data: [] };
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event.kind = value;
      else if (field === "id") event.id = value;
      else if (field === "data") event.data.push(value);
    }
  };
}
