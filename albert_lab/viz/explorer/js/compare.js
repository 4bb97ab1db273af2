// Two texts beside each other, and one word in both.
"use strict";

const MOST_SHOWN = 24; // tokens of a text in the table of cosines

const pairMap = (weights, T, title) => {
  const canvas = element("canvas", { class: "pairmap", role: "img", "aria-label": title, title });
  map(canvas, weights, T);
  return canvas;
};

// Cosines of the tokens of one text with those of the other, after a call.
const cosines = (a, b, depth) => {
  const [rows, columns] = [a, b].map(({ tokens, hidden }) => tokens.slice(0, MOST_SHOWN).map((_, t) => unit(row(hidden[depth], t, H))));
  return rows.map((x) => columns.map((y) => dot(x, y)));
};

const cosineTable = (a, b) => {
  const found = cosines(a, b, state.call), [rows, columns] = [a, b].map(({ tokens }) => tokens.slice(0, MOST_SHOWN));
  const cell = (value, t, s) =>
    element("td", { style: `--share: ${Math.max(0, value).toFixed(3)}`, "data-value": value.toFixed(4), onpointermove: (event) => showTip(event, label("cosine_tip", { from: tokenName(t, a), to: tokenName(s, b), cosine: digits(value) })), onpointerleave: hideTip }, value > 0.4 ? digits(value, 1) : "");
  return element("div", { class: "scroll" }, element("table", { class: "cosines" },
    element("thead", {}, element("tr", {}, element("th", {}), columns.map(({ piece }) => element("th", { scope: "col" }, element("span", {}, pieceElement(piece)))))),
    element("tbody", {}, rows.map(({ piece }, t) => element("tr", {}, element("th", { scope: "row" }, pieceElement(piece)), columns.map((_, s) => cell(found[t][s], t, s)))))));
};

// Pieces of both texts that are no marks, the longest first.
const shared = (a, b) => {
  const marks = new Set(TOKENIZER.special), others = new Set(b.tokens.map(({ piece }) => piece));
  const lettered = a.tokens.slice(0, MOST_SHOWN).map(({ piece }) => piece).filter((piece) => others.has(piece) && !marks.has(piece) && /\p{L}/u.test(piece));
  return [...new Set(lettered)].sort((one, other) => other.length - one.length);
};

const wordChart = (a, b, piece) => {
  const [t, s] = [a, b].map(({ tokens }) => tokens.findIndex((one) => one.piece === piece));
  const table = [row(a.word, t, E), row(b.word, s, E)];
  const own = [cosine(...table), ...a.hidden.map((_, depth) => cosine(row(a.hidden[depth], t, H), row(b.hidden[depth], s, H)))];
  const others = a.hidden.map((_, depth) => {
    const all = cosines(a, b, depth).flatMap((line, i) => line.filter((_, k) => a.tokens[i].piece !== b.tokens[k].piece));
    return all.reduce((sum, value) => sum + value / all.length, 0);
  });
  const [width, height, left, top] = [360, 200, 34, 24], count = own.length - 1;
  const x = (i) => left + (i * (width - left - 14)) / count, y = (value) => top + (1 - Math.max(-0.2, value)) * ((height - top - 26) / 1.2);
  const path = (values, from) => values.map((value, i) => `${i ? "L" : "M"}${x(i + from).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const names = [label("depth_table"), "E→H", ...[...Array(CALLS).keys()].map((i) => String(i + 1))];
  return element("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": `${label("one_word")}: ${own.map((value) => digits(value, 2)).join(", ")}`, "data-values": own.map((value) => value.toFixed(4)).join(" ") },
    [0, 0.5, 1].map((value) => [element("line", { x1: left, x2: width - 8, y1: y(value), y2: y(value), class: "grid" }), element("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, String(value))]).flat(),
    element("line", { x1: x(state.call + 1), x2: x(state.call + 1), y1: top - 6, y2: height - 22, class: "now" }),
    element("path", { d: path(others, 1), class: "others" }),
    element("path", { d: path(own, 0), class: "own" }),
    own.map((value, i) => element("circle", { cx: x(i), cy: y(value), r: 3.5, class: "own" }, element("title", {}, `${names[i]}: ${digits(value)}`))),
    own.map((value, i) => (i ? element("text", { x: x(i), y: y(value) - 8, "text-anchor": "middle", class: "told" }, digits(value, 2)) : null)),
    names.map((name, i) => element("text", { x: x(i), y: height - 6, "text-anchor": "middle" }, name)));
};

let word = null; // the piece that is followed
let second = { key: null }; // the second text, run once for each text and setting of the knobs
const runSecond = () => {
  const text = byId("second").value, key = JSON.stringify([text, knobs, [...knobs.off]]);
  if (second.key !== key) second = { key, ...run(text, knobs) };
  return second;
};

const drawPair = () => {
  const a = way, b = runSecond(), pieces = shared(a, b);
  if (!pieces.includes(word)) word = pieces[0] ?? null;
  const plainCosine = cosine(a.vector, b.vector), mean = DATA.library?.mean;
  const centred = (vector) => unit(vector).map((value, i) => value - mean[i]);
  const big = (key, value, id) => element("p", { class: "big" }, element("b", { id }, digits(value, 2)), element("span", { class: "bar", style: `--share: ${Math.max(0, value)}` }), element("span", {}, label(key)));
  const heads = shownHeads().length ? shownHeads() : [0];
  const mapsOf = (one, name) => element("div", { class: "pairmaps" }, element("span", { class: "who" }, label(name)), heads.map((n) => pairMap(one.calls[state.call - 1].weights.subarray(n * one.T ** 2, (n + 1) * one.T ** 2), one.T, `${label(name)}, ${label("head", { head: n })}`)));
  const long = a.T > MOST_SHOWN || b.T > MOST_SHOWN;
  byId("pair").replaceChildren(
    element("div", { class: "card" }, big("cosine_texts", plainCosine, "cosine"), mean ? big("cosine_centred", dot(unit(centred(a.vector)), unit(centred(b.vector))), "cosine_centred") : null,
      element("h3", {}, label("maps", { call: state.call })), element("p", { class: "hint" }, label("told_maps")), mapsOf(a, "first_short"), mapsOf(b, "second_short")),
    element("div", { class: "card" }, element("h3", {}, label("by_token", { call: state.call })), element("p", { class: "hint" }, label("told_by_token"), long ? ` ${label("too_long", { most: MOST_SHOWN })}` : null), cosineTable(a, b)),
    element("div", { class: "card" }, element("h3", {}, label("one_word")), element("p", { class: "hint" }, label(word === null ? "no_word" : "told_one_word")),
      word === null ? null : element("div", { class: "words" }, pieces.slice(0, 12).map((piece) => element("button", { type: "button", "aria-pressed": piece === word, onclick: () => ((word = piece), drawPair()) }, pieceElement(piece)))),
      word === null ? null : wordChart(a, b, word)),
  );
};
