import { words } from "/page/words.js";
import { chart, parseMetrics } from "/page/chart.js";

let language = localStorage.getItem("lmkor-language") || (navigator.language.startsWith("ko") ? "ko" : "en");
let key = sessionStorage.getItem("lmkor-key") || "";
let info = null, models = [], selected = "tokens", timer = 0;
const $ = (id) => document.getElementById(id);
const say = (name) => words[language][name] ?? name;

function element(name, attributes = {}, ...children) {
  const out = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) out.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null) out.setAttribute(key, value === true ? "" : value);
  }
  out.append(...children.filter((child) => child !== null && child !== undefined));
  return out;
}

async function ask(path, body) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method: body ? "POST" : "GET", headers, body: body ? JSON.stringify(body) : undefined });
  } catch {
    throw new Error(say("none"));
  }
  $("key").hidden = response.status !== 401;
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error ?? response.statusText);
  return response.headers.get("content-type").includes("application/json") ? response.json() : response.text();
}
const post = (path, body) => ask(path, { model: $("model").value, ...body });

// Offsets are code points, JavaScript's strings are not.
const points = (text) => Array.from(text);
const percent = (score) => (100 * score).toFixed(1) + " %";

function scores(rows, first) {
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...[first, "score"].map((name) => element("th", { scope: "col" }, say(name))))));
  const body = element("tbody");
  for (const [name, score] of rows) {
    body.append(element("tr", {}, element("td", {}, name),
      element("td", { class: "number" }, element("span", { class: "bar", style: `width:${Math.max(0, Math.min(1, score)) * 12}rem`, "aria-hidden": "true" }), " " + percent(score))));
  }
  table.append(body);
  return element("div", { class: "scroll" }, table);
}

// The text with spans of it marked: [{begin, end, label, color, weight}], in order and apart.
function marked(text, spans) {
  const all = points(text), out = element("p", { class: "text" });
  let at = 0;
  for (const span of spans) {
    out.append(all.slice(at, span.begin).join(""));
    out.append(element("mark", { style: `border-color:var(--c${span.color % 6});background:color-mix(in srgb, var(--c${span.color % 6}) ${Math.round(40 * span.weight)}%, transparent)`,
      title: percent(span.weight) }, all.slice(span.begin, span.end).join(""), element("small", {}, span.label)));
    at = span.end;
  }
  out.append(all.slice(at).join(""));
  return out;
}

const field = (id, name, value, rows = 3) => element("p", {}, element("label", { for: id }, say(name)), element("textarea", { id, rows }, value));

// One row for each thing to try: what it is called, the route that the model must have, what is asked for, what is shown.
const tasks = {
  fillMask: {
    route: "/fill-mask", hint: "maskHint",
    fields: () => [field("text", "text", "오늘 영화는 정말 [MASK] .")],
    show: async () => (await post("/fill-mask", { inputs: $("text").value, top_k: 8 })).masks.map((mask) => scores(mask.map((c) => [c.token, c.score]), "token")),
  },
  predict: {
    route: "/predict",
    fields: () => [field("text", "text", "배우들 연기가 정말 좋았어요."), field("second", "second", "", 2)],
    show: async () => {
      const pair = $("second").value ? [$("text").value, $("second").value] : $("text").value;
      return [scores((await post("/predict", { inputs: pair })).map((one) => [one.label, one.score]), "label")];
    },
  },
  ner: {
    route: "/ner",
    fields: () => [field("text", "text", "세종대왕은 1443년에 한글을 만들었다.")],
    show: async () => {
      const found = (await post("/ner", { inputs: $("text").value })).entities, types = [...new Set(found.map((e) => e.type))].sort();
      const spans = found.map((e) => ({ ...e, label: e.type, color: types.indexOf(e.type), weight: e.score }));
      return [marked($("text").value, spans), found.length ? null : element("p", { class: "quiet" }, say("noEntities"))];
    },
  },
  detect: {
    route: "/detect", hint: "oddHint",
    fields: () => [field("text", "text", "저녁에 밥을 맛있게 마셨다.")],
    show: async () => {
      const found = (await post("/detect", { inputs: $("text").value })).words;
      return [marked($("text").value, found.map((w) => ({ ...w, label: percent(w.score), color: w.score > 0.5 ? 5 : 0, weight: w.score })))];
    },
  },
  similarity: {
    route: "/similarity",
    fields: () => [field("text", "text", "영화가 재미있었다.", 2), field("sentences", "sentences", "정말 재미있는 영화였다.\n오늘은 비가 온다.\n배우의 연기가 좋았다.", 4)],
    show: async () => {
      const sentences = $("sentences").value.split("\n").filter((line) => line.trim());
      const values = await post("/similarity", { inputs: { source_sentence: $("text").value, sentences } });
      return [scores(sentences.map((s, i) => [s, values[i]]).sort((a, b) => b[1] - a[1]), "text")];
    },
  },
  answer: {
    route: "/answer",
    fields: () => [field("question", "question", "한글은 누가 만들었나?", 1), field("context", "context", "한글은 1443년에 세종대왕이 만들었다.")],
    show: async () => {
      const found = await post("/answer", { question: $("question").value, context: $("context").value });
      return [marked($("context").value, [{ ...found, label: percent(found.score), color: 2, weight: found.score }])];
    },
  },
  tokens: {
    route: "/tokenize",
    fields: () => [field("text", "text", "한국어 모델을 공유합니다.")],
    show: async () => {
      const [tokens] = await post("/tokenize", { inputs: $("text").value });
      return [element("p", {}, ...tokens.map((t) => element("span", { class: "token" }, t.text, element("small", {}, String(t.id)),
        element("small", {}, t.start === null ? "–" : `${t.start}–${t.stop}`))))];
    },
  },
};

function form(name) {
  const task = tasks[name], result = element("section", { "aria-live": "polite" });
  const run = async (event) => {
    event?.preventDefault();
    result.replaceChildren(element("p", { class: "quiet" }, say("waiting")));
    try {
      result.replaceChildren(...(await task.show()).filter(Boolean));
    } catch (error) {
      result.replaceChildren(element("p", { class: "error", role: "alert" }, error.message));
    }
  };
  return [task.hint ? element("p", { class: "quiet" }, say(task.hint)) : "",
    element("form", { onsubmit: run }, ...task.fields(), element("button", { class: "main", type: "submit" }, say("run"))), result];
}

async function curves(path, into) {
  const rows = parseMetrics(await ask("/reports/" + path));
  const out = [];
  for (const [name, title] of [["loss", "loss"], ["tokens_per_second", "tokensPerSecond"]]) {
    const line = rows.filter((row) => typeof row[name] === "number").map((row) => [row.step, row[name]]);
    if (line.length > 1) out.push(element("h2", {}, say(title)), chart(line, say(title), say("step")));
  }
  into.replaceChildren(...out);
}

async function reports() {
  const list = await ask("/reports"), view = element("section", { "aria-live": "polite" });
  if (!list.length) return [element("p", {}, say("noReports"))];
  const show = (path) => {
    clearInterval(timer);
    if (path.endsWith(".html")) return view.replaceChildren(element("iframe", { src: "/reports/" + path, title: path, sandbox: "allow-scripts" }));
    const draw = () => curves(path, view).catch((error) => view.replaceChildren(element("p", { class: "error" }, error.message)));
    draw();
    timer = setInterval(draw, 3000);
  };
  return [element("ul", {}, ...list.map((path) => element("li", {}, element("button", { type: "button", onclick: () => show(path) },
    path.endsWith(".jsonl") ? `${path} (${say("live")})` : path)))), view];
}

async function show(name) {
  clearInterval(timer);
  selected = name;
  for (const tab of $("tabs").children) {
    tab.setAttribute("aria-selected", tab.id === "tab-" + name);
    tab.tabIndex = tab.id === "tab-" + name ? 0 : -1;
  }
  const main = $("main");
  main.setAttribute("aria-labelledby", "tab-" + name);
  main.setAttribute("role", "tabpanel");
  try {
    main.replaceChildren(...(name === "reports" ? await reports() : form(name)));
  } catch (error) {
    main.replaceChildren(element("p", { class: "error", role: "alert" }, error.message));
  }
}

function tabs() {
  const usable = Object.keys(tasks).filter((name) => info?.routes?.includes(tasks[name].route));
  const names = [...usable, "reports"];
  if (!names.includes(selected)) selected = names[0];
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = names[(names.indexOf(selected) + step + names.length) % names.length];
    show(next);
    $("tab-" + next).focus();
  };
  $("tabs").replaceChildren(...names.map((name) => element("button", { type: "button", role: "tab", id: "tab-" + name, "aria-controls": "main",
    onclick: () => show(name), onkeydown: move }, say(name))));
  return show(selected);
}

async function load() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  $("language").textContent = say("other");
  try {
    const name = $("model").value;
    info = await ask("/info" + (name ? "?model=" + encodeURIComponent(name) : ""));
    if (info.models.join() !== models.join()) {
      models = info.models;
      $("model").replaceChildren(...models.map((one) => element("option", { value: one }, one)));
    }
    $("about").textContent = `${info.architecture} · ${info.model_dtype} · ${say("parameters")} ${info.max_input_length} · lmkor ${info.version}`;
  } catch (error) {
    $("about").textContent = error.message;
  }
  await tabs();
}

$("model").addEventListener("change", load);
$("language").addEventListener("click", () => {
  language = language === "ko" ? "en" : "ko";
  localStorage.setItem("lmkor-language", language);
  load();
});
$("key").addEventListener("submit", (event) => {
  event.preventDefault();
  key = $("key-value").value;
  sessionStorage.setItem("lmkor-key", key);
  load();
});
load();
