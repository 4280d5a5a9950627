// Records the call in this browser: all pictures side by side on a canvas, all sound mixed; sent in pieces while it
// goes on. A piece is sent until it is taken, in order.

const WIDTH = 960;
const HEIGHT = 540;
const RATE = 15;
const PIECE = 4000; // milliseconds

export const canRecord = () =>
  Boolean(window.MediaRecorder && HTMLCanvasElement.prototype.captureStream && window.AudioContext);

export class Recorder {
  /** `look()` gives the `{video, stream}` of everybody now; `deliver(number, blob)` sends a piece. */
  constructor({ look, deliver }) {
    Object.assign(this, { look, deliver });
    this.number = 0;
    this.waiting = [];
    this.sending = false;
    this.heard = new Map();
  }

  start() {
    this.canvas = document.createElement("canvas");
    this.canvas.width = WIDTH;
    this.canvas.height = HEIGHT;
    this.brush = this.canvas.getContext("2d", { alpha: false });
    this.sound = new AudioContext();
    this.mix = this.sound.createMediaStreamDestination();
    // A source that is always there, so that the sound track never stalls.
    const silence = this.sound.createConstantSource();
    const none = this.sound.createGain();
    none.gain.value = 0;
    silence.connect(none).connect(this.mix);
    silence.start();

    this.paint();
    this.painting = setInterval(() => this.paint(), 1000 / RATE);
    const stream = this.canvas.captureStream(RATE);
    stream.addTrack(this.mix.stream.getAudioTracks()[0]);
    const kinds = ["video/webm;codecs=vp8,opus", "video/webm"];
    const mimeType = kinds.find((kind) => MediaRecorder.isTypeSupported(kind)) ?? "";
    this.machine = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: 700_000, audioBitsPerSecond: 48_000 });
    this.ended = new Promise((done) => this.machine.addEventListener("stop", done, { once: true }));
    this.machine.addEventListener("dataavailable", ({ data }) => {
      if (!data.size) return;
      this.number += 1;
      this.waiting.push([this.number, data]);
      this.flush();
    });
    this.machine.start(PIECE);
  }

  paint() {
    const seen = this.look();
    for (const { stream } of seen) this.listen(stream);
    const columns = Math.max(1, Math.ceil(Math.sqrt(seen.length)));
    const rows = Math.max(1, Math.ceil(seen.length / columns));
    this.brush.fillStyle = "#171410";
    this.brush.fillRect(0, 0, WIDTH, HEIGHT);
    seen.forEach(({ video }, index) => {
      if (!video.videoWidth) return;
      const [w, h] = [WIDTH / columns, HEIGHT / rows];
      const scale = Math.min(w / video.videoWidth, h / video.videoHeight);
      const [pw, ph] = [video.videoWidth * scale, video.videoHeight * scale];
      const x = (index % columns) * w + (w - pw) / 2;
      const y = Math.floor(index / columns) * h + (h - ph) / 2;
      this.brush.drawImage(video, x, y, pw, ph);
    });
  }

  listen(stream) {
    for (const track of stream.getAudioTracks()) {
      if (this.heard.has(track.id)) continue;
      this.heard.set(track.id, this.sound.createMediaStreamSource(new MediaStream([track])).connect(this.mix));
    }
  }

  async flush() {
    if (this.sending) return;
    this.sending = true;
    let patience = 500;
    while (this.waiting.length) {
      const [number, piece] = this.waiting[0];
      try {
        await this.deliver(number, piece);
        this.waiting.shift();
        patience = 500;
      } catch (wrong) {
        // 4xx: it will not be taken (ended or withdrawn); anything else is a bad line.
        if (wrong.status >= 400 && wrong.status < 500 && wrong.status !== 429) this.waiting = [];
        else await new Promise((later) => setTimeout(later, (patience = Math.min(patience * 2, 8000))));
      }
    }
    this.sending = false;
    this.emptied?.();
  }

  /** End, and resolve when every piece has been taken. */
  async stop() {
    if (this.machine.state !== "inactive") {
      this.machine.stop();
      await this.ended;
    }
    clearInterval(this.painting);
    if (this.sending || this.waiting.length) {
      await new Promise((done) => {
        this.emptied = done;
        this.flush();
      });
    }
    if (this.sound.state !== "closed") this.sound.close();
  }
}
