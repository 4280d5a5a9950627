// Asking, agreeing, recording, stopping: what this side does about the room's recording.

import { toast } from "../toast.js";
import { canRecord, Recorder } from "./recorder.js";
import { say } from "./words.js";

export class Recording {
  constructor({ api, me, fault, look }) {
    Object.assign(this, { api, me, fault, look });
    this.now = null;
    this.machine = null;
    this.starting = false;
    this.box = document.getElementById("ask");
    this.pill = document.getElementById("recording-pill");
    this.button = document.querySelector('[data-part="live"] [data-act="record"]');
    if (!canRecord()) this.button.hidden = true;
  }

  /** What the server says about it, whenever it says something. */
  async follow(now, members) {
    const before = this.now;
    this.now = now;
    const going = now?.status === "recording";
    const asked = now?.status === "idle";
    const mine = now?.person.id === this.me;
    this.pill.hidden = !now;
    this.pill.querySelector("span").textContent = going ? say("recording") : asked ? say("asked") : "";
    this.pill.classList.toggle("pill--live", going);
    this.button.setAttribute("aria-pressed", String(Boolean(now)));
    this.button.title = now ? this.button.dataset.off : this.button.dataset.on;
    this.button.setAttribute("aria-label", this.button.title);
    const unanswered = asked && !now.agreed.includes(this.me);
    if (unanswered) document.getElementById("ask-title").textContent = say("asks", { person: now.person.name });
    this.box.hidden = !unanswered;
    if (asked && mine && now.agreed.length === members.length) await this.begin();
    if (before && !now) await this.ended(before);
  }

  async press() {
    try {
      if (!this.now) {
        if (!canRecord()) return this.fault(say("cannotRecord"));
        this.now = await this.api.askToRecord();
      } else await this.finish();
    } catch (wrong) {
      this.fault(wrong.message);
    }
  }

  async answer(agrees) {
    this.box.hidden = true;
    try {
      await this.api.answer(this.now.id, agrees);
    } catch (wrong) {
      this.fault(wrong.message);
    }
  }

  async begin() {
    if (this.starting || this.machine) return;
    this.starting = true;
    const { id } = this.now;
    try {
      await this.api.start(id);
      this.machine = new Recorder({ look: this.look, deliver: (number, blob) => this.api.chunk(id, number, blob) });
      this.machine.start();
    } catch (wrong) {
      this.machine = null;
      this.fault(wrong.message);
    }
    this.starting = false;
  }

  /** The one whose browser records sends the last pieces first; anybody else just says stop. */
  async finish() {
    const { id } = this.now;
    const machine = this.machine;
    this.machine = null;
    if (machine) await machine.stop();
    await this.api.stop(id);
  }

  async ended(before) {
    const machine = this.machine;
    this.machine = null;
    if (machine) await machine.stop();
    toast(say(before.status === "recording" ? "kept" : "declined"));
  }

  /** Leaving while this browser records ends the recording and keeps it. */
  async leave() {
    if (!this.machine) return;
    await Promise.race([this.finish().catch(() => {}), new Promise((late) => setTimeout(late, 8000))]);
    this.now = null;
  }
}
