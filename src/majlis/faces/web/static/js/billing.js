// Round amounts to press instead of typing.
for (const group of document.querySelectorAll("[data-amounts]")) {
  const field = group.closest("form").elements.amount;
  group.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-amount]");
    if (!chosen) return;
    field.value = chosen.dataset.amount;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}
