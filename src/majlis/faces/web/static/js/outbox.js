// What was written and is not stored yet. It survives a reload of the tab (sessionStorage), is sent in order, one at a
// time, and each message has a key of its own, so that sending it twice stores it once.

/** `deliver(message)` sends one: resolves when stored, throws `{refused: "why"}` when the answer is no, anything else
    when it could not be sent now. `show(message)` is told whenever a message's state changes. */
export function outbox(name, deliver, show) {
  let waiting = load();
  let sending = false;
  let patience = 1000;
  let timer = 0;

  function load() {
    try {
      return JSON.parse(sessionStorage.getItem(name)) ?? [];
    } catch {
      return [];
    }
  }

  function keep() {
    try {
      sessionStorage.setItem(name, JSON.stringify(waiting));
    } catch {
      // No room or no permission: then it lives as long as the page.
    }
  }

  async function flush() {
    if (sending) return;
    sending = true;
    clearTimeout(timer);
    try {
      let message;
      while ((message = waiting.find((each) => !each.refused))) {
        try {
          await deliver(message);
          waiting = waiting.filter((each) => each.key !== message.key);
          patience = 1000;
        } catch (wrong) {
          if (wrong?.refused) {
            message.refused = wrong.refused;
            show(message);
          } else {
            message.delayed = true;
            show(message);
            timer = setTimeout(flush, patience + Math.random() * 300);
            patience = Math.min(patience * 2, 30_000);
            return;
          }
        } finally {
          keep();
        }
      }
    } finally {
      sending = false;
    }
  }

  return {
    add(message) {
      waiting.push(message);
      keep();
      show(message);
      flush();
    },
    again(key) {
      const message = waiting.find((each) => each.key === key);
      if (!message) return;
      delete message.refused;
      delete message.delayed;
      show(message);
      hurry();
    },
    drop(key) {
      waiting = waiting.filter((each) => each.key !== key);
      keep();
    },
    /** The server has it after all (seen in the conversation): no need to send it. */
    stored(key) {
      if (waiting.some((each) => each.key === key)) this.drop(key);
    },
    all: () => [...waiting],
    hurry,
  };

  function hurry() {
    patience = 1000;
    flush();
  }
}

/** A key nobody else has, also where there is no secure context. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
