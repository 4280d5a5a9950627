// The peer of bench/web.py: fastify + pg with the same statements and as many bytes. It runs each address's statements as
// we do, one after the other, and writes what they bring: as JSON, or as HTML by template strings; filled up to our size.
// Usage: node _web_peer.mjs PLAN.json PORT PROCESSES, in a folder where fastify and pg are installed.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , file, port, processes] = process.argv;
if (cluster.isPrimary && Number(processes) > 1) {
  for (let n = 0; n < Number(processes); n++) cluster.fork();
} else {
  const require = createRequire(join(process.cwd(), "_"));
  const { fastify } = require("fastify");
  const pg = require("pg");
  const { database, addresses } = JSON.parse(readFileSync(file, "utf8"));
  const pool = new pg.Pool({ ...database, max: 8 });
  const escaped = (value) => String(value ?? "").replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const html = (rows) => rows.map((row) => `<li>${Object.values(row).map((v) => `<p>${escaped(v)}</p>`).join("")}</li>`).join("");
  const app = fastify();
  for (const { path, statements, bytes, type } of addresses) {
    app.get(path, async (request, reply) => {
      const client = await pool.connect();
      const found = [];
      try {
        for (const { name, text } of statements) found.push((await client.query({ name, text })).rows);
      } finally {
        client.release();
      }
      const body = type === "json" ? JSON.stringify(found) : `<!doctype html><ul>${found.map(html).join("</ul><ul>")}</ul>`;
      reply.type(type === "json" ? "application/json" : "text/html; charset=utf-8");
      return body.slice(0, bytes).padEnd(bytes, type === "json" ? " " : "-");
    });
  }
  await app.listen({ port: Number(port), host: "127.0.0.1" });
}
