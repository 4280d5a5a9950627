// Light, dark, or as the system has it. The server writes the choice into the page (no flash); here it changes at once.
document.addEventListener("click", (event) => {
  const choice = event.target.closest?.("button[name=theme]");
  if (!choice) return;
  event.preventDefault();
  const theme = choice.value;
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  for (const button of document.querySelectorAll("button[name=theme]")) {
    button.toggleAttribute("aria-current", button.value === theme);
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  document.dispatchEvent(new CustomEvent("majlis:theme", { detail: theme }));
});
