// Each part of the way as a calculation with the real numbers.
"use strict";

const FIRST = 8; // numbers of a row that are written out
const LARGEST = 5; // products that are written out

const tableOf = (head, rows, given = {}) =>
  element("div", { class: "scroll" }, element("table", given,
    head ? element("thead", {}, element("tr", {}, head.map((text) => element("th", { scope: "col" }, text)))) : null,
    element("tbody", {}, rows)));
const line = (name, values, given = {}) => element("tr", given, element("th", { scope: "row" }, name), values.map((value) => element("td", {}, value)));
const someOf = (vector, places = 3) => [...[...vector.subarray(0, FIRST)].map((value) => digits(value, places)), "…"];
const paragraph = (text) => element("p", {}, text);
const token = (t) => pieceElement(way.tokens[t].piece);

// Σ x·y written out: the largest products, what the others come to, and what is added.
const productsOf = (x, y, added = null) => {
  const all = [...x].map((value, i) => ({ i, value, other: y[i], product: value * y[i] }));
  const largest = all.sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, LARGEST);
  const rest = all.slice(LARGEST).reduce((sum, { product }) => sum + product, 0);
  const total = all.reduce((sum, { product }) => sum + product, added ?? 0);
  const signed = (value) => (value < 0 ? `(${digits(value)})` : digits(value));
  return element("p", { class: "sum" },
    largest.map(({ i, value, other }, k) => [k ? " + " : null, element("span", { title: `${label("which")} ${i}` }, `${signed(value)}·${signed(other)}`)]).flat(),
    all.length > LARGEST ? ` + ${signed(rest)} ` : null,
    all.length > LARGEST ? element("small", {}, `(${label("rest", { count: all.length - LARGEST })})`) : null,
    added === null ? null : [` + ${signed(added)} `, element("small", {}, `(${label("bias")})`)],
    element("b", {}, ` = ${digits(total)}`));
};

// Which of the H numbers is looked at; a strip that is clicked sets it too.
const chooser = (width) =>
  element("label", { class: "chooser" }, `${label("which")} `, element("input", { type: "number", min: 0, max: width - 1, value: state.number, id: "number",
    onchange: (event) => {
      state.number = Math.min(width - 1, Math.max(0, Math.floor(+event.target.value) || 0));
      drawNumbers();
      byId("number").focus();
    } }));

const NUMBERS = {
  pieces: () => {
    const { scores, unknown } = TOKENIZER, marks = new Set([TOKENIZER.cls, TOKENIZER.sep, TOKENIZER.pad]);
    const scored = way.tokens.filter(({ id }) => !marks.has(id) && id !== unknown);
    const sum = scored.reduce((all, { id }) => all + scores[id], 0);
    const told = ({ id }) => (id === unknown ? label("unknown") : TOKENIZER.special.includes(TOKENIZER.pieces[id]) ? label("special") : digits(scores[id], 2));
    return [
      element("h3", {}, label("numbers_pieces")),
      paragraph(label("told_pieces", { V: thousands(V), sum: digits(sum, 2) })),
      way.cut ? paragraph(label("cut", { most: way.real, cut: way.cut })) : null,
      tableOf([label("token"), "", label("id"), label("logp")], way.tokens.map((one, t) => line(String(t), [token(t), thousands(one.id), told(one)], { "aria-current": t === state.token })), { class: "short" }),
    ];
  },
  table: () => {
    const { id } = way.tokens[state.token];
    return [
      element("h3", {}, label("numbers_table", { id: thousands(id), token: tokenName(state.token) })),
      tableOf(null, [line(`0–${FIRST - 1}`, someOf(row(way.word, state.token, E)))]),
      paragraph(label("told_table", { V: thousands(V), E, H, small: thousands(V * E + E * H), large: thousands(V * H) })),
    ];
  },
  places: () => {
    const of = (matrix) => row(matrix, state.token, E), x = of(way.summed);
    const mean = x.reduce((sum, value) => sum + value / E, 0);
    const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2 / E, 0));
    return [
      element("h3", {}, label("numbers_places", { token: tokenName(state.token), position: state.token })),
      tableOf(null, [
        line(label("row_word"), someOf(of(way.word))),
        line(label("row_position", { position: state.token }), someOf(of(way.position))),
        line(label("row_segment"), someOf(of(way.segment))),
        line(label("row_sum"), someOf(x), { class: "total" }),
        line(label("row_normed"), someOf(of(way.normed))),
      ]),
      paragraph(label("told_places", { mean: digits(mean, 4), deviation: digits(deviation, 4) })),
    ];
  },
  widen: () => {
    const { weight, bias } = NETWORK.part("encoder.embedding_hidden_mapping_in"), j = state.number;
    return [
      element("h3", {}, label("numbers_widen", { j, H, token: tokenName(state.token) })),
      paragraph(label("told_widen", { E })),
      productsOf(row(way.normed, state.token, E), row(weight, j, E), bias[j]),
      chooser(H),
    ];
  },
  layer: () => {
    const n = headForNumbers(), t = state.token, { T } = way, d = H / N;
    const call = way.calls[state.call - 1], at = (n * T + t) * T;
    const part = (matrix, s) => matrix.subarray(s * H + n * d, s * H + (n + 1) * d);
    const weights = call.weights.subarray(at, at + T), query = part(call.query, t);
    const best = weights.reduce((most, weight, s) => (weight > weights[most] ? s : most), 0);
    const dots = [...Array(T).keys()].map((s) => dot(query, part(call.key, s)));
    const j = Math.min(d - 1, state.number % d), values = Float32Array.from({ length: T }, (_, s) => part(call.value, s)[j]);
    const scaled = `q·k/√${d}${knobs.sharpness === 1 ? "" : ` × ${knobs.sharpness}`}`;
    const rows = [...Array(T).keys()].map((s) =>
      line(token(s), [digits(dots[s], 2), way.may[s] ? digits(call.scores[at + s], 2) : label("masked"), digits(weights[s]), element("span", { class: "bar", style: `--share: ${weights[s]}` }), digits(values[s])], { "aria-current": s === best }));
    const steps = [["step_in", way.hidden[state.call - 1]], ["step_attended", call.attended], ["step_mixed", call.mixed], ["step_fed", call.fed], ["step_out", way.hidden[state.call]]];
    return [
      element("h3", {}, label("numbers_layer", { token: tokenName(t), call: state.call, head: n })),
      element("div", { class: "columns" },
        element("div", {},
          paragraph(label("told_layer")),
          tableOf([label("key_token"), "q·k", scaled, label("weight_of"), "", `value[${j}]`], rows),
          element("p", { class: "chapters" }, chapterLinks(["01", "02"]))),
        element("div", {},
          element("h4", {}, label("score_of", { token: tokenName(best) })),
          productsOf(query, part(call.key, best)),
          element("p", { class: "sum" }, `${digits(dots[best])} / √${d}${knobs.sharpness === 1 ? "" : ` · ${knobs.sharpness}`} = `, element("b", {}, digits(call.scores[at + best]))),
          element("h4", {}, label("softmax_of")),
          element("p", { class: "sum" }, `e^0 / Σ e^(s − ${digits(call.scores[at + best], 2)}) = 1 / ${digits(1 / weights[best])} = `, element("b", {}, digits(weights[best]))),
          element("h4", {}, label("output_of", { j })),
          knobs.off.has(n) ? paragraph(label("head_is_off")) : productsOf(weights, values),
          element("h4", {}, label("depths", { calls: CALLS })),
          paragraph(label("told_depths", { token: tokenName(t) })),
          tableOf([label("call_short"), ...[...Array(CALLS).keys()].map((i) => String(i + 1))], [line(label("cosine"), [...Array(CALLS).keys()].map((i) => digits(cosine(row(way.hidden[i], t, H), row(way.hidden[i + 1], t, H)), 2)))], { class: "depths", "data-call": state.call }),
          element("p", { class: "chapters" }, chapterLinks(["06"])))),
      element("h4", {}, label("rest_of_layer")),
      paragraph(label("told_rest", { I: DATA.config.intermediate_size })),
      tableOf(["", ...[...Array(FIRST).keys()].map(String), "", label("length")], steps.map(([key, matrix]) => line(label(key), [...someOf(row(matrix, t, H)), digits(size(row(matrix, t, H)), 2)], { class: key === "step_out" ? "total" : "" }))),
      element("p", { class: "chapters" }, chapterLinks(["04"])),
    ];
  },
  pool: () => {
    const n = knobs.pooling === "cls" ? 1 : way.counts.filter(Boolean).length, last = way.hidden[CALLS];
    const counted = (t) => (knobs.pooling === "cls" ? t === 0 : way.counts[t]);
    return [
      element("h3", {}, label("numbers_pool", { n })),
      paragraph(label(knobs.pooling === "cls" ? "told_pool_cls" : "told_pool_mean", { n })),
      tableOf(["", ...[...Array(FIRST).keys()].map(String), ""], [
        ...way.tokens.map((_, t) => line(token(t), someOf(row(last, t, H)), { class: counted(t) ? "" : "left_out" })),
        line(label("row_mean"), someOf(way.vector), { class: "total" }),
      ]),
    ];
  },
  near: () => {
    const hit = near[state.hit] ?? near[0];
    if (!hit) return [paragraph(label("near_none"))];
    const { mean } = DATA.library, query = unit(unit(way.vector).map((value, i) => value - mean[i]));
    return [
      element("h3", {}, label("numbers_near", { name: hit.name })),
      paragraph(hit.summary),
      paragraph(label("told_near", { count: NOTES().count })),
      productsOf(query, libraryRow(hit.place)),
    ];
  },
};

const drawNumbers = () => {
  const panel = byId("numbers");
  panel.hidden = !state.open;
  panel.replaceChildren(...(state.open ? NUMBERS[state.open]() : []).filter(Boolean));
};
