// The call's sentences, translated by the server, and how numbers are written here.

const words = document.getElementById("call-words")?.dataset ?? {};
const locale = document.documentElement.dataset.locale || document.documentElement.lang;
const two = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2, useGrouping: false });
const one = new Intl.NumberFormat(locale, { useGrouping: false });

/** A sentence by name; `__name__` and `__time__` in it are filled in. */
export function say(name, { person = "", time = "" } = {}) {
  return (words[name] ?? "").replace("__name__", `\u2068${person}\u2069`).replace("__time__", `\u2068${time}\u2069`);
}

/** 42:07, or 1:02:07, in the reader's digits. */
export function lasting(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = two.format(whole % 60);
  return hours ? `${one.format(hours)}:${two.format(minutes)}:${rest}` : `${one.format(minutes)}:${rest}`;
}

/** Letters for a face without a picture. */
export function initials(name) {
  const parts = name.trim().split(/\s+/);
  const first = [...(parts[0] ?? "")][0] ?? "";
  const last = parts.length > 1 ? [...parts.at(-1)][0] : "";
  return /[\u0600-\u06ff]/.test(first) ? first : (first + last).toUpperCase();
}
