// The weekly timetable: drag over the grid to open time, over open time to close it. The typed times below are the truth:
// the grid is drawn from them and writes into them, so the form works without this file.
const form = document.querySelector("[data-hours]");
const grid = form.querySelector("[data-paint]");
const days = [...form.querySelectorAll("[data-day]")];
const STEP = 30;
const CELLS = 1440 / STEP;
const locale = document.documentElement.dataset.locale || document.documentElement.lang;

const toMinutes = (text) => {
  const [hours, minutes] = text.split(":").map(Number);
  return hours * 60 + minutes;
};
const toText = (minutes) => `${String(Math.floor(minutes / 60) % 24).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

// The typed stretches of a day as [begin, end] in minutes; an end of the next day counts on beyond 1440.
function stretches(day) {
  return [...day.querySelectorAll("[data-stretch]")]
    .map((row) => [...row.querySelectorAll("input")].map((input) => input.value))
    .filter(([from, to]) => from && to)
    .map(([from, to]) => {
      const begin = toMinutes(from);
      const end = toMinutes(to);
      return [begin, end > begin ? end : end + 1440];
    });
}

function addRow(day) {
  const rows = day.querySelectorAll("[data-stretch]");
  const row = rows[rows.length - 1].cloneNode(true);
  for (const input of row.querySelectorAll("input")) input.value = "";
  rows[rows.length - 1].after(row);
  return row;
}

function write(day, wanted) {
  const rows = [...day.querySelectorAll("[data-stretch]")];
  const needed = Math.max(1, wanted.length);
  while (rows.length < needed) rows.push(addRow(day));
  rows.forEach((row, index) => {
    const [from, to] = row.querySelectorAll("input");
    from.value = index < wanted.length ? toText(wanted[index][0]) : "";
    to.value = index < wanted.length ? toText(wanted[index][1]) : "";
    if (index >= needed) row.remove();
  });
}

function add(list, begin, end) {
  const apart = list.filter(([a, b]) => b < begin || a > end);
  const touching = list.filter(([a, b]) => b >= begin && a <= end);
  const joined = [Math.min(begin, ...touching.map(([a]) => a)), Math.max(end, ...touching.map(([, b]) => b))];
  return [...apart, joined].sort((x, y) => x[0] - y[0]);
}

function take(list, begin, end) {
  return list.flatMap(([a, b]) => [[a, Math.min(b, begin)], [Math.max(a, end), b]].filter(([x, y]) => y - x >= 5 && x < y));
}

const isOpen = (list, cell) => list.some(([a, b]) => a < (cell + 1) * STEP && b > cell * STEP);

const cells = []; // cells[day][cell]
let drag = null; // {adds, day, cell, toDay, toCell}

function build() {
  const hourName = new Intl.DateTimeFormat(locale, { hour: "numeric", timeZone: "UTC" });
  const make = (className, text = "") => {
    const element = document.createElement("div");
    element.className = className;
    element.textContent = text;
    return element;
  };
  grid.append(make("paint__head"));
  for (const day of days) grid.append(make("paint__head", day.dataset.name));
  for (let cell = 0; cell < CELLS; cell += 1) {
    const whole = cell % 2 === 0;
    if (whole) grid.append(make("paint__hour", hourName.format(new Date(Date.UTC(2026, 0, 1, cell / 2)))));
    days.forEach((_, index) => {
      const element = make(`paint__cell${whole ? " paint__cell--hour" : ""}`);
      Object.assign(element.dataset, { column: index, cell });
      (cells[index] ||= [])[cell] = element;
      grid.append(element);
    });
  }
  grid.hidden = false;
}

function within(column, cell) {
  if (!drag) return false;
  const between = (value, a, b) => value >= Math.min(a, b) && value <= Math.max(a, b);
  return between(column, drag.day, drag.toDay) && between(cell, drag.cell, drag.toCell);
}

function draw() {
  days.forEach((day, column) => {
    const list = stretches(day);
    cells[column].forEach((element, cell) => {
      const chosen = within(column, cell);
      element.classList.toggle("paint__cell--open", isOpen(list, cell));
      element.classList.toggle("paint__cell--adds", chosen && drag.adds);
      element.classList.toggle("paint__cell--takes", chosen && !drag.adds);
    });
  });
}

const cellAt = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-cell]");

grid.addEventListener("pointerdown", (event) => {
  const element = event.target.closest("[data-cell]");
  if (!element || event.button !== 0 || event.pointerType === "touch") return;
  const [day, cell] = [Number(element.dataset.column), Number(element.dataset.cell)];
  drag = { adds: !isOpen(stretches(days[day]), cell), day, cell, toDay: day, toCell: cell };
  event.preventDefault();
  draw();
});

addEventListener("pointermove", (event) => {
  if (!drag) return;
  const element = cellAt(event);
  if (!element || !grid.contains(element)) return;
  drag.toDay = Number(element.dataset.column);
  drag.toCell = Number(element.dataset.cell);
  draw();
});

function finish() {
  if (!drag) return;
  const [begin, end] = [Math.min(drag.cell, drag.toCell) * STEP, (Math.max(drag.cell, drag.toCell) + 1) * STEP];
  const change = drag.adds ? add : take;
  for (let column = Math.min(drag.day, drag.toDay); column <= Math.max(drag.day, drag.toDay); column += 1) {
    write(days[column], change(stretches(days[column]), begin, end));
  }
  drag = null;
  draw();
}
addEventListener("pointerup", finish);
addEventListener("pointercancel", () => {
  drag = null;
  draw();
});

// A finger scrolls the page; a tap opens or closes the half hour under it.
grid.addEventListener("click", (event) => {
  const element = event.target.closest("[data-cell]");
  if (!element || event.pointerType !== "touch") return;
  const [day, cell] = [Number(element.dataset.column), Number(element.dataset.cell)];
  drag = { adds: !isOpen(stretches(days[day]), cell), day, cell, toDay: day, toCell: cell };
  finish();
});

form.addEventListener("input", draw);
form.addEventListener("click", (event) => {
  const day = event.target.closest("[data-day]");
  if (event.target.closest("[data-adds]")) {
    addRow(day).querySelector("input").focus();
  } else if (event.target.closest("[data-clears]")) {
    const row = event.target.closest("[data-stretch]");
    if (day.querySelectorAll("[data-stretch]").length > 1) row.remove();
    else for (const input of row.querySelectorAll("input")) input.value = "";
    draw();
  }
});
for (const button of form.querySelectorAll("[data-adds], [data-clears]")) button.hidden = false;
// The empty line under each day is for pages without scripts: here a button adds one.
for (const day of days) write(day, stretches(day));
build();
draw();
document.getElementById("displaced")?.focus();
