// The page: what is chosen, the drawing from left to right, the knobs, the keys.
"use strict";

const { embedding_size: E, hidden_size: H, num_attention_heads: N, num_hidden_layers: CALLS, vocab_size: V } = DATA.config;
const LAYER_WEIGHTS = Object.entries(DATA.tensors).reduce((all, [name, [, count]]) => all + (name.includes("albert_layers") ? count : 0), 0);
const STEP_TIME = 450; // milliseconds from one call to the next
const TOP = 10; // neighbours
const PLAIN = { off: new Set(), sharpness: 1, pad: 0, mask: true, pooling: "mean" };

const state = { call: 1, head: null, token: 1, open: "layer", number: 0, playing: false, hit: 0 };
const knobs = { ...PLAIN, off: new Set() };
let way, plain, near; // what the text went through with these knobs, and with none touched; its neighbours
let position = 0; // which call is drawn; between two whole numbers while stepping

const byId = (id) => document.getElementById(id);
const parts = {}; // elements that are drawn anew

const touched = () => knobs.off.size > 0 || ["sharpness", "pad", "pooling"].some((name) => knobs[name] !== PLAIN[name]);
const shownHeads = () => (state.head === null ? [...Array(N).keys()].filter((n) => !knobs.off.has(n)) : [state.head]);
const headForNumbers = () => state.head ?? 0;
const tokenName = (t, of = way) => `“${pieceText(of.tokens[t].piece)}”`;

// ---- building; anew when the language changes

const NOTES = () => ({ E, H, V: thousands(V), count: thousands(DATA.library?.names.length ?? 0), packages: (DATA.library?.packages ?? []).join(", ").replace(/^stdlib/, "Python") });

const stage = (id, chapters, note, ...body) => {
  const title = element("button", { type: "button", class: "open", id: `open_${id}`, "aria-expanded": "false", "aria-controls": "numbers", onclick: () => open(state.open === id ? null : id) }, label(id));
  const made = element(
    "section",
    { class: "stage", id: `stage_${id}` },
    element("div", { class: "head" }, element("h2", {}, title), element("p", { class: "chapters" }, chapterLinks(chapters), element("span", { class: "shape" })), element("p", { class: "note" }, note)),
    element("div", { class: "body" }, ...body),
  );
  return made;
};

// Rows of numbers, a token each; read() -> {matrix, width}
const rowsOf = (id, read) => {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const names = element("div", { class: "names", "aria-hidden": "true" });
  const box = element("div", { class: "rows", id: `rows_${id}` }, canvas);
  const at = (event) => {
    const area = canvas.getBoundingClientRect(), { matrix, width } = read();
    const t = Math.floor(((event.clientY - area.top) / area.height) * way.T);
    const j = Math.floor(((event.clientX - area.left) / area.width) * width);
    return { t: Math.min(way.T - 1, Math.max(0, t)), j: Math.min(width - 1, Math.max(0, j)), matrix, width };
  };
  box.addEventListener("pointermove", (event) => {
    const { t, j, matrix, width } = at(event);
    showTip(event, label("number_tip", { token: tokenName(t), j, value: digits(matrix[t * width + j]) }));
  });
  box.addEventListener("pointerleave", hideTip);
  box.addEventListener("click", (event) => {
    const { t, j } = at(event);
    state.number = j;
    pick(t);
  });
  parts[id] = { canvas, names, draw: () => strip(canvas, read().matrix, way.T, read().width, scaleOf(read().matrix)) };
  return element("div", { class: "named" }, names, box);
};

const buildLayer = () => {
  const step = (sign, to, key) => element("button", { type: "button", class: "step", id: key, "aria-label": label(key), title: label(key), onclick: () => go(to()) }, sign);
  parts.dots = [...Array(CALLS).keys()].map((i) => element("button", { type: "button", class: "dot", "aria-label": label("call", { call: i + 1, calls: CALLS }), onclick: () => go(i + 1) }, String(i + 1)));
  parts.call = element("span", { class: "call", role: "status" });
  parts.play = element("button", { type: "button", class: "step", id: "play", onclick: () => play(!state.playing) });
  const loop = element("div", { class: "counter" }, step("◀", () => state.call - 1, "previous"), element("span", { class: "dots" }, parts.dots), step("▶", () => state.call + 1, "next"), parts.play, parts.call);
  parts.all = element("button", { type: "button", class: "every", onclick: () => chooseHead(null) }, label("all_heads"));
  parts.heads = [...Array(N).keys()].map((n) => {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const button = element("button", { type: "button", class: "map", onclick: () => chooseHead(state.head === n ? null : n) }, canvas, element("span", {}, ""));
    return { button, canvas, told: button.lastChild };
  });
  parts.lines = element("canvas", { "aria-hidden": "true" });
  const lines = element("div", { class: "lines", onpointerleave: hideTip }, parts.lines);
  const rowAt = (event) => Math.min(way.T - 1, Math.max(0, Math.floor(((event.clientY - parts.lines.getBoundingClientRect().top) / parts.lines.clientHeight) * way.T)));
  lines.addEventListener("click", (event) => pick(rowAt(event)));
  lines.addEventListener("pointermove", (event) => {
    const t = rowAt(event), list = strongest(t).map(([s, weight]) => `${tokenName(s)} ${digits(weight, 2)}`).join(", ");
    showTip(event, label("line_tip", { token: tokenName(t), list }));
  });
  parts.moved = element("div", { class: "moved", "aria-hidden": "true" });
  parts.dot = element("span", { class: "runner", "aria-hidden": "true" });
  parts.loop = element("p", {});
  const made = stage(
    "layer", ["06", "01", "02", "13"], label("layer_note"),
    element("div", { class: "flow" }, rowsOf("into", () => ({ matrix: between(position - 1), width: H })), lines, rowsOf("out", () => ({ matrix: between(position), width: H })), parts.moved),
    element("div", { class: "loop" }, parts.dot, parts.loop),
  );
  made.querySelector(".head").append(loop, element("div", { class: "maps", role: "group" }, parts.all, parts.heads.map(({ button }) => button)), element("p", { class: "ends" }, element("span", {}, label("into")), element("span", {}, label("out"))));
  return made;
};

const buildNear = () => {
  parts.near = element("ol", { class: "near" });
  return stage("near", ["12", "11"], DATA.library ? label("near_note", NOTES()) : label("near_none"), parts.near);
};

const build = () => {
  root.lang = language;
  document.title = label("title");
  document.querySelectorAll("[data-label]").forEach((one) => (one.textContent = label(one.dataset.label)));
  document.querySelectorAll("[data-aria]").forEach((one) => one.setAttribute("aria-label", label(one.dataset.aria)));
  document.querySelectorAll("[data-chapters]").forEach((one) => one.replaceChildren(...chapterLinks(one.dataset.chapters.split(" "))));
  byId("language").textContent = DATA.labels.languages[LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length]];
  byId("examples").replaceChildren(...[1, 2, 3, 4].map((i) => element("button", { type: "button", onclick: () => setText(label(`example_${i}`)) }, label(`example_${i}`))));
  byId("tries").replaceChildren(label("try"), ...Object.entries(TRIES).map(([key, act]) => element("button", { type: "button", id: key, onclick: act }, label(key))));
  byId("off").replaceChildren(
    byId("off").firstElementChild,
    ...[...Array(N).keys()].map((n) => element("label", {}, element("input", { type: "checkbox", "data-head": n, checked: !knobs.off.has(n), onchange: (event) => turn(() => (event.target.checked ? knobs.off.delete(n) : knobs.off.add(n))) }), String(n))),
  );
  parts.pieces = element("div", { class: "pieces rows", role: "listbox", "aria-label": label("tokens"), tabindex: 0 });
  parts.fan = element("canvas", { "aria-hidden": "true" });
  parts.vector = element("canvas", { class: "vector", "aria-hidden": "true" });
  byId("way").replaceChildren(
    stage("pieces", ["05"], label("pieces_note"), parts.pieces),
    stage("table", ["07"], label("table_note", NOTES()), rowsOf("word", () => ({ matrix: way.word, width: E }))),
    stage("places", ["03"], label("places_note"), rowsOf("normed", () => ({ matrix: way.normed, width: E }))),
    stage("widen", ["07"], label("widen_note", NOTES()), rowsOf("widened", () => ({ matrix: way.hidden[0], width: H }))),
    buildLayer(),
    stage("pool", ["10"], label("pool_note", NOTES()), element("div", { class: "pooling" }, element("div", { class: "fan" }, parts.fan), parts.vector)),
    buildNear(),
  );
  const weights = Object.values(DATA.tensors).reduce((all, [, count]) => all + count, 0);
  sizes.disconnect();
  [parts.lines, parts.fan].forEach((canvas) => sizes.observe(canvas.parentNode));
  measure();
  byId("about").textContent = label("about", { model: DATA.model, weights: thousands(weights), ...NOTES() });
};

// ---- computing

const recompute = () => {
  way = run(byId("text").value, knobs);
  plain = touched() ? run(byId("text").value, PLAIN) : way;
  near = neighboursOf ? neighboursOf(way.vector, TOP) : [];
  state.token = Math.min(state.token, way.T - 1);
  draw();
};

// Hidden states between two calls, as they are drawn while stepping.
const between = (at) => {
  const low = Math.max(0, Math.floor(at)), high = Math.min(CALLS, low + 1), part = at - low;
  if (part <= 0) return way.hidden[low];
  return way.hidden[low].map((value, i) => value + part * (way.hidden[high][i] - value));
};
const weightBetween = (at) => {
  const low = Math.min(CALLS, Math.max(1, Math.floor(at))), high = Math.min(CALLS, low + 1), part = at - low, { T } = way;
  const [from, to] = [way.calls[low - 1].weights, way.calls[high - 1].weights];
  return (n, t, s) => {
    const i = (n * T + t) * T + s;
    return from[i] + part * (to[i] - from[i]);
  };
};
const strongest = (t) => {
  const weight = weightBetween(state.call), heads = shownHeads();
  const means = [...Array(way.T).keys()].map((s) => [s, heads.reduce((all, n) => all + weight(n, t, s), 0) / Math.max(1, heads.length)]);
  return means.sort((a, b) => b[1] - a[1]).slice(0, 4);
};

// ---- drawing

const rowHeight = () => (way.T <= 10 ? 31 : way.T <= 15 ? 25 : way.T <= 30 ? 20 : 15);

const draw = () => {
  root.style.setProperty("--row", `${rowHeight()}px`);
  root.style.setProperty("--count", way.T);
  parts.pieces.replaceChildren(
    ...way.tokens.map(({ id, piece }, t) =>
      element("div", { class: "token", role: "option", id: `token_${t}`, "data-place": t, onclick: () => choose(t), title: `${pieceText(piece)} · ${label("id")} ${id}` }, pieceElement(piece), element("span", { class: "id" }, String(id))),
    ),
  );
  const { T } = way, shapes = { pieces: `${T}`, table: `${T}×${E}`, places: `${T}×${E}`, widen: `${T}×${H}`, layer: `${T}×${H} → ${T}×${H}`, pool: `${H}`, near: "" };
  for (const [id, shape] of Object.entries(shapes)) byId(`stage_${id}`).querySelector(".shape").textContent = shape;
  for (const id of ["word", "normed", "widened"]) parts[id].draw();
  for (const id of ["word", "normed", "widened", "into", "out"]) parts[id].names.replaceChildren(...way.tokens.map(({ piece }) => element("div", {}, pieceElement(piece))));
  drawCall();
  drawPool();
  drawNear();
  drawKnobs();
  drawChosen();
  drawPair();
};

// Asked for when the page's size changes, not at each drawing: the answer would wait for a new layout.
const widths = { lines: 300, fan: 60 };
const measure = () => Object.assign(widths, { lines: parts.lines.parentNode.clientWidth, fan: parts.fan.parentNode.clientWidth });

const drawFrame = () => {
  const { lines: width } = widths, height = rowHeight() * way.T;
  drawLines(parts.lines, { T: way.T, heads: shownHeads(), weight: weightBetween(position), width, height, chosen: state.token });
  const scale = scaleOf(way.hidden[CALLS]);
  strip(parts.into.canvas, between(position - 1), way.T, H, scale);
  strip(parts.out.canvas, between(position), way.T, H, scale);
  parts.dot.style.left = `${100 * (1 - (position - Math.floor(position)))}%`;
  parts.dot.hidden = position === Math.floor(position);
};

const drawCall = () => {
  parts.dots.forEach((dot, i) => {
    dot.classList.toggle("done", i < state.call);
    if (i + 1 === state.call) dot.setAttribute("aria-current", "step");
    else dot.removeAttribute("aria-current");
  });
  parts.call.textContent = label("call", { call: state.call, calls: CALLS });
  parts.play.textContent = state.playing ? "❚❚" : "▶▶";
  parts.play.setAttribute("aria-label", label(state.playing ? "stop" : "play"));
  parts.play.title = label(state.playing ? "stop" : "play");
  byId("previous").disabled = state.call === 1;
  byId("next").disabled = state.call === CALLS;
  parts.loop.textContent = state.call === CALLS ? label("loop_end", { calls: CALLS }) : label("loop", { weights: thousands(LAYER_WEIGHTS) });
  const { T } = way, { weights } = way.calls[state.call - 1];
  parts.heads.forEach(({ button, canvas, told }, n) => {
    map(canvas, weights.subarray(n * T * T, (n + 1) * T * T), T);
    button.style.setProperty("--colour", colours.heads[n]);
    button.setAttribute("aria-pressed", state.head === n);
    button.classList.toggle("is_off", knobs.off.has(n));
    told.textContent = label(knobs.off.has(n) ? "head_off" : "head", { head: n });
  });
  parts.all.setAttribute("aria-pressed", state.head === null);
};

// Every token that counts hands its share to the one vector.
const drawPool = () => {
  const { fan: width } = widths, height = rowHeight() * way.T, { T } = way;
  const context = sharp(parts.fan, width, height), n = way.counts.filter(Boolean).length;
  for (let t = 0; t < T; t++) {
    const share = knobs.pooling === "cls" ? +(t === 0) : way.counts[t] / n;
    const y = ((t + 0.5) * height) / T, to = height * (0.1 + (0.8 * (t + 0.5)) / T);
    context.strokeStyle = `rgb(${colours.ink})`;
    context.globalAlpha = share ? 0.75 : 0.12;
    context.lineWidth = share ? Math.min(5, 1 + 8 * share) : 1;
    if (!share) context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(0, y);
    if (share) context.bezierCurveTo(width * 0.5, y, width * 0.5, to, width, to);
    else context.lineTo(width * 0.3, y);
    context.stroke();
    context.setLineDash([]);
  }
  strip(parts.vector, way.vector, H, 1, scaleOf(way.vector));
};

const drawNear = () => {
  if (!neighboursOf) return;
  const before = new Set(touched() ? neighboursOf(plain.vector, TOP).map(({ name }) => name) : near.map(({ name }) => name));
  parts.near.replaceChildren(
    ...near.map(({ name, summary, cosine: value }, i) =>
      element(
        "li",
        { class: before.has(name) ? "" : "new" },
        element("button", { type: "button", title: summary, onclick: () => ((state.hit = i), open("near")) },
          element("span", { class: "name" }, before.has(name) ? null : element("b", { class: "mark" }, "●\u00a0"), name),
          element("span", { class: "value" }, digits(value, 2)),
          element("span", { class: "bar", style: `--share: ${Math.max(0, value)}` }),
          element("span", { class: "summary" }, summary),
        ),
      ),
    ),
  );
};

const drawKnobs = () => {
  byId("sharpness_told").textContent = digits(knobs.sharpness, 2);
  for (const [id, name] of [["sharpness", "sharpness"], ["pad", "pad"], ["pooling", "pooling"]]) byId(id).closest("label").classList.toggle("touched", knobs[name] !== PLAIN[name]);
  byId("mask").closest("label").classList.toggle("touched", !knobs.mask && knobs.pad > 0);
  byId("off").classList.toggle("touched", knobs.off.size > 0);
  byId("reset").hidden = byId("changed").hidden = !touched();
  const moved = way.tokens.map((_, t) => (t < plain.T ? 1 - cosine(row(plain.hidden[CALLS], t, H), row(way.hidden[CALLS], t, H)) : null));
  parts.moved.replaceChildren(...moved.map((share) => element("div", {}, share > 5e-4 ? element("span", { class: "mark", style: `--share: ${Math.min(1, share)}`, title: digits(1 - share) }) : null)));
  parts.moved.classList.toggle("on", touched());
  if (touched()) byId("changed").textContent = label("changed", { cosine: digits(cosine(plain.vector, way.vector)), mark: "●" });
};

// What depends on the chosen token alone.
const drawChosen = () => {
  root.style.setProperty("--token", state.token);
  parts.pieces.setAttribute("aria-activedescendant", `token_${state.token}`);
  parts.pieces.querySelectorAll(".token").forEach((one, t) => one.setAttribute("aria-selected", t === state.token));
  document.querySelectorAll("button.open").forEach((one) => {
    const is = one.id === `open_${state.open}`;
    one.setAttribute("aria-expanded", is);
    one.closest(".stage").classList.toggle("opened", is);
  });
  drawFrame();
  drawNumbers();
};

// ---- changing

const choose = (t) => {
  state.token = Math.min(way.T - 1, Math.max(0, t));
  drawChosen();
};
// With the pointer: the arrow keys then go on from there.
const pick = (t) => {
  choose(t);
  parts.pieces.focus({ preventScroll: true });
};
const chooseHead = (n) => {
  state.head = n;
  drawCall();
  drawFrame();
  drawNumbers();
  drawPair();
};
const open = (id) => {
  state.open = id;
  placeNumbers();
  drawChosen();
};
const turn = (change) => {
  change();
  recompute();
};

// The knobs as they are without a touch, but for these.
const set = (changes) =>
  turn(() => {
    Object.assign(knobs, PLAIN, { off: new Set() }, changes);
    for (const name of ["sharpness", "pad", "pooling"]) byId(name).value = knobs[name];
    byId("mask").checked = knobs.mask;
    byId("off").querySelectorAll("input").forEach((box, n) => (box.checked = !knobs.off.has(n)));
  });
const TRIES = {
  try_play: () => play(true),
  try_heads: () => set({ off: new Set([2, 3].filter((n) => n < N)) }),
  try_sharp: () => set({ sharpness: 0.25 }),
  try_padding: () => set({ pad: 4, mask: false }),
  try_cls: () => set({ pooling: "cls" }),
};

let moving = 0;
const go = (call) => {
  const target = Math.min(CALLS, Math.max(1, call));
  if (target === state.call && position === target) return;
  state.call = target;
  drawCall();
  drawNumbers();
  cancelAnimationFrame(moving);
  const from = position, start = performance.now(), quick = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const frame = (now) => {
    const part = quick ? 1 : Math.min(1, Math.max(0, now - start) / STEP_TIME), eased = part * part * (3 - 2 * part);
    position = from + (target - from) * eased;
    drawFrame();
    if (part < 1) moving = requestAnimationFrame(frame);
    else {
      drawPair();
      if (state.playing) setTimeout(() => state.playing && (state.call < CALLS ? go(state.call + 1) : play(false)), 350);
    }
  };
  moving = requestAnimationFrame(frame);
};
const play = (on) => {
  state.playing = on;
  if (on) {
    if (state.call === CALLS) position = 1;
    state.call = state.call === CALLS ? 1 : state.call;
    go(state.call + 1);
  }
  drawCall();
};

const setText = (text) => {
  byId("text").value = text;
  recompute();
};

// The numbers stand below the drawing, or, where the stages stand below each other, below their stage.
const narrow = matchMedia("(max-width: 1279px)");
const placeNumbers = () => {
  const stood = state.open && narrow.matches ? byId(`stage_${state.open}`) : byId("way");
  stood.after(byId("numbers"));
};

let sizes; // watches what has another width with another page or other knobs
const listen = () => {
  byId("text").value = DATA.text;
  byId("second").value = DATA.second;
  byId("text").addEventListener("input", recompute);
  byId("second").addEventListener("input", () => drawPair());
  byId("sharpness").addEventListener("input", (event) => turn(() => (knobs.sharpness = +event.target.value)));
  byId("pad").addEventListener("input", (event) => turn(() => (knobs.pad = Math.min(16, Math.max(0, Math.floor(+event.target.value) || 0)))));
  byId("mask").addEventListener("change", (event) => turn(() => (knobs.mask = event.target.checked)));
  byId("pooling").addEventListener("change", (event) => turn(() => (knobs.pooling = event.target.value)));
  byId("reset").addEventListener("click", () => {
    set({});
    byId("text").focus(); // the button is gone
  });
  byId("language").addEventListener("click", () => speak(LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length]));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const setTheme = (name) => {
    root.dataset.theme = name;
    byId("theme").setAttribute("aria-pressed", name === "dark");
    readColours();
    if (way) draw();
  };
  const follow = () => setTheme(dark.matches ? "dark" : "light");
  dark.addEventListener("change", follow);
  byId("theme").addEventListener("click", () => {
    dark.removeEventListener("change", follow); // who chose keeps the choice
    setTheme(root.dataset.theme === "dark" ? "light" : "dark");
  });
  follow();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    const act = {
      ArrowUp: () => choose(state.token - 1), ArrowDown: () => choose(state.token + 1),
      ArrowLeft: () => go(state.call - 1), ArrowRight: () => go(state.call + 1),
      Escape: () => open(null), " ": event.target.matches("button, a") ? null : () => play(!state.playing),
    }[event.key];
    if (!act || !(event.key === "Escape" || event.target.closest("#way"))) return; // elsewhere the arrows scroll
    event.preventDefault();
    act();
  });
  narrow.addEventListener("change", () => {
    placeNumbers();
    draw();
  });
  sizes = new ResizeObserver(() => {
    measure();
    drawFrame();
    drawPool();
  });
};

const speak = (name) => {
  language = name;
  byId("way").after(byId("numbers")); // it may stand inside what is built anew
  build();
  placeNumbers();
  draw();
};

const asked = new URLSearchParams(location.search).get("lang");
if (LANGUAGES.includes(asked)) language = asked;
listen();
build();
position = state.call;
placeNumbers();
recompute();
