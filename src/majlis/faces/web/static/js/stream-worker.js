// One of these runs per browser and member; every tab is a port.
import { listen } from "./stream-source.js";

const ports = new Set();
let stop = null;
let state = null;

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.bye) {
      ports.delete(port);
      if (ports.size === 0 && stop) {
        stop();
        stop = null;
        state = null;
      }
      return;
    }
    ports.add(port);
    if (state) port.postMessage(state);
    stop ??= listen(data, (told) => {
      if (told.kind === "stream") state = told;
      for (const each of ports) each.postMessage(told);
    });
  };
};
