// Camera, microphone, screen: what this side sends. Tracks are kept when muted, so that going on is immediate.

const kept = (name) => {
  try {
    return localStorage.getItem(`call.${name}`) || "";
  } catch {
    return "";
  }
};
const keep = (name, value) => {
  try {
    localStorage.setItem(`call.${name}`, value);
  } catch {
    // Then it is asked again next time.
  }
};

export class Media extends EventTarget {
  constructor(height) {
    super();
    this.height = height;
    this.stream = new MediaStream();
    this.screen = null;
    this.wanted = { audio: true, video: true };
  }

  get audio() {
    return this.stream.getAudioTracks()[0] ?? null;
  }

  get camera() {
    return this.stream.getVideoTracks()[0] ?? null;
  }

  /** The picture being sent: the screen while it is shared, else the camera. */
  get picture() {
    return this.screen ?? this.camera;
  }

  get state() {
    return {
      mic: Boolean(this.audio?.enabled),
      camera: Boolean(this.camera?.enabled),
      screen: Boolean(this.screen),
    };
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  constraints(kind) {
    const device = kept(kind);
    const which = device ? { deviceId: { ideal: device } } : {};
    if (kind === "audio") return { ...which, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    return { ...which, height: { ideal: this.height }, width: { ideal: (this.height * 16) / 9 }, frameRate: { ideal: 24, max: 30 } };
  }

  /** Ask for both; when one is refused or missing, for the other. Returns "" or why something is missing. */
  async open() {
    let why = "";
    const tries = [["audio", "video"], ["audio"], ["video"]];
    for (const kinds of tries) {
      try {
        const got = await navigator.mediaDevices.getUserMedia(
          Object.fromEntries(kinds.map((kind) => [kind, this.constraints(kind)])),
        );
        for (const track of got.getTracks()) this.take(track);
        break;
      } catch (wrong) {
        why = wrong?.name === "NotAllowedError" ? "denied" : wrong?.name === "NotReadableError" ? "busy" : "missing";
        if (!navigator.mediaDevices?.getUserMedia) break;
      }
    }
    this.changed();
    return this.audio && this.camera ? "" : why;
  }

  take(track) {
    const kind = track.kind === "audio" ? "audio" : "video";
    for (const old of this.stream.getTracks().filter((each) => each.kind === track.kind)) {
      this.stream.removeTrack(old);
      old.stop();
    }
    track.enabled = this.wanted[kind];
    this.stream.addTrack(track);
    // A device that is pulled out ends its track; say so and go on with what is left.
    track.addEventListener("ended", () => {
      if (this.stream.getTracks().includes(track)) {
        this.stream.removeTrack(track);
        this.changed();
      }
    });
  }

  /** Turn the microphone ("audio") or the camera ("video") on or off; a missing one is asked for again. */
  async toggle(kind) {
    const track = kind === "audio" ? this.audio : this.camera;
    this.wanted[kind] = !track?.enabled;
    if (track) track.enabled = this.wanted[kind];
    else if (this.wanted[kind]) await this.choose(kind, kept(kind));
    this.changed();
  }

  async choose(kind, device) {
    keep(kind, device);
    try {
      const got = await navigator.mediaDevices.getUserMedia({ [kind]: this.constraints(kind) });
      for (const track of got.getTracks()) this.take(track);
    } catch {
      // The old one goes on.
    }
    this.changed();
  }

  async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const of = (kind) => all.filter((each) => each.kind === kind && each.deviceId);
    return { audio: of("audioinput"), video: of("videoinput"), output: of("audiooutput") };
  }

  chosen(kind) {
    const track = kind === "audio" ? this.audio : this.camera;
    return track?.getSettings().deviceId ?? kept(kind);
  }

  async shareScreen() {
    const got = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 12 } }, audio: false });
    this.screen = got.getVideoTracks()[0];
    this.screen.contentHint = "detail";
    this.screen.addEventListener("ended", () => this.stopScreen());
    this.changed();
  }

  stopScreen() {
    this.screen?.stop();
    this.screen = null;
    this.changed();
  }

  close() {
    for (const track of this.stream.getTracks()) {
      this.stream.removeTrack(track);
      track.stop();
    }
    this.screen?.stop();
    this.screen = null;
  }
}

/** How loud a stream is, 0…1, told a few times a second until stopped. */
export function loudness(stream, tell) {
  if (!stream.getAudioTracks().length || !window.AudioContext) return () => {};
  const sound = new AudioContext();
  const ear = sound.createAnalyser();
  ear.fftSize = 512;
  sound.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(ear);
  const waves = new Uint8Array(ear.fftSize);
  const timer = setInterval(() => {
    ear.getByteTimeDomainData(waves);
    let sum = 0;
    for (const wave of waves) sum += ((wave - 128) / 128) ** 2;
    tell(Math.min(1, Math.sqrt(sum / waves.length) * 4));
  }, 120);
  return () => {
    clearInterval(timer);
    if (sound.state !== "closed") sound.close();
  };
}
