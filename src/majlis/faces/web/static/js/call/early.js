// Counts down to the opening of the room, then goes in.

import { lasting } from "./words.js";

const box = document.querySelector(".call-around__wait");
const ahead = Date.parse(box.dataset.now) - Date.now();
const opens = Date.parse(box.dataset.opens);

function tick() {
  const left = (opens - Date.now() - ahead) / 1000;
  box.querySelector(".call-around__count").textContent = lasting(left);
  if (left <= 0) location.reload();
  else setTimeout(tick, Math.min(1000, left * 1000 + 50));
}
tick();
