// One connection to one other browser, by "perfect negotiation": either side may offer at any time; when both do, the
// polite one gives way. A connection that breaks is mended by an ICE restart, without a new call.

const BATCH = 50; // milliseconds in which candidates are gathered into one signal
const PATIENCE = 2500; // milliseconds a "disconnected" may mend itself

export class Peer extends EventTarget {
  constructor({ visit, person, name, polite, iceServers, send, media }) {
    super();
    Object.assign(this, { visit, person, name, polite, send, media });
    this.stream = new MediaStream();
    this.far = { mic: true, camera: true, screen: false };
    this.makingOffer = false;
    this.ignoring = false;
    this.candidates = [];
    this.senders = {};
    this.work = Promise.resolve();
    const pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.pc = pc;

    pc.addEventListener("negotiationneeded", () => this.offer());
    pc.addEventListener("icecandidate", ({ candidate }) => this.gather(candidate));
    pc.addEventListener("track", ({ track }) => {
      for (const old of this.stream.getTracks()) if (old.kind === track.kind && old !== track) this.stream.removeTrack(old);
      this.stream.addTrack(track);
      this.dispatchEvent(new Event("stream"));
    });
    pc.addEventListener("iceconnectionstatechange", () => this.watch());
    pc.addEventListener("connectionstatechange", () => this.dispatchEvent(new Event("state")));

    // What each side shows and mutes goes beside the media, so that it is never behind it.
    this.channel = pc.createDataChannel("state", { negotiated: true, id: 0 });
    this.channel.addEventListener("open", () => this.tell());
    this.channel.addEventListener("message", ({ data }) => {
      try {
        this.far = { ...this.far, ...JSON.parse(data) };
        this.dispatchEvent(new Event("far"));
      } catch {
        // Not ours.
      }
    });
    this.sendMedia();
  }

  get connected() {
    return ["connected", "completed"].includes(this.pc.iceConnectionState);
  }

  tell() {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify(this.media.state));
  }

  /** Send what there is to send now; only a first microphone or picture needs new negotiation. */
  sendMedia() {
    for (const [kind, track] of [["audio", this.media.audio], ["video", this.media.picture]]) {
      if (this.senders[kind]) this.senders[kind].replaceTrack(track).catch(() => {});
      else if (track) this.senders[kind] = this.pc.addTrack(track, this.media.stream);
    }
    this.tell();
  }

  async offer() {
    try {
      this.makingOffer = true;
      await this.pc.setLocalDescription();
      this.send({ description: this.pc.localDescription.toJSON() });
    } catch {
      // Closed meanwhile, or the other side's offer came first.
    } finally {
      this.makingOffer = false;
    }
  }

  gather(candidate) {
    if (!candidate) return;
    this.candidates.push(candidate.toJSON());
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.send({ candidates: this.candidates.splice(0) });
    }, BATCH);
  }

  /** A word of the other side. One after the other: a candidate never overtakes its description. */
  hear(body) {
    this.work = this.work.then(() => this.take(body)).catch((wrong) => console.warn("call", wrong));
    return this.work;
  }

  async take({ description, candidates }) {
    const pc = this.pc;
    if (pc.signalingState === "closed") return;
    if (description) {
      const collision = description.type === "offer" && (this.makingOffer || pc.signalingState !== "stable");
      this.ignoring = !this.polite && collision;
      if (this.ignoring) return;
      if (description.type === "answer" && pc.signalingState !== "have-local-offer") return;
      await pc.setRemoteDescription(description);
      if (description.type === "offer") {
        await pc.setLocalDescription();
        this.send({ description: pc.localDescription.toJSON() });
      }
    }
    for (const candidate of candidates ?? []) {
      try {
        await pc.addIceCandidate(candidate);
      } catch (wrong) {
        if (!this.ignoring) throw wrong;
      }
    }
  }

  watch() {
    const state = this.pc.iceConnectionState;
    clearTimeout(this.mending);
    if (state === "failed") this.restart();
    if (state === "disconnected") this.mending = setTimeout(() => this.restart(), PATIENCE);
    this.dispatchEvent(new Event("state"));
  }

  restart() {
    if (this.pc.signalingState !== "closed") this.pc.restartIce();
  }

  close() {
    clearTimeout(this.mending);
    clearTimeout(this.timer);
    this.pc.close();
  }
}
