// The chat beside the call. Each line has a key, so that what is sent twice stands once.

import { initials } from "./words.js";

export class Chat {
  constructor({ api, me, you, fault }) {
    Object.assign(this, { api, me, you, fault });
    this.panel = document.getElementById("chat");
    this.list = document.getElementById("chat-lines");
    this.count = document.getElementById("chat-count");
    this.unread = 0;
    this.known = new Set();
    const form = document.getElementById("chat-form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = form.elements.text.value.trim();
      if (!text) return;
      form.elements.text.value = "";
      this.send(crypto.randomUUID(), text, form.elements.text);
    });
  }

  async load() {
    try {
      for (const line of await this.api.lines()) {
        this.show({ id: line.id, person: line.person.id, name: line.person.name, text: line.text }, false);
      }
    } catch {
      // The next event or visit brings it.
    }
  }

  async send(key, text, input) {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      try {
        const line = await this.api.say(key, text);
        this.show({ id: line.id, person: this.me, name: "", text: line.text });
        return;
      } catch (wrong) {
        if (wrong.status >= 400 && wrong.status < 500) {
          input.value ||= text;
          this.fault(wrong.message);
          return;
        }
        await new Promise((later) => setTimeout(later, 600 * 2 ** attempt));
      }
    }
    input.value ||= text;
    this.fault("");
  }

  show({ id, person, name, text }, fresh = true) {
    if (this.known.has(id)) return;
    this.known.add(id);
    const mine = person === this.me;
    const line = document.getElementById("line-mould").content.firstElementChild.cloneNode(true);
    line.classList.toggle("chat-line--mine", mine);
    line.querySelector(".chat-line__who").textContent = mine ? this.you : name || initials(name);
    const words = line.querySelector("p");
    words.textContent = text;
    words.dir = "auto";
    this.list.append(line);
    this.list.scrollTop = this.list.scrollHeight;
    if (fresh && !mine && this.panel.hidden) this.mark(this.unread + 1);
  }

  toggle() {
    this.panel.hidden = !this.panel.hidden;
    document.getElementById("call").classList.toggle("call--chatting", !this.panel.hidden);
    if (this.panel.hidden) return;
    this.mark(0);
    this.list.scrollTop = this.list.scrollHeight;
    this.panel.querySelector("input").focus();
  }

  mark(number) {
    this.unread = number;
    const locale = document.documentElement.dataset.locale || document.documentElement.lang;
    this.count.textContent = number ? new Intl.NumberFormat(locale).format(number) : "";
  }
}
