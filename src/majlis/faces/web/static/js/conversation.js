// One open conversation. `#messages` holds what the server stored, in the order of `data-number`; below it stand the
// pending ones from the outbox. Events are hints: whatever happens, `sync` asks for everything after the last number.
import { composer } from "./composer.js";
import { ask, fragment } from "./asking.js";
import { outbox } from "./outbox.js";
import { on } from "./stream.js";
import { toast } from "./toast.js";

export function conversation(talk) {
  const { conversation: id, other, url } = talk.dataset;
  const list = talk.querySelector("#messages");
  const scroll = talk.querySelector("#scroll");
  const down = talk.querySelector("#down");
  const state = talk.querySelector("#talk-state");
  let last = Number(talk.dataset.last);
  let older = talk.dataset.older;
  let unseen = 0;

  // Scrolling

  const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
  const toEnd = () => {
    scroll.scrollTop = scroll.scrollHeight;
    unseen = 0;
    tellDown();
  };
  const tellDown = () => {
    down.hidden = atEnd();
    const digits = new Intl.NumberFormat(document.documentElement.dataset.locale);
    down.querySelector(".count").textContent = unseen ? digits.format(unseen) : "";
  };
  down.addEventListener("click", toEnd);
  scroll.addEventListener("scroll", () => {
    if (atEnd()) {
      unseen = 0;
      markRead();
    }
    tellDown();
    if (scroll.scrollTop < 300) loadOlder();
  });
  // Pictures and a phone's keyboard change the height below: who was at the end stays there.
  let stuck = true;
  scroll.addEventListener("scroll", () => (stuck = atEnd()));
  new ResizeObserver(() => stuck && toEnd()).observe(scroll);
  list.addEventListener("load", () => stuck && toEnd(), true);

  // What is stored

  function take(html) {
    const stay = atEnd();
    const incoming = fragment(html);
    let foreign = 0;
    for (const row of [...incoming.children]) {
      const number = Number(row.dataset.number);
      if (row.dataset.day && list.querySelector(`[data-day="${row.dataset.day}"]`)) continue;
      if (number) {
        if (list.querySelector(`[data-number="${number}"]`)) continue;
        if (row.dataset.key) {
          queue.stored(row.dataset.key);
          list.querySelector(`.bubble--pending[data-key="${row.dataset.key}"]`)?.remove();
        }
        if (number === last + 1) last = number;
        if (!row.classList.contains("bubble--mine")) foreign += 1;
      }
      list.insertBefore(row, list.querySelector(".bubble--pending"));
      prepare(row);
    }
    talk.querySelector("#hint")?.remove();
    if (foreign) told(false);
    if (stay) toEnd();
    else unseen += foreign;
    tellDown();
    markRead();
  }

  let syncing = null;
  let again = false;
  async function sync() {
    if (syncing) {
      again = true;
      return syncing;
    }
    syncing = (async () => {
      do {
        again = false;
        try {
          const answer = await ask(`${url}messages/?after=${last}`);
          take(await answer.text());
          again ||= answer.headers.get("X-More") === "1";
        } catch {
          return; // the stream's return, the next event or the next message asks again
        }
      } while (again);
    })();
    await syncing;
    syncing = null;
  }

  let loading = false;
  async function loadOlder() {
    if (!older || loading) return;
    loading = true;
    try {
      const answer = await ask(`${url}messages/?before=${older}`);
      older = answer.headers.get("X-Older");
      const incoming = fragment(await answer.text());
      const days = [...incoming.querySelectorAll("[data-day]")];
      const first = list.firstElementChild;
      if (first?.dataset.day && first.dataset.day === days.at(-1)?.dataset.day) first.remove();
      const height = scroll.scrollHeight;
      const rows = [...incoming.children];
      list.prepend(incoming);
      rows.forEach(prepare);
      scroll.scrollTop += scroll.scrollHeight - height;
      if (!older) talk.querySelector("#older")?.remove();
    } catch {
      // The button is still there.
    }
    loading = false;
  }
  talk.querySelector("#older a")?.addEventListener("click", (event) => {
    event.preventDefault();
    loadOlder();
  });

  async function renew(number) {
    const row = list.querySelector(`[data-number="${number}"]`);
    if (!row) return;
    try {
      const incoming = fragment(await (await ask(`${url}messages/?number=${number}`)).text());
      const fresh = incoming.querySelector("[data-number]");
      if (!fresh) return;
      fresh.classList.toggle("bubble--follows", row.classList.contains("bubble--follows"));
      row.replaceWith(fresh);
      prepare(fresh);
    } catch {
      sync();
    }
  }

  // Read marks

  let read = last;
  let marking = 0;
  function markRead() {
    if (document.visibilityState !== "visible" || !document.hasFocus() || !atEnd() || read >= last) return;
    clearTimeout(marking);
    marking = setTimeout(async () => {
      const form = new FormData();
      form.set("number", last);
      const wanted = last;
      try {
        await ask(`${url}read/`, { form });
        read = Math.max(read, wanted);
      } catch {
        // Asked again with the next look.
      }
    }, 200);
  }
  function seenTo(number) {
    for (const row of list.querySelectorAll(".bubble--mine[data-number]:not(.bubble--seen)")) {
      if (Number(row.dataset.number) <= number) row.classList.add("bubble--seen");
    }
  }

  // What is on its way

  const mould = talk.querySelector("#pending-mould")?.content.firstElementChild;
  function show(message) {
    let row = list.querySelector(`.bubble--pending[data-key="${message.key}"]`);
    if (!row) {
      row = mould.cloneNode(true);
      row.dataset.key = message.key;
      row.querySelector(".bubble__text").textContent = message.text;
      row.querySelector(".bubble__papers").textContent = message.papers.map((paper) => paper.name).join(" · ");
      list.append(row);
      toEnd();
    }
    row.classList.toggle("bubble--failed", Boolean(message.refused));
    const trouble = row.querySelector(".bubble__trouble");
    trouble.hidden = !message.refused && !message.delayed;
    row.querySelector(".bubble__why").textContent = message.refused
      ? `${talk.dataset.saidFailed} ${message.refused}`
      : `${talk.dataset.saidWaiting}.`;
  }
  async function deliver(message) {
    const form = new FormData();
    form.set("text", message.text);
    form.set("key", message.key);
    form.set("after", last);
    if (message.answers) form.set("reply_to", message.answers);
    for (const paper of message.papers) form.append("file_ids", paper.id);
    const answer = await ask(url, { form });
    take(await answer.text());
    list.querySelector(`.bubble--pending[data-key="${message.key}"]`)?.remove();
    if (answer.headers.get("X-More") === "1") sync();
  }
  const queue = outbox(`majlis-outbox-${id}`, deliver, show);
  for (const message of queue.all()) show(message);

  list.addEventListener("click", (event) => {
    const row = event.target.closest(".bubble");
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (!act) return;
    if (act === "again") queue.again(row.dataset.key);
    if (act === "drop") {
      queue.drop(row.dataset.key);
      row.remove();
    }
    if (act === "reply") write?.answer(Number(row.dataset.number), textOf(row));
    if (act === "edit") {
      event.preventDefault();
      write?.change(event.target.closest("a").href, textOf(row));
    }
    if (act === "reply" || act === "edit") row.querySelector("details").open = false;
  });
  list.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await ask(event.target.action, { form: new FormData(event.target) });
      renew(event.target.closest(".bubble").dataset.number);
    } catch (wrong) {
      toast(wrong?.refused ?? talk.dataset.saidLost, { kind: "bad" });
    }
  });
  const textOf = (row) => row.querySelector(".bubble__text")?.textContent.trim() ?? "";

  function prepare(row) {
    const reply = row.querySelector('[data-act="reply"]');
    if (reply) reply.hidden = false;
  }
  for (const row of list.children) prepare(row);

  // Their state

  let typing = 0;
  const mark = talk.querySelector("[data-presence]");
  const isHere = () => mark.classList.contains("presence--here");
  function told(writes) {
    clearTimeout(typing);
    typing = 0;
    state.textContent = writes ? talk.dataset.saidTyping : isHere() ? talk.dataset.saidHere : "";
    state.classList.toggle("talk__state--typing", writes);
    if (writes) typing = setTimeout(() => told(false), 5000);
  }

  const mine = (detail) => detail.conversation === id;
  on("message", (detail) => mine(detail) && detail.number > last && sync());
  on("message_changed", (detail) => mine(detail) && renew(detail.number));
  on("read", (detail) => mine(detail) && detail.by === other && seenTo(detail.number));
  on("typing", (detail) => {
    if (!mine(detail)) return;
    mark.classList.add("presence--here"); // whoever writes is here
    told(true);
  });
  // Once the mark has changed. Word that they came may be later than their first letters.
  on("presence", ({ person }) => person === other && setTimeout(() => (typing && isHere()) || told(false)));
  on("resync", sync);
  on("stream", ({ state: line }) => {
    if (line === "open") {
      sync();
      queue.hurry();
    }
  });
  addEventListener("online", () => {
    sync();
    queue.hurry();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      sync();
      markRead();
    }
  });
  addEventListener("focus", markRead);

  const form = talk.querySelector("#composer");
  const write = form && composer(talk, form, { send: (message) => queue.add(message), changed: renew });
  const fresh = talk.querySelector("#new");
  if (fresh) fresh.scrollIntoView({ block: "center" });
  else toEnd();
  tellDown();
  sync();
  queue.hurry();
}
