// What htmx does when the answer is no. A refusal (header `X-Refusal`) goes into the nearest `[data-refusal]` place, else
// it becomes a toast; a form that came back with errors (422 without the header) is swapped where it stood; anything else
// is a fault and says so in general words.
import { toast } from "./toast.js";
import { word } from "./words.js";

const settled = (status) => status >= 200 && status < 400;

// The form that asked has its own place; else the nearest one that belongs to no form.
function placeFor(asker) {
  const form = asker.closest("form");
  for (let around = form ?? asker; around; around = around.parentElement) {
    const place = [...around.querySelectorAll("[data-refusal]")].find((found) => {
      const owner = found.closest("form");
      return !owner || owner === form;
    });
    if (place) return place;
  }
  return null;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (settled(xhr.status)) return;
  if (xhr.getResponseHeader("X-Refusal")) {
    const place = placeFor(requestConfig.elt);
    if (place) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
      event.detail.target = place;
      event.detail.swapOverride = "innerHTML show:no-scroll";
    } else {
      event.detail.shouldSwap = false;
      toast(plain(xhr.responseText), { kind: "bad" });
    }
  } else if (xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  } else {
    event.detail.shouldSwap = false;
    toast(word("fault"), { kind: "bad" });
  }
});
document.addEventListener("htmx:sendError", () => toast(word("lost"), { kind: "bad" }));
document.addEventListener("htmx:timeout", () => toast(word("lost"), { kind: "bad" }));

// A form that is sent again clears what was refused before.
document.addEventListener("htmx:beforeRequest", (event) => {
  const place = event.target.closest?.("form")?.querySelector("[data-refusal]");
  if (place) place.replaceChildren();
});

function plain(html) {
  return new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
}
