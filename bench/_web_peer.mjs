// The peer of bench/web.py: fastify + pg. It asks each address's statements as we do, one after the other, prepared, and
// builds the same answer of their rows: the API's JSON, or the page's cards by template strings, with the rest of the
// page as a ready text around them. The answer is cut or filled up to our size, so that both send as much.
// With REMEMBERS=1 it remembers an answer by all its rows (and hours), as ours does.
// Usage: node _web_peer.mjs PLAN.json PORT PROCESSES, in a folder where fastify and pg are installed.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , file, port, processes] = process.argv;
const FLUENCY = ["native", "c2", "c1", "b2", "b1", "a2", "a1"];

/** A row of the statement of cards, which is one text of JSON, as a card of the API. */
function card([text], known) {
  const [id, slug, name, avatar, country, headline, video, city, zone, modes, usual, currency, trial, minutes, total,
    count, lessons, asked, answered, verified, taught, spoken, free] = JSON.parse(text);
  const subjects = new Map();
  for (const [subject, level] of taught) subjects.set(subject, [...(subjects.get(subject) ?? []), level]);
  const lowest = Math.min(...taught.map(([, , rate]) => rate ?? Number(usual)));
  const place = known.cities[city];
  return {
    id, slug, name, picture: avatar ? `/files/public/${avatar}/240` : "", headline,
    city: place?.name ?? "", country: place?.country ?? country, zone, modes,
    languages: spoken.map(([code, fluency]) => ({ code, fluency })).sort((a, b) => FLUENCY.indexOf(a.fluency) - FLUENCY.indexOf(b.fluency)),
    subjects: [...subjects].map(([subject, levels]) => ({ id: subject, ...known.subjects[subject], levels: levels.sort((a, b) => known.levels[a] - known.levels[b]) })),
    rating: Number(count) ? (Number(total) / Number(count)).toFixed(1) : null, rating_count: Number(count),
    completed_lessons: Number(lessons), response_rate: asked >= 5 ? Math.round((100 * answered) / asked) : null,
    price: money(lowest, currency), trial: trial === null ? null : money(Number(trial), currency), trial_minutes: minutes,
    has_video: video !== null, next_free_at: free, verified,
  };
}

const money = (amount, currency) => ({ amount, currency, display: `${currency} ${(amount / 100).toFixed(2)}` });
const escaped = (value) => String(value ?? "").replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const icon = (name, label) => `<svg class="icon" ${label ? `role="img" aria-label="${label}"` : 'aria-hidden="true"'} focusable="false"><use href="/static/vendor/lucide/icons.svg#${name}"></use></svg>`;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Africa/Cairo" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", timeZone: "Africa/Cairo" });

/** The same card as a page shows it. */
function article(one, times, known) {
  const page = `/teachers/${encodeURIComponent(one.slug)}/`, name = escaped(one.name);
  return `<article class="card card--link expert-card expert-card--row teacher">
  <div class="expert-card__face">${one.picture ? `<img class="avatar avatar--huge avatar--square" src="${one.picture}" alt="" width="128" height="128" loading="lazy" decoding="async">` : `<span class="avatar avatar--huge avatar--square" aria-hidden="true">${name[0]}</span>`}
    ${one.has_video ? `<a class="expert-card__play" href="${page}#video" hx-get="${page}video" hx-target="#video-body" data-opens="video" aria-label="Watch ${name} introduce themselves">${icon("play")}</a>` : ""}</div>
  <div class="expert-card__body">
    <div class="teacher__top"><h3 class="expert-card__name"><a class="card__link" href="${page}"><bdi>${name}</bdi></a>${one.verified ? ` <span class="teacher__verified">${icon("badge-check", "Verified by us")}</span>` : ""}</h3>
      <a class="heart" href="/account/login/?next=${encodeURIComponent(page)}" aria-label="Keep ${name} among your favourites">${icon("heart")}</a></div>
    <div class="cluster cluster--tight">${one.rating ? `<span class="stars"><span class="visually-hidden">Rated ${one.rating} of 5</span>${icon("star")}<b aria-hidden="true">${one.rating}</b><span class="stars__count">(${one.rating_count} reviews)</span></span>` : `<span class="badge badge--accent">New</span>`}${one.completed_lessons ? `<span class="small muted">${one.completed_lessons} lessons</span>` : ""}</div>
    ${one.headline ? `<p class="expert-card__headline clamp-2" dir="auto">${escaped(one.headline)}</p>` : ""}
    <div class="cluster cluster--tight">${one.subjects.slice(0, 3).map((s) => `<span class="badge badge--accent">${escaped(s.name)}</span>`).join("")}${one.subjects.length > 3 ? `<span class="badge">+${one.subjects.length - 3}</span>` : ""}</div>
    <ul class="expert-card__facts"><li>${icon("languages", "Speaks")} ${one.languages.slice(0, 3).map((l) => escaped(known.languages[l.code] ?? l.code)).join(", ")}</li>
      ${one.city ? `<li>${icon("map-pin", "Lives in")} ${escaped(one.city)}</li>` : ""}${one.modes.includes("offline") ? `<li>${icon("handshake")} ${one.modes.includes("online") ? "Also in person" : "In person"}</li>` : ""}</ul>
  </div>
  <div class="expert-card__act">
    <p class="expert-card__price"><bdi class="money">${one.price.display}</bdi> <span>/ 60 minutes</span>${one.trial ? `<br>${one.trial.amount ? `Trial lesson <bdi class="money">${one.trial.display}</bdi>` : '<span class="badge badge--good">Free trial lesson</span>'}` : ""}</p>
    <div class="teacher__times">${times.length ? `<p class="tiny faint">Next free</p><div class="times">${times.map((at) => `<a class="time" rel="nofollow" href="${page}book/?at=${encodeURIComponent(at.toISOString())}&amp;minutes=60"><span>${clock.format(at)}</span><small>${weekday.format(at)}</small></a>`).join("")}</div>` : one.next_free_at ? `<p class="small"><span class="muted">Next free</span> <strong>${weekday.format(new Date(one.next_free_at))}, ${clock.format(new Date(one.next_free_at))}</strong></p>` : `<p class="small faint">No free times at the moment</p>`}</div>
  </div>
</article>`;
}

/** The first three free hours on different half days, by person. */
function spread(rows) {
  const found = new Map();
  for (const [person, minutes] of rows) {
    const kept = [];
    for (const minute of minutes) {
      if (kept.length === 3) break;
      if (!kept.length || minute - kept.at(-1) >= 180) kept.push(minute);
    }
    found.set(person, kept.map((minute) => new Date(minute * 60_000)));
  }
  return found;
}

const texts = new Map();

/** What was made for a key, remembered. */
function once(key, make) {
  let text = texts.get(key);
  if (text === undefined) {
    if (texts.size >= 100) texts.clear();
    texts.set(key, (text = make()));
  }
  return text;
}

if (cluster.isPrimary && Number(processes) > 1) {
  for (let n = 0; n < Number(processes); n++) cluster.fork();
} else {
  const require = createRequire(join(process.cwd(), "_"));
  const { fastify } = require("fastify");
  const pg = require("pg");
  const { database, addresses } = JSON.parse(readFileSync(file, "utf8"));
  const pool = new pg.Pool({ ...database, max: 8 });
  const app = fastify();
  const remembers = process.env.REMEMBERS === "1";
  for (const { path, type, statements, bytes, facets, before, after, known } of addresses) {
    app.get(path, async (request, reply) => {
      const client = await pool.connect();
      const found = [];
      try {
        for (const statement of statements) found.push((await client.query({ ...statement, rowMode: "array" })).rows);
      } finally {
        client.release();
      }
      const [, rows, times] = found;
      const rest = { next: "", total: 1000, more: true, facets, facets_capped: true };
      const free = times && spread(times);
      const made = () => {
        let body;
        if (type === "API") {
          body = JSON.stringify({ items: rows.map((row) => card(row, known)), ...rest });
        } else {
          const drawn = (row) => {
            const one = card(row, known);
            return article(one, free.get(one.id) ?? [], known);
          };
          body = `${before}${rows.map(drawn).join("\n")}${after}`;
        }
        const sent = Buffer.from(body);
        return sent.length < bytes ? Buffer.concat([sent, Buffer.alloc(bytes - sent.length, " ")]) : sent.subarray(0, bytes);
      };
      // A row's text begins with the person's id: `["…",`.
      const key = ([text]) => `${free?.get(text.slice(2, 38))?.join() ?? ""} ${text}`;
      reply.type(type === "API" ? "application/json" : "text/html; charset=utf-8");
      return remembers ? once(`${type} ${rows.map(key).join("\n")}`, made) : made();
    });
  }
  await app.listen({ port: Number(port), host: "127.0.0.1" });
}
