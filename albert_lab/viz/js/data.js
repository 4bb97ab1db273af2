// Turns the page's data block into the parameters that bertviz's scripts read, layer by layer, when they ask.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tokens = data.tokens.length;

  const weight = (bytes, place) => bytes[place] / 255;
  const half = (bytes, place) => {
    const bits = bytes[2 * place] | (bytes[2 * place + 1] << 8);
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
    return bits >> 15 ? -size : size;
  };

  const bytesOf = (base64) => {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
    return bytes;
  };

  // [head][row][column] of one layer, for rows and columns from and before two tokens.
  const heads = (base64, read, width, [top, bottom], [left, right]) => {
    const bytes = bytesOf(base64);
    const row = (head, token) => {
      const start = (head * tokens + token) * width;
      const numbers = [];
      for (let column = left; column < right; column++) numbers.push(read(bytes, start + column));
      return numbers;
    };
    return Array.from({ length: data.heads }, (_, head) =>
      Array.from({ length: bottom - top }, (_, token) => row(head, top + token)),
    );
  };

  // An array of layers; a layer is decoded when it is read, and kept until another one is.
  const layers = (texts, ...shape) => {
    const list = [];
    let kept = null;
    texts.forEach((base64, layer) =>
      Object.defineProperty(list, layer, {
        enumerable: true,
        get() {
          if (!kept || kept.layer !== layer) kept = { layer, value: heads(base64, ...shape) };
          return kept.value;
        },
      }),
    );
    return list;
  };

  const all = [0, tokens];
  const a = [0, data.second];
  const b = [data.second, tokens];
  const pairs = data.second === null ? { all: [all, all] } : { all: [all, all], aa: [a, a], bb: [b, b], ab: [a, b], ba: [b, a] };
  const attention = {};
  for (const [name, [rows, columns]] of Object.entries(pairs)) {
    attention[name] = {
      attn: layers(data.attention, weight, tokens, rows, columns),
      queries: layers(data.queries, half, data.width, rows, [0, data.width]),
      keys: layers(data.keys, half, data.width, columns, [0, data.width]),
      left_text: data.tokens.slice(...rows),
      right_text: data.tokens.slice(...columns),
    };
  }

  window.bertviz_params = window.PYTHON_PARAMS = {
    attention,
    default_filter: "all",
    root_div_id: "bertviz",
    layer: data.layer,
    head: data.head,
    heads: null,
    include_layers: data.layers,
    include_heads: Array.from({ length: data.heads }, (_, head) => head),
    total_heads: Math.max(data.heads, 12), // bertviz makes the squares of few heads very large
    display_mode: "light",
    bidirectional: true,
  };

  // Most lines of a map have the weight 0 of 255. Nobody can see them, and drawing them takes most of the time.
  const append = d3.selection.prototype.append;
  const line = d3.creator("svg:line");
  d3.selection.prototype.append = function (name) {
    if (name !== "line") return append.call(this, name);
    return this.select(function (datum) {
      return datum === 0 ? null : this.appendChild(line.call(this));
    });
  };
})();
