// Where one writes: the text, files dropped, pasted or chosen, the message one answers or changes.
import { ask, csrf } from "./asking.js";
import { newKey } from "./outbox.js";
import { toast } from "./toast.js";

const TYPING_EVERY = 3000;

export function composer(talk, form, { send }) {
  const text = form.querySelector("#text");
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("#papers");
  const context = form.querySelector("#context");
  const mould = talk.querySelector("#paper-mould").content.firstElementChild;
  const draft = `majlis-draft-${talk.dataset.conversation}`;
  const most = Number(talk.dataset.most);
  let papers = [];
  let answers = 0;
  let changing = "";

  const grow = () => {
    text.style.blockSize = "auto";
    text.style.blockSize = `${Math.min(text.scrollHeight + 2, 180)}px`;
  };
  text.value ||= sessionStorage.getItem(draft) ?? "";
  grow();

  let told = 0;
  text.addEventListener("input", () => {
    grow();
    if (!changing) sessionStorage.setItem(draft, text.value);
    if (text.value && Date.now() - told > TYPING_EVERY) {
      told = Date.now();
      ask(`${talk.dataset.url}typing/`, { form: new FormData() }).catch(() => {});
    }
  });
  // Enter sends where there is a real keyboard; on a phone it is a new line, and the button sends.
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (changing) {
      change();
      return;
    }
    const ready = papers.filter((paper) => paper.id);
    if (ready.length < papers.length) {
      toast(talk.dataset.saidUploading, { kind: "info" });
      return;
    }
    const words = text.value.trim();
    if (!words && !ready.length) return;
    send({
      key: newKey(),
      text: words,
      papers: ready.map(({ id, name }) => ({ id, name })),
      answers: answers || undefined,
    });
    papers = [];
    list.replaceChildren();
    leave();
    text.value = "";
    sessionStorage.removeItem(draft);
    grow();
    text.focus();
  });

  async function change() {
    const body = new FormData();
    body.set("text", text.value);
    try {
      await ask(changing, { form: body });
      leave();
      text.value = sessionStorage.getItem(draft) ?? "";
      grow();
    } catch (wrong) {
      toast(wrong?.refused ?? talk.dataset.saidLost, { kind: "bad" });
    }
  }

  function leave() {
    answers = 0;
    if (changing) text.value = sessionStorage.getItem(draft) ?? "";
    changing = "";
    context.hidden = true;
  }
  context.querySelector("button").addEventListener("click", leave);
  function about(words) {
    context.hidden = false;
    context.querySelector(".composer__context-text").textContent = words.slice(0, 140);
    text.focus();
  }

  // Files

  function add(files) {
    for (const file of files) {
      if (papers.length >= most) {
        toast(talk.dataset.saidMany, { kind: "bad" });
        return;
      }
      upload(file);
    }
  }
  async function upload(file) {
    const paper = { name: file.name || "image.png", id: "" };
    papers.push(paper);
    const row = mould.cloneNode(true);
    const drop = () => {
      papers = papers.filter((each) => each !== paper);
      row.remove();
    };
    row.querySelector(".composer__paper-name").textContent = paper.name;
    row.querySelector(".composer__paper-state").textContent = talk.dataset.saidUploading;
    row.querySelector("button").addEventListener("click", drop);
    list.append(row);
    const body = new FormData();
    body.set("purpose", "attachment");
    body.set("file", file, paper.name);
    try {
      const answer = await fetch("/api/v1/files", {
        method: "POST",
        body,
        headers: { "X-CSRFToken": csrf },
        credentials: "same-origin",
      });
      const said = await answer.json();
      if (!answer.ok) throw { refused: said.detail };
      paper.id = said.id;
      row.querySelector(".composer__paper-state").textContent = "";
    } catch (wrong) {
      drop();
      toast(`${paper.name}: ${wrong?.refused ?? talk.dataset.saidLost}`, { kind: "bad" });
    }
  }
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  text.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    add(files);
  });
  let depth = 0;
  const over = (value) => talk.classList.toggle("talk--over", value);
  talk.addEventListener("dragenter", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    depth += 1;
    over(true);
  });
  talk.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) over(false);
  });
  talk.addEventListener("dragover", (event) => event.preventDefault());
  talk.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    over(false);
    add(event.dataTransfer.files);
  });

  return {
    answer(number, words) {
      leave();
      answers = number;
      about(words);
    },
    change(address, words) {
      leave();
      changing = address;
      text.value = words;
      grow();
      about(words);
    },
  };
}
