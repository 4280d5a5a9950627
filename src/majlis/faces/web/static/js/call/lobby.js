// A look at oneself before going in: picture, loudness, devices, and whether somebody is there.

import { loudness } from "./media.js";
import { say } from "./words.js";

export class Lobby {
  constructor({ root, media, api, me }) {
    Object.assign(this, { root, media, api, me });
    this.preview = document.getElementById("preview");
    this.meter = document.getElementById("meter");
    this.trouble = document.getElementById("trouble");
    this.choices = { audio: document.getElementById("mic-choice"), video: document.getElementById("camera-choice") };
    this.speakers = document.getElementById("speaker-choice");
    this.quiet = () => {};
    this.isOpen = false;
    media.addEventListener("change", () => this.isOpen && this.show());
    for (const [kind, select] of Object.entries(this.choices)) {
      select.addEventListener("change", () => media.choose(kind, select.value));
    }
    this.speakers.addEventListener("change", () => {
      root.dataset.speaker = this.speakers.value; // for pictures that come later, see tiles.js
    });
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.isOpen && this.fill());
  }

  async open() {
    this.isOpen = true;
    const why = await this.media.open();
    this.trouble.hidden = !why;
    this.trouble.textContent = why ? say(why) : "";
    await this.fill();
    this.show();
    this.look();
  }

  close() {
    this.isOpen = false;
    this.quiet();
    this.preview.querySelector("video").srcObject = null;
  }

  show() {
    const video = this.preview.querySelector("video");
    if (video.srcObject !== this.media.stream) video.srcObject = this.media.stream;
    video.play().catch(() => {});
    this.preview.classList.toggle("tile--shown", this.media.state.camera);
    this.quiet();
    this.quiet = loudness(this.media.stream, (loud) =>
      this.meter.style.setProperty("--loud", String(this.media.state.mic ? loud : 0)),
    );
  }

  async fill() {
    const found = await this.media.devices();
    const lists = [
      [this.choices.audio, found.audio, this.media.chosen("audio"), "unnamedMic"],
      [this.choices.video, found.video, this.media.chosen("video"), "unnamedCamera"],
      [this.speakers, found.output, "", "unnamedSpeaker"],
    ];
    for (const [select, devices, chosen, unnamed] of lists) {
      select.replaceChildren(
        ...devices.map((device, index) => {
          const option = new Option(device.label || `${say(unnamed)} ${index + 1}`, device.deviceId);
          option.selected = device.deviceId === chosen;
          return option;
        }),
      );
      select.disabled = devices.length === 0;
    }
    document.getElementById("speaker-field").hidden = !("setSinkId" in HTMLMediaElement.prototype) || found.output.length < 2;
  }

  async look() {
    try {
      const now = await this.api.room();
      const names = now.present.filter((each) => each.person_id !== this.me).map((each) => each.name);
      document.getElementById("here").textContent = names.length ? say("here", { person: names.join(", ") }) : say("nobody");
    } catch {
      // What the page said when it came stays.
    }
  }

  hear(event) {
    if (this.isOpen && (event.what === "entered" || event.what === "left")) this.look();
    if (event.what === "closed") location.reload();
  }
}
