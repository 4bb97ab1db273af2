// Elements, colours, and the small drawings: rows of numbers, maps, lines.
"use strict";

const root = document.documentElement;
const LANGUAGES = Object.keys(DATA.labels.languages);
let language = DATA.language;

// The label with its {places} filled; everything that is shown is set as text, never as HTML.
const label = (key, filled = {}) => DATA.labels[key][language].replace(/\{(\w+)\}/g, (_, name) => filled[name]);

// element("p", { class: "hint" }, "text", another, …); "on…" are listeners
const element = (tag, given = {}, ...children) => {
  const svg = ["svg", "path", "line", "circle", "text", "g", "title"].includes(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
};

const digits = (value, places = 3) => (Number.isFinite(value) ? value.toFixed(places).replace(/^-(?=0\.?0*$)/, "").replace("-", "−") : "−∞");
const thousands = (value) => value.toLocaleString("en-US");

// A piece as the page shows it: ▁ is pale.
const pieceText = (piece) => piece.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u${sign.codePointAt(0).toString(16).padStart(4, "0")}`);
const pieceElement = (piece) => {
  const shown = pieceText(piece), begins = shown.startsWith("▁");
  return element("span", { class: "piece", dir: "auto" }, begins ? element("span", { class: "begin" }, "▁") : null, begins ? shown.slice(1) : shown);
};

// ---- colours

const rgb = (name) => getComputedStyle(root).getPropertyValue(name).trim().split(/\s+/).map(Number);
const colours = { plus: [0, 0, 0], minus: [0, 0, 0], ink: [0, 0, 0], heads: [] };
const readColours = () => {
  const dark = root.dataset.theme === "dark", N = DATA.config.num_attention_heads;
  Object.assign(colours, { plus: rgb("--plus"), minus: rgb("--minus"), ink: rgb("--map") });
  colours.heads = Array.from({ length: N }, (_, n) => `hsl(${(210 + (n * 360) / N) % 360} ${dark ? 70 : 65}% ${dark ? 66 : 42}%)`);
};

// ---- rows of numbers, one pixel each; the style makes them as large as they are shown

const strip = (canvas, matrix, T, width, scale) => {
  if (canvas.width !== width || canvas.height !== T) Object.assign(canvas, { width, height: Math.max(1, T) });
  const context = canvas.getContext("2d"), image = context.createImageData(width, Math.max(1, T));
  const { plus, minus } = colours, pixels = image.data;
  for (let i = 0; i < T * width; i++) {
    const value = matrix[i] / scale, colour = value < 0 ? minus : plus;
    pixels[4 * i] = colour[0];
    pixels[4 * i + 1] = colour[1];
    pixels[4 * i + 2] = colour[2];
    pixels[4 * i + 3] = Math.min(255, Math.abs(value) * 255);
  }
  context.putImageData(image, 0, 0);
};
const scaleOf = (matrix) => 2.5 * Math.sqrt(dot(matrix, matrix) / Math.max(1, matrix.length)) || 1;

// The weights (T, T) of one head, relative to its strongest.
const map = (canvas, weights, T, most = null) => {
  Object.assign(canvas, { width: T, height: T });
  const context = canvas.getContext("2d"), image = context.createImageData(T, T);
  const highest = most ?? weights.reduce((all, weight) => Math.max(all, weight), 1e-9);
  weights.forEach((weight, i) => image.data.set([...colours.ink, 255 * Math.min(1, weight / highest)], 4 * i));
  context.putImageData(image, 0, 0);
};

// A canvas as sharp as the screen: its context in CSS pixels, cleared.
const sharp = (canvas, width, height) => {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
};

const STEPS = 12; // strengths of a line; all lines of one strength and head are one path
const FAINTEST = 0.02;

// weight(n, t, s): by how much token t takes from token s. Lines go from s on the left to t on the right.
const drawLines = (canvas, { T, heads, weight, width, height, chosen }) => {
  const context = sharp(canvas, width, height), y = (t) => ((t + 0.5) * height) / T;
  context.lineCap = "round";
  for (const n of heads) {
    const paths = new Map();
    for (let t = 0; t < T; t++)
      for (let s = 0; s < T; s++) {
        const strength = weight(n, t, s);
        if (!(strength >= FAINTEST)) continue;
        const key = Math.ceil(Math.min(1, strength) * STEPS) + (chosen === null || chosen === t ? 100 : 0);
        if (!paths.has(key)) paths.set(key, new Path2D());
        const path = paths.get(key);
        path.moveTo(0, y(s));
        path.bezierCurveTo(width * 0.45, y(s), width * 0.55, y(t), width, y(t));
      }
    context.strokeStyle = colours.heads[n];
    for (const [key, path] of [...paths].sort((a, b) => a[0] - b[0])) {
      const strength = (key % 100) / STEPS;
      context.globalAlpha = key >= 100 ? 0.15 + 0.85 * strength : 0.25 * strength;
      context.lineWidth = key >= 100 ? 0.75 + 2.75 * strength : 1;
      context.stroke(path);
    }
  }
  context.globalAlpha = 1;
};

// ---- the tip that follows the pointer

const tip = document.getElementById("tip");
const showTip = (event, text) => {
  tip.textContent = text;
  tip.hidden = !text;
  const { clientX: x, clientY: y } = event, box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 8))}px`;
  tip.style.top = `${y + 18 + box.height > innerHeight ? y - box.height - 10 : y + 18}px`;
};
const hideTip = () => (tip.hidden = true);

// ---- chapters

const chapterLinks = (numbers) =>
  numbers.map((number) => {
    const { file, [language]: name } = DATA.labels.chapters[number], text = `${label("chapter", { number })}`;
    const title = `${name}. ${label("open_chapter", { name: file })}`;
    if (!DATA.chapters) return element("span", { class: "chapter", title }, text);
    return element("a", { class: "chapter", title, href: DATA.chapters.replace("{name}", file), target: "_blank", rel: "noopener" }, text);
  });
