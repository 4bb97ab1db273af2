// ALBERT's forward pass without a library. Matrices are Float32Arrays, row by row; T tokens, E, H, N, d as in the course.
"use strict";

// The 65,536 numbers that 16 bits can be, as in the IEEE format: sign, 5 bits of exponent, 10 bits of fraction.
const HALVES = (() => {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    table[bits] = exponent === 31 ? NaN : sign * size;
  }
  return table;
})();

const bytesOf = (base64) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
};

const halvesOf = (base64) => {
  const bits = new Uint16Array(bytesOf(base64).buffer);
  const numbers = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) numbers[i] = HALVES[bits[i]];
  return numbers;
};

// x (T, I) -> x Wᵀ + b (T, O); W is (O, I). Four tokens and two outputs at once: each number that is fetched is
// used several times, which is twice as fast as one sum after the other.
const linear = (x, { weight, bias }) => {
  const O = bias.length, I = weight.length / O, T = x.length / I;
  const y = new Float32Array(T * O);
  for (let t = 0; t < T; t += 4) {
    const [p, q, r, s] = [t, Math.min(t + 1, T - 1), Math.min(t + 2, T - 1), Math.min(t + 3, T - 1)];
    for (let o = 0; o < O; o += 2) {
      const other = Math.min(o + 1, O - 1);
      let a = bias[o], b = a, c = a, d = a, e = bias[other], f = e, g = e, h = e;
      for (let i = 0; i < I; i++) {
        const v = weight[o * I + i], w = weight[other * I + i];
        const k = x[p * I + i], l = x[q * I + i], m = x[r * I + i], n = x[s * I + i];
        a += v * k; b += v * l; c += v * m; d += v * n;
        e += w * k; f += w * l; g += w * m; h += w * n;
      }
      [y[p * O + o], y[q * O + o], y[r * O + o], y[s * O + o]] = [a, b, c, d];
      [y[p * O + other], y[q * O + other], y[r * O + other], y[s * O + other]] = [e, f, g, h];
    }
  }
  return y;
};

// Each row less its mean, by its standard deviation, times weight, plus bias.
const layerNorm = (x, { weight, bias }, epsilon) => {
  const H = weight.length, y = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += H) {
    let mean = 0, variance = 0;
    for (let i = 0; i < H; i++) mean += x[at + i];
    mean /= H;
    for (let i = 0; i < H; i++) variance += (x[at + i] - mean) * (x[at + i] - mean);
    const scale = 1 / Math.sqrt(variance / H + epsilon);
    for (let i = 0; i < H; i++) y[at + i] = (x[at + i] - mean) * scale * weight[i] + bias[i];
  }
  return y;
};

const sum = (x, y) => x.map((value, i) => value + y[i]);
const gelu = (x) => x.map((u) => 0.5 * u * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (u + 0.044715 * u * u * u))));

// softmax(QKᵀ/√d · sharpness)V for each head: queries, keys, values (T, H) -> scores and weights (N, T, T), context (T, H).
// may: which tokens may be looked at; off: numbers of the heads whose context is 0.
const attention = (query, key, value, N, { may, off, sharpness }) => {
  const T = may.length, H = query.length / T, d = H / N;
  const scores = new Float32Array(N * T * T), weights = new Float32Array(N * T * T), context = new Float32Array(T * H);
  for (let n = 0; n < N; n++)
    for (let t = 0; t < T; t++) {
      const row = (n * T + t) * T, q = t * H + n * d;
      let most = -Infinity, total = 0;
      for (let s = 0; s < T; s++) {
        let dot = 0;
        for (let i = 0; i < d; i++) dot += query[q + i] * key[s * H + n * d + i];
        scores[row + s] = may[s] ? (dot / Math.sqrt(d)) * sharpness : -Infinity;
        most = Math.max(most, scores[row + s]);
      }
      for (let s = 0; s < T; s++) total += weights[row + s] = Math.exp(scores[row + s] - most);
      for (let s = 0; s < T; s++) {
        weights[row + s] /= total;
        if (off.has(n)) continue;
        for (let i = 0; i < d; i++) context[q + i] += weights[row + s] * value[s * H + n * d + i];
      }
    }
  return { scores, weights, context };
};

// part(name) -> {weight, bias} of the network; ids -> everything that happens on the way, all (T, …).
// may: true for each token that may be looked at; null = all.
const forward = ({ config, part }, ids, { may = null, off = new Set(), sharpness = 1 } = {}) => {
  const { embedding_size: E, layer_norm_eps: epsilon, num_attention_heads: N } = config;
  const T = ids.length;
  const rows = (name, numbers) => {
    const table = part(`embeddings.${name}_embeddings`).weight, found = new Float32Array(T * E);
    numbers.forEach((row, t) => found.set(table.subarray(row * E, row * E + E), t * E));
    return found;
  };
  const word = rows("word", ids), position = rows("position", ids.map((_, t) => t)), segment = rows("token_type", ids.map(() => 0));
  const summed = sum(sum(word, position), segment); // (T, E)
  const normed = layerNorm(summed, part("embeddings.LayerNorm"), epsilon);
  const hidden = [linear(normed, part("encoder.embedding_hidden_mapping_in"))]; // (T, E) -> (T, H)
  const of = (name) => part(`encoder.albert_layer_groups.0.albert_layers.0.${name}`);
  const knobs = { may: may ?? ids.map(() => true), off, sharpness };
  const calls = [];
  for (let call = 0; call < config.num_hidden_layers; call++) {
    const x = hidden[call]; // the same weights every time, another x
    const [query, key, value] = ["query", "key", "value"].map((name) => linear(x, of(`attention.${name}`)));
    const seen = attention(query, key, value, N, knobs);
    const attended = linear(seen.context, of("attention.dense"));
    const mixed = layerNorm(sum(x, attended), of("attention.LayerNorm"), epsilon);
    const wide = linear(mixed, of("ffn")); // (T, H) -> (T, 4H)
    const fed = linear(gelu(wide), of("ffn_output"));
    hidden.push(layerNorm(sum(mixed, fed), of("full_layer_layer_norm"), epsilon));
    calls.push({ query, key, value, ...seen, attended, mixed, wide, fed });
  }
  return { T, ids, may: knobs.may, word, position, segment, summed, normed, hidden, calls };
};
