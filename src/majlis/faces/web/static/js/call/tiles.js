// Pictures of the others.

import { initials } from "./words.js";

const mould = document.getElementById("tile-mould");
const place = document.getElementById("tiles");

export class Tile {
  constructor(peer) {
    this.peer = peer;
    this.element = mould.content.firstElementChild.cloneNode(true);
    this.video = this.element.querySelector("video");
    this.element.dataset.person = peer.person;
    this.element.querySelector("bdi").textContent = peer.name;
    this.element.querySelector(".avatar").textContent = initials(peer.name);
    place.append(this.element);
    const { speaker } = document.getElementById("call").dataset;
    if (speaker) this.video.setSinkId?.(speaker).catch(() => {});
    peer.addEventListener("stream", () => this.play());
    peer.addEventListener("far", () => this.look());
    peer.addEventListener("state", () => this.look());
    this.look();
    arrange();
  }

  play() {
    if (this.video.srcObject !== this.peer.stream) this.video.srcObject = this.peer.stream;
    this.video.play().catch(() => {});
    this.look();
  }

  look() {
    const { far, stream } = this.peer;
    const shown = stream.getVideoTracks().length > 0 && (far.camera || far.screen);
    this.element.classList.toggle("tile--shown", shown);
    this.element.classList.toggle("tile--screen", far.screen);
    this.element.classList.toggle("tile--away", !this.peer.connected);
    this.element.querySelector(".tile__muted").hidden = far.mic;
  }

  remove() {
    this.video.srcObject = null;
    this.element.remove();
    arrange();
  }
}

function arrange() {
  place.dataset.count = String(place.children.length);
}
