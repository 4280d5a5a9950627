// The call page: a look at oneself, then the call. The server says who is in the room (every heartbeat, and at once on
// the event stream); browsers say the rest to each other.

import { on } from "../stream.js";
import { toast } from "../toast.js";
import { api as requests } from "./api.js";
import { Chat } from "./chat.js";
import { Media } from "./media.js";
import { Lobby } from "./lobby.js";
import { Peer } from "./peer.js";
import { Quality } from "./quality.js";
import { Recording } from "./recording.js";
import { Tile } from "./tiles.js";
import { lasting, say } from "./words.js";

const root = document.getElementById("call");
const { room, me, name } = root.dataset;
const api = requests(root.dataset.api, room);
const media = new Media(Number(root.dataset.height));
const ahead = Date.parse(root.dataset.now) - Date.now();
const fault = (text) => toast(text || say("fault"), { kind: "bad" });
const chat = new Chat({ api, me, you: say("you"), fault });
const quality = new Quality();
const peers = new Map(); // by the other's visit
const tiles = new Map();
const line = document.getElementById("line");
let visit = "";
let ticket = null;
let beating = 0;

const part = (which) => root.querySelector(`[data-part="${which}"]`);

function view(which) {
  root.dataset.view = which;
  for (const each of root.querySelectorAll("[data-part]")) each.hidden = each.dataset.part !== which;
}

const memory = {
  key: `call:${room}`,
  set(value) {
    try {
      if (value) sessionStorage.setItem(this.key, JSON.stringify(value));
      else sessionStorage.removeItem(this.key);
    } catch {
      // Then a reload begins in the lobby.
    }
  },
  get() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key));
    } catch {
      return null;
    }
  },
};

const recording = new Recording({
  api,
  me,
  fault,
  look: () => [
    ...[...tiles.values()].map((tile) => ({ video: tile.video, stream: tile.peer.stream })),
    { video: document.querySelector("#self video"), stream: media.stream },
  ],
});
const lobby = new Lobby({ root, media, api, me });

// Coming and going -----------------------------------------------------------------------------------------------------

async function join() {
  root.classList.add("call--busy");
  try {
    const entered = await api.enter();
    visit = entered.visit_id;
    ticket = entered.ticket;
    memory.set({ joined: true, wanted: media.wanted });
    lobby.close();
    if (ticket.embed_url) {
      media.close();
      document.getElementById("embed").src = ticket.embed_url;
      view("embed");
    } else {
      view("live");
      showSelf();
      chat.load();
      meet(entered.room, true);
    }
    clearInterval(beating);
    beating = setInterval(beat, entered.beat_seconds * 1000);
  } catch (wrong) {
    if (wrong.code === "room_not_open" || wrong.code === "room_closed") location.reload();
    else fault(wrong.message);
  } finally {
    root.classList.remove("call--busy");
  }
}

async function leave(title = "bye", { tell = true } = {}) {
  const old = visit;
  visit = "";
  clearInterval(beating);
  memory.set(null);
  await recording.leave();
  for (const id of [...peers.keys()]) drop(id);
  media.close();
  document.getElementById("embed").removeAttribute("src");
  document.getElementById("after-title").textContent = say(title);
  document.getElementById("after-note").textContent = say(`${title}Note`);
  view("after");
  document.getElementById("after-title").focus?.();
  if (tell && old) await api.leave(old).catch(() => {});
}

async function again() {
  view("lobby");
  await lobby.open();
}

async function beat() {
  if (!visit) return;
  const mine = visit;
  try {
    const { going, room: now } = await api.beat(mine, quality.now);
    if (visit !== mine) return;
    if (going) {
      for (const each of peers.values()) if (each.pc.iceConnectionState === "failed") each.restart();
      return meet(now);
    }
    if (now.state !== "open") return leave(now.state === "closed" ? "calledOff" : "over", { tell: false });
    if (now.present.some((each) => each.person_id === me && each.visit_id !== mine)) return leave("elsewhere", { tell: false });
    // The line was away for so long that the visit was given up: come in again, with what is already running.
    for (const id of [...peers.keys()]) drop(id);
    await join();
  } catch (wrong) {
    if (wrong.status === 401 || wrong.status === 404) location.reload();
  }
}

// The others ------------------------------------------------------------------------------------------------------------

/** Bring the connections into line with who the server says is here. Whoever comes in calls those who are there. */
function meet(now, arriving = false) {
  if (!visit || ticket?.embed_url) return;
  const others = now.present.filter((each) => each.person_id !== me);
  for (const id of [...peers.keys()]) if (!others.some((each) => each.visit_id === id)) drop(id);
  // Ids grow with time: of two who came at the same instant the later one calls, at its next heartbeat at the latest.
  for (const each of others) if (arriving || visit > each.visit_id) peer(each.visit_id, each.person_id, each.name);
  recording.follow(now.recording, now.members);
  waitOrNot();
}

function peer(id, person, whose) {
  if (peers.has(id)) return peers.get(id);
  for (const [old, each] of [...peers]) if (each.person === person) drop(old);
  const mine = visit;
  const made = new Peer({
    visit: id,
    person,
    name: whose,
    polite: me > person,
    iceServers: ticket.ice_servers,
    media,
    send: (body) => signal(mine, id, body),
  });
  peers.set(id, made);
  tiles.set(id, new Tile(made));
  made.addEventListener("state", mindTheLine);
  waitOrNot();
  return made;
}

async function signal(mine, to, body) {
  for (let attempt = 0; attempt < 4; attempt += 1) {
    if (visit !== mine || !peers.has(to)) return;
    try {
      await api.signal(mine, to, body);
      return;
    } catch (wrong) {
      if (wrong.code === "peer_gone") return drop(to);
      if (wrong.status >= 400 && wrong.status < 500) return;
      await new Promise((later) => setTimeout(later, 400 * 2 ** attempt));
    }
  }
}

function drop(id) {
  peers.get(id)?.close();
  tiles.get(id)?.remove();
  peers.delete(id);
  tiles.delete(id);
  waitOrNot();
}

function waitOrNot() {
  document.getElementById("waiting").hidden = peers.size > 0;
  root.classList.toggle("call--alone", peers.size === 0);
  mindTheLine();
}

function mindTheLine() {
  const broken = [...peers.values()].some((each) => ["disconnected", "failed"].includes(each.pc.iceConnectionState));
  const text = !navigator.onLine ? say("offline") : broken ? say("reconnecting") : "";
  line.hidden = !text;
  line.textContent = text;
}

on("call", (event) => {
  if (event.room !== room) return;
  if (!visit) return lobby.hear(event);
  if (event.what === "signal" && event.to === visit) {
    const known = peers.get(event.from);
    if (known) known.hear(event.body);
    else meetThenHear(event);
  } else if (event.what === "left") {
    if (event.visit === visit) {
      if (event.how === "moved") leave("elsewhere", { tell: false });
    } else {
      const gone = peers.get(event.visit);
      if (gone) toast(say("gone", { person: gone.name }));
      drop(event.visit);
    }
  } else if (event.what === "said") chat.show(event);
  else if (event.what === "closed") leave("calledOff", { tell: false });
  else if (event.what === "recording" || event.what === "agreed") refresh();
});

const early = new Map(); // what was said by somebody whose name we are still asking for

async function meetThenHear(event) {
  if (early.has(event.from)) return early.get(event.from).push(event.body);
  early.set(event.from, [event.body]);
  try {
    const now = await api.room();
    const who = now.present.find((each) => each.visit_id === event.from);
    if (who && visit === event.to) {
      const met = peer(who.visit_id, who.person_id, who.name);
      for (const body of early.get(event.from)) met.hear(body);
    }
  } catch {
    // The next heartbeat shows them.
  }
  early.delete(event.from);
}

let refreshing = false;
async function refresh() {
  if (refreshing || !visit) return;
  refreshing = true;
  try {
    meet(await api.room());
  } catch {
    // The next heartbeat does.
  }
  refreshing = false;
}

let lost = false;
on("stream", ({ state }) => {
  if (state === "lost") lost = true;
  else if (lost && state === "open") {
    lost = false;
    refresh();
  }
});
addEventListener("online", () => {
  for (const each of peers.values()) each.restart();
  mindTheLine();
  beat();
});
addEventListener("offline", mindTheLine);

// Oneself ----------------------------------------------------------------------------------------------------------------

function showSelf() {
  const self = document.getElementById("self");
  const video = self.querySelector("video");
  const shown = media.screen ? new MediaStream([media.screen]) : media.stream;
  if (video.srcObject !== shown) video.srcObject = shown;
  video.play().catch(() => {});
  self.classList.toggle("tile--shown", media.state.camera || media.state.screen);
  self.classList.toggle("tile--mirror", !media.state.screen);
}

media.addEventListener("change", () => {
  for (const [act, isOn] of [["mic", media.state.mic], ["camera", media.state.camera], ["screen", !media.state.screen]]) {
    for (const button of root.querySelectorAll(`[data-act="${act}"]`)) {
      button.setAttribute("aria-pressed", String(!isOn));
      button.title = isOn ? button.dataset.on : button.dataset.off;
      button.setAttribute("aria-label", button.title);
    }
  }
  if (visit) showSelf();
  for (const each of peers.values()) each.sendMedia();
  if (visit) memory.set({ joined: true, wanted: media.wanted });
});

const acts = {
  join,
  again,
  leave: () => leave(),
  mic: () => media.toggle("audio"),
  camera: () => media.toggle("video"),
  screen: () => (media.screen ? media.stopScreen() : media.shareScreen().catch(() => {})),
  chat: () => chat.toggle(),
  record: () => recording.press(),
  agree: () => recording.answer(true),
  decline: () => recording.answer(false),
};
root.addEventListener("click", (event) => acts[event.target.closest("[data-act]")?.dataset.act]?.());

document.addEventListener("keydown", (event) => {
  if (!event.ctrlKey || event.altKey || root.dataset.view !== "live") return;
  const act = { d: "mic", e: "camera" }[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  acts[act]();
});

addEventListener("pagehide", () => {
  if (visit) api.leave(visit).catch(() => {});
});

addEventListener("pageshow", (event) => event.persisted && location.reload());

// The clock and the line -------------------------------------------------------------------------------------------------

const timer = document.getElementById("timer");
const pill = document.getElementById("quality");
const [starts, ends] = [Date.parse(root.dataset.starts), Date.parse(root.dataset.ends)];

setInterval(() => {
  if (root.dataset.view !== "live") return;
  const now = Date.now() + ahead;
  const [which, seconds] = now < starts ? ["before", starts - now] : now < ends ? ["left", ends - now] : ["past", now - ends];
  timer.querySelector("span").textContent = say(which, { time: lasting(seconds / 1000) });
  timer.classList.toggle("pill--warn", which === "left" && seconds < 5 * 60 * 1000);
  timer.classList.toggle("pill--bad", which === "past");
}, 500);

setInterval(async () => {
  if (!visit || !peers.size) {
    pill.hidden = true;
    return;
  }
  const now = await quality.measure(peers.values());
  pill.hidden = !now;
  pill.dataset.quality = now;
  pill.querySelector("span").textContent = now ? say(now) : "";
}, 3000);

// For tests and the curious: frames decoded of each of the others.
root.figures = async () => {
  const found = [];
  for (const each of peers.values()) {
    for (const report of (await each.pc.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "video") found.push(report.framesDecoded ?? 0);
    }
  }
  return found;
};

const before = memory.get();
if (before?.joined) {
  media.wanted = before.wanted ?? media.wanted;
  await media.open();
  await join();
}
if (!visit) {
  memory.set(null);
  await lobby.open();
}
part("lobby").classList.add("lobby--ready");
