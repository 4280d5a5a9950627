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

// A form that pays is sent once; coming back by the browser's button wakes it again.
for (const form of document.querySelectorAll("form[data-once]")) {
  const button = form.querySelector("button[type=submit]");
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") event.preventDefault();
    button.setAttribute("aria-disabled", "true");
  });
  addEventListener("pageshow", () => button.removeAttribute("aria-disabled"));
}

// When an order's time is over, the page says so by itself.
for (const end of document.querySelectorAll("[data-ends]")) {
  const left = new Date(end.dataset.ends) - Date.now();
  if (left > 0 && left < 2 ** 31) setTimeout(() => location.reload(), left + 1000);
}
