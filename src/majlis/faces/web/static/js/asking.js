// Asking the server for a part of a page, or telling it something.
export const csrf = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

/** Ask the server; throws what it refused as `{refused}`, and everything else as an error. */
export async function ask(address, { form, part = "messages" } = {}) {
  const answer = await fetch(address, {
    method: form ? "POST" : "GET",
    body: form,
    headers: { "X-Part": part, ...(form && { "X-CSRFToken": csrf }), "HX-Request": "true" },
    credentials: "same-origin",
    signal: AbortSignal.timeout(30_000),
  });
  if (answer.redirected && answer.url.includes("/account/")) {
    location.reload();
    throw new Error("signed out");
  }
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    throw { refused: (page.querySelector(".notice") ?? page.body).textContent.trim() || String(answer.status) };
  }
  if (!answer.ok) throw new Error(String(answer.status));
  return answer;
}

export const fragment = (html) => document.createRange().createContextualFragment(html);
