// The inbox: the list beside, and the open conversation. The page works without this; with it, messages appear by
// themselves and nothing written is lost on a bad line.
import { ask, fragment } from "./asking.js";
import { conversation } from "./conversation.js";
import { on } from "./stream.js";

const box = document.querySelector(".inbox");

// The list: asked anew a moment after anything happened in it.
let later = 0;
async function renewList() {
  const rows = document.getElementById("talks");
  const address = new URL(location.href);
  const query = new URLSearchParams({ now: document.getElementById("talk")?.dataset.conversation ?? "" });
  const words = address.searchParams.get("q");
  if (words) query.set("q", words);
  try {
    const answer = await ask(`/inbox/?${query}`, { part: "list" });
    rows.replaceWith(fragment(await answer.text()));
  } catch {
    // The next event tries again.
  }
}
const soon = () => {
  clearTimeout(later);
  later = setTimeout(renewList, 350);
};
for (const kind of ["message", "message_changed", "conversation", "counter", "resync"]) on(kind, soon);
on("stream", ({ state }) => {
  if (state === "open") soon();
});
on("presence", ({ person, here }) => {
  for (const dot of box.querySelectorAll(`[data-presence="${person}"]`)) dot.classList.toggle("presence--here", here);
});

const talk = document.getElementById("talk");
if (talk) conversation(talk);
