// Dialogs and drawers are `<dialog id="x">`. `<button data-opens="x">` opens one, `data-closes` inside it closes it.
// `<dialog data-open>` opens by itself (a form that came back with errors).
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
    }
    return;
  }
  const closer = event.target.closest?.("[data-closes]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog")?.close();
    return;
  }
  // A click on the veil: the dialog itself is the target only outside of its content.
  if (event.target instanceof HTMLDialogElement) {
    const box = event.target.getBoundingClientRect();
    const inside =
      event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && !event.target.hasAttribute("data-stays")) event.target.close();
  }
});

export function openWaiting(root = document) {
  for (const dialog of root.querySelectorAll("dialog[data-open]:not([open])")) dialog.showModal();
}
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.hasAttribute("data-open")) event.target.showModal();
  openWaiting(event.target);
});
openWaiting();
