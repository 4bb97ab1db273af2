// From token vectors to one vector of the text, and what is near it.
"use strict";

const row = (matrix, t, width) => matrix.subarray(t * width, t * width + width);
const dot = (x, y) => {
  let all = 0;
  for (let i = 0; i < x.length; i++) all += x[i] * y[i];
  return all;
};
const size = (x) => Math.sqrt(dot(x, x));
const unit = (x) => {
  const length = Math.max(size(x), 1e-12);
  return x.map((value) => value / length);
};
const cosine = (x, y) => dot(x, y) / Math.max(size(x) * size(y), 1e-12);

// states (T, H) -> (H,): the mean over the tokens that count, or the vector of [CLS].
const pooled = (states, H, counts, how) => {
  if (how === "cls") return row(states, 0, H).slice();
  const found = new Float32Array(H), n = counts.filter(Boolean).length;
  counts.forEach((real, t) => real && row(states, t, H).forEach((value, i) => (found[i] += value / n)));
  return found;
};

// vectors (n, H) as 8-bit numbers, each row to its own scale: only directions count. -> the nearest, best first.
const makeNeighbours = ({ names, summaries, mean }, vectors) => {
  const H = mean.length;
  const lengths = names.map((_, i) => size(Float32Array.from(row(vectors, i, H))) || 1);
  return (vector, top) => {
    const query = unit(unit(vector).map((value, i) => value - mean[i]));
    const cosines = lengths.map((length, i) => {
      let sum = 0;
      for (let at = i * H, j = 0; j < H; j++) sum += vectors[at + j] * query[j];
      return sum / length;
    });
    const order = [...cosines.keys()].sort((a, b) => cosines[b] - cosines[a] || a - b).slice(0, top);
    return order.map((i) => ({ place: i, name: names[i], summary: summaries[i], cosine: cosines[i] }));
  };};
