// `toast("Saved.")`: a short sentence in the corner, read out by screen readers. `toast(text, {kind: "bad"})` stays longer.
const region = document.getElementById("toasts");

export function toast(text, { kind = "good", seconds = kind === "bad" ? 12 : 6 } = {}) {
  if (!region) return;
  const mould = document.getElementById("toast-mould").content.firstElementChild;
  const made = mould.cloneNode(true);
  made.classList.add(`toast--${kind}`);
  made.querySelector(".toast__text").textContent = text;
  region.append(made);
  leaveAfter(made, seconds);
  while (region.children.length > 4) region.firstElementChild.remove();
}

function leaveAfter(element, seconds) {
  let timer = setTimeout(() => element.remove(), seconds * 1000);
  // Whoever reads it or points at it keeps it.
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("focusin", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => {
    timer = setTimeout(() => element.remove(), 3000);
  });
}

region?.addEventListener("click", (event) => {
  if (event.target.closest(".toast__close")) event.target.closest(".toast").remove();
});
for (const one of region?.children ?? []) leaveAfter(one, 8);
// Messages that came with a fragment.
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.target.id === "toasts") for (const one of region.children) leaveAfter(one, 8);
});
// The server may ask for one: `HX-Trigger: {"toast": {"text": "…", "kind": "good"}}`.
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail));
