// What stands in the page, read: the labels, the network, the tokenizer, the library.
"use strict";

const blockOf = (id) => document.getElementById(id).textContent;
const DATA = JSON.parse(blockOf("data"));

const NETWORK = (() => {
  const numbers = halvesOf(blockOf("weights"));
  const tensors = new Map(Object.entries(DATA.tensors).map(([name, [begin, count]]) => [name, numbers.subarray(begin, begin + count)]));
  const parts = new Map([...tensors.keys()].map((name) => name.replace(/\.(weight|bias)$/, "")).map((name) => [name, { weight: tensors.get(`${name}.weight`), bias: tensors.get(`${name}.bias`) }]));
  return { config: DATA.config, part: (name) => parts.get(name) };
})();

const TOKENIZER = { ...DATA.tokenizer, scores: new Float64Array(bytesOf(DATA.tokenizer.scores).buffer) };
const tokenize = makeTokenizer(TOKENIZER);

// A text -> {id, piece} of every token, [CLS] and [SEP] included; what the network cannot take is cut.
const tokensOf = (text) => {
  const special = (id) => ({ id, piece: TOKENIZER.pieces[id] });
  const all = tokenize(text), most = DATA.config.max_position_embeddings - 2;
  return { tokens: [special(TOKENIZER.cls), ...all.slice(0, most), special(TOKENIZER.sep)], cut: Math.max(0, all.length - most) };
};

const LIBRARY = DATA.library && new Int8Array(bytesOf(blockOf("vectors")).buffer);
const neighboursOf = LIBRARY && makeNeighbours(DATA.library, LIBRARY);
const libraryRow = (place) => unit(Float32Array.from(row(LIBRARY, place, DATA.config.hidden_size)));

// One text through everything. knobs: {off, sharpness, pad, mask, pooling}
const run = (text, knobs) => {
  const { tokens, cut } = tokensOf(text);
  const real = tokens.length, room = DATA.config.max_position_embeddings - real;
  const pads = Math.min(knobs.pad, room);
  for (let i = 0; i < pads; i++) tokens.push({ id: TOKENIZER.pad, piece: TOKENIZER.pieces[TOKENIZER.pad] });
  const counts = tokens.map((_, t) => t < real || !knobs.mask);
  const way = forward(NETWORK, tokens.map(({ id }) => id), { may: counts, off: knobs.off, sharpness: knobs.sharpness });
  const H = DATA.config.hidden_size;
  const vector = pooled(way.hidden.at(-1), H, counts, knobs.pooling);
  return { ...way, text, tokens, cut, real, counts, vector };
};
