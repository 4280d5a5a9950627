// The list of teachers: figures beside the filters follow what was found, and the form follows the address.
const form = document.getElementById("search-form");

function follow() {
  const found = document.getElementById("found");
  if (!form || !found?.dataset.counts || found.dataset.counts === "{}") return;
  const counts = JSON.parse(found.dataset.counts);
  for (const place of form.querySelectorAll("[data-count]")) place.textContent = counts[place.dataset.count] ?? "";
}

document.addEventListener("htmx:afterSettle", follow);

// Levels belong to a subject: another subject has other filters, so the page is fetched whole.
form?.querySelector("[name=subject]")?.addEventListener("change", (event) => {
  event.stopPropagation();
  form.querySelectorAll("[name=level]").forEach((level) => (level.checked = false));
  const words = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  location.assign(`${form.action}?${words}`);
});

// A drop-down of the bar closes when the reader clicks elsewhere or presses Escape.
document.addEventListener("click", (event) => {
  if (!matchMedia("(min-width: 60rem)").matches) return;
  for (const open of document.querySelectorAll(".filter[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll(".filter[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// A closed dialog must not go on talking.
document.getElementById("video")?.addEventListener("close", (event) => {
  event.target.querySelector("#video-body")?.replaceChildren();
});
