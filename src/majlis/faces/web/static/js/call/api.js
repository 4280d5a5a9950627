// The call's requests. A refusal is thrown as `{status, code, detail}`; a lost line as `{status: 0}`.

let headers = {};
try {
  headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
} catch {
  // Without the token the server says what is wrong.
}

export class Refused extends Error {
  constructor(status, problem = {}) {
    super(problem.detail || "");
    this.status = status;
    this.code = problem.code || "";
  }
}

async function ask(method, path, body, more = {}) {
  const binary = body instanceof Blob;
  const wish = { method, headers: { ...headers, Accept: "application/json" }, credentials: "same-origin", ...more };
  if (body !== undefined) {
    wish.headers["Content-Type"] = binary ? "application/octet-stream" : "application/json";
    wish.body = binary ? body : JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, wish);
  } catch {
    throw new Refused(0);
  }
  const said = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : null;
  if (!answer.ok) throw new Refused(answer.status, said ?? {});
  return said;
}

export const api = (root, room) => ({
  room: () => ask("GET", `${root}/${room}`),
  enter: () => ask("POST", `${root}/${room}/visits`, {}),
  beat: (visit, quality) => ask("POST", `${root}/${room}/visits/${visit}/beat`, { quality }),
  // Also from a page that is closing: the browser finishes it.
  leave: (visit) => ask("DELETE", `${root}/${room}/visits/${visit}`, undefined, { keepalive: true }),
  signal: (visit, to, body) => ask("POST", `${root}/${room}/signals`, { visit_id: visit, to_visit: to, body }),
  lines: () => ask("GET", `${root}/${room}/messages`),
  say: (key, text) => ask("POST", `${root}/${room}/messages`, { key, text }),
  askToRecord: () => ask("POST", `${root}/${room}/recordings`, {}),
  answer: (id, agrees) => ask("POST", `${root}/recordings/${id}/answer`, { agrees }),
  start: (id) => ask("POST", `${root}/recordings/${id}/start`, {}),
  chunk: (id, number, blob) => ask("PUT", `${root}/recordings/${id}/chunks/${number}`, blob),
  stop: (id) => ask("POST", `${root}/recordings/${id}/stop`, {}),
});
