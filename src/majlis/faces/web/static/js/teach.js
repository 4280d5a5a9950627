// Levels belong to a subject: only those of the chosen one are offered. Without this file all are, and the server says.
const form = document.getElementById("subject-form");
const levels = JSON.parse(form?.dataset.levels ?? "{}");
const subject = form?.elements.subject;

function offer() {
  const offered = levels[subject.value];
  for (const box of form.querySelectorAll("[name=levels]")) {
    const shown = !offered || offered.includes(box.value);
    box.closest("label").hidden = !shown;
    if (!shown) box.checked = false;
  }
}

subject?.addEventListener("change", offer);
if (subject) offer();
