// How the connection is, from the browser's own figures: lost packets and round trips of the last seconds.

export class Quality {
  constructor() {
    this.before = new Map();
    this.now = "";
  }

  /** "good", "fair", "poor", or "" when there is nothing to measure. */
  async measure(peers) {
    const order = ["poor", "fair", "good"];
    let worst = "";
    for (const peer of peers) {
      const one = await this.of(peer);
      if (one && (!worst || order.indexOf(one) < order.indexOf(worst))) worst = one;
    }
    this.now = worst;
    return worst;
  }

  async of(peer) {
    if (!peer.connected) return "poor";
    let lost = 0;
    let came = 0;
    let trip = 0;
    for (const report of (await peer.pc.getStats()).values()) {
      if (report.type === "inbound-rtp") {
        lost += report.packetsLost ?? 0;
        came += report.packetsReceived ?? 0;
      }
      if (report.type === "candidate-pair" && report.nominated && report.currentRoundTripTime !== undefined) {
        trip = Math.max(trip, report.currentRoundTripTime);
      }
    }
    const old = this.before.get(peer.visit) ?? { lost: 0, came: 0 };
    this.before.set(peer.visit, { lost, came });
    const share = Math.max(0, lost - old.lost) / Math.max(1, lost - old.lost + (came - old.came));
    if (came - old.came <= 0 && (peer.far.mic || peer.far.camera)) return "poor";
    return share > 0.08 || trip > 0.6 ? "poor" : share > 0.02 || trip > 0.25 ? "fair" : "good";
  }
}
