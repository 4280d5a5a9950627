// The base of every page: menus, dialogs, toasts, the theme, htmx, and the live counters. Small on purpose; a page works
// without any of it.
import "./dialog.js";
import "./theme.js";
import "./forms.js";
import "./refusals.js";
import { on, open } from "./stream.js";

// One menu open at a time; Escape and a click elsewhere close it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

const line = document.getElementById("offline");
const tellLine = () => {
  if (line) line.hidden = navigator.onLine;
};
addEventListener("online", tellLine);
addEventListener("offline", tellLine);
tellLine();

// A counter in the header: `<span class="count" data-counter="notices">`. The event brings the new number.
export function setCounter(name, value) {
  const digits = new Intl.NumberFormat(document.documentElement.dataset.locale || document.documentElement.lang);
  for (const place of document.querySelectorAll(`[data-counter="${name}"]`)) {
    place.textContent = value > 0 ? digits.format(Math.min(value, 99)) + (value > 99 ? "+" : "") : "";
  }
}
on("counter", ({ name, value }) => setCounter(name, value));
on("notice", ({ unread }) => setCounter("notices", unread));

// What came after this page was drawn and before its line was there is told by nobody: then the page asks.
const { counters, member } = document.body.dataset;
on("stream", async ({ state, since }) => {
  if (state !== "open" || since < performance.timeOrigin) return;
  try {
    const answer = await fetch(counters, { credentials: "same-origin" });
    if (answer.ok && !answer.redirected) {
      for (const [name, value] of Object.entries(await answer.json())) setCounter(name, value);
    }
  } catch {
    // The next event brings the number.
  }
});
if (member) open();

// The browser's zone, for times shown to a visitor who has told us nothing.
try {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`zone=${encodeURIComponent(zone)}`)) {
    document.cookie = `zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
  }
} catch {
  // An old browser without zones reads times in the zone of the edition.
}

if ("serviceWorker" in navigator && isSecureContext && document.querySelector('link[rel=manifest]')) navigator.serviceWorker.register("/service-worker.js");
