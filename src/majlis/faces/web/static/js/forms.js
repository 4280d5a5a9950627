// What makes forms kinder. Each works without this file.

// Sent once: the button waits for the answer.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.hasAttribute("data-again")) return;
  if ([...form.attributes].some(({ name }) => name.startsWith("hx-"))) return;
  const button = event.submitter;
  if (!button || button.name) return;
  setTimeout(() => {
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
  });
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("[aria-busy=true]:disabled")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});

document.addEventListener("click", async (event) => {
  const eye = event.target.closest?.("[data-shows]");
  if (eye) {
    const field = document.getElementById(eye.dataset.shows);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    eye.setAttribute("aria-pressed", String(!shown));
    return;
  }
  const copier = event.target.closest?.("[data-copies]");
  if (copier) {
    await navigator.clipboard.writeText(copier.dataset.copies);
    const { toast } = await import("./toast.js");
    const { word } = await import("./words.js");
    toast(word("copied"));
  }
});

// `<select data-submits>` and `<input data-submits>` send their form when they change.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-submits]")) event.target.form.requestSubmit();
  const upload = event.target.closest?.(".upload");
  if (upload && event.target.type === "file") {
    upload.querySelector(".upload__name").textContent = [...event.target.files].map((file) => file.name).join(", ");
  }
});

for (const [kind, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(kind, (event) => {
    const upload = event.target.closest?.(".upload");
    if (!upload) return;
    event.preventDefault();
    upload.toggleAttribute("data-over", over);
    if (kind === "drop") {
      const field = upload.querySelector("input[type=file]");
      field.files = event.dataTransfer.files;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

// After a refused form the first wrong field has the focus.
document.querySelector(".field--wrong :is(input, select, textarea)")?.focus();
document.addEventListener("htmx:afterSettle", (event) => {
  event.target.querySelector?.(".field--wrong :is(input, select, textarea)")?.focus();
});
