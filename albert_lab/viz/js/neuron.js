// The neuron view: the lines of one head, and for a chosen token its query, the keys and their products in numbers.
"use strict";
(() => {
  const { data, html, svg, quoted, number, halfs, shownTokens, matrix, strongest, showTip, hideTip, ROW, Columns, listen, chosen, words, fillLayers, full, legend } = core;
  const width = data.width;
  const HEADER = 56; // pixels above the rows, for the query and the names
  const [SIGN, BETWEEN, SUM] = [28, 14, 74]; // pixels beside, between and after the two blocks of cells
  const FIXED = SIGN + BETWEEN + SUM + 8;
  const layer = fillLayers();
  const select = document.getElementById("att_head");
  for (let head = 0; head < data.heads; head++) html(select, "option", { value: head }, head);
  select.selectedIndex = data.head ?? 0;
  const vis = document.getElementById("vis");
  const columns = new Columns(
    vis,
    document.getElementById("text"),
    document.getElementById("readout"),
    { body: "collapsed", lines: "attn-lines", columns: ["leftText", "rightText"] },
    { told: (token) => mark(token), resized: () => resized(), header: HEADER, least: FIXED + 6 * width },
  );
  let tokens, weights, queries, keys, vectorsOf, opened;

  // The column of plus signs between the tokens that look and the lines.
  const signs = svg(columns.body, "g", { id: "signs" });
  const expanded = svg(columns.svg, "g", { id: "expanded", visibility: "hidden" });

  const redraw = () => {
    const head = select.selectedIndex;
    weights = matrix(layer.selectedIndex, head, tokens);
    const highest = full(strongest(weights).weight || 1e-6);
    columns.draw(tokens, [{ head, weights }], highest);
    legend(highest);
    drawSigns();
    if (opened !== undefined) open(Math.min(opened, tokens[0].length - 1));
  };
  const refresh = () => {
    tokens = shownTokens(chosen("filter"), words());
    close();
    redraw();
  };

  const drawSigns = () => {
    signs.replaceChildren();
    tokens[0].forEach(({ text }, place) => {
      const sign = svg(signs, "g", { class: "plus-sign", role: "button", tabindex: place ? -1 : 0, "data-place": place, "aria-label": `numbers of ${text}` });
      svg(sign, "rect", { x: -9, y: columns.y(place) - 9, width: 18, height: 18, rx: 9 });
      svg(sign, "text", { x: 0, y: columns.y(place), "text-anchor": "middle" }, "+");
      sign.addEventListener("click", () => toggle(place));
    });
    placeSigns();
  };
  const placeSigns = () => columns.space && signs.setAttribute("transform", `translate(${columns.space.left + 14} 0)`);
  core.roving(signs, ".plus-sign", core.LINE);
  signs.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    toggle(+event.target.dataset.place);
  });

  const toggle = (place) => (opened === place ? close() : open(place));
  const close = () => {
    opened = undefined;
    expanded.setAttribute("visibility", "hidden");
    columns.middle.setAttribute("visibility", "visible");
    signs.querySelectorAll("text").forEach((text) => (text.textContent = "+"));
    columns.pinned = null;
    if (columns.tokens) columns.show();
    columns.svg.classList.remove("open");
  };
  const vectors = (name, head) => {
    const index = layer.selectedIndex;
    if (vectorsOf?.index !== index) {
      vectorsOf = { index };
      [queries, keys] = [halfs(data.queries[index]), halfs(data.keys[index])];
    }
    return (token) => {
      const start = (head * data[name === "queries" || data.key_tokens === null ? "tokens" : "key_tokens"].length + token) * width;
      return (name === "queries" ? queries : keys).subarray(start, start + width);
    };
  };
  // A word's vectors are the means of its pieces'; exact for pieces, which is what the view starts with.
  const mean = (read, { start, stop }) => {
    const sum = new Float32Array(width);
    for (let token = start; token < stop; token++) read(token).forEach((value, place) => (sum[place] += value / (stop - start)));
    return sum;
  };

  const open = (place) => {
    opened = place;
    columns.pinned = { side: 0, place };
    columns.show();
    columns.svg.classList.add("open");
    columns.middle.setAttribute("visibility", "hidden");
    expanded.setAttribute("visibility", "visible");
    signs.querySelectorAll("text").forEach((text, other) => (text.textContent = other === place ? "−" : "+"));
    const head = select.selectedIndex;
    const query = mean(vectors("queries", head), tokens[0][place]);
    const rows = tokens[1].map((token) => mean(vectors("keys", head), token));
    drawNumbers(place, query, rows);
  };

  const drawNumbers = (place, query, rows) => {
    const cell = Math.max(3, Math.min(14, Math.floor((columns.space.width - FIXED) / (2 * width))));
    const block = cell * width;
    const products = rows.map((key) => key.map((value, feature) => value * query[feature]));
    const [most, mostProduct] = [[query, ...rows], products].map((list) => list.reduce((high, row) => row.reduce((a, b) => Math.max(a, Math.abs(b)), high), 1e-9));
    expanded.replaceChildren();
    const at = { keys: SIGN, product: SIGN + block + BETWEEN, dot: columns.space.width - SUM };
    const group = (id, x, y) => svg(expanded, "g", { id, transform: `translate(${columns.space.left + x} ${y})` });
    const strip = (parent, values, highest, y, told) =>
      values.forEach((value, feature) => {
        const element = svg(parent, "rect", { class: `element ${value < 0 ? "minus" : "plus"}`, x: feature * cell, y: y + 3, width: cell, height: ROW - 6, "data-value": value, "data-told": told(feature) });
        element.style.fillOpacity = Math.abs(value) / highest;
      });
    const name = (x, text) => svg(expanded, "text", { class: "name", x: columns.space.left + x, y: HEADER - 2 }, text);
    const f = (value) => value.toFixed(2).replace("-", "−");
    const queryGroup = group("queries", at.keys, 14);
    strip(queryGroup, query, most, 0, (feature) => `query of ${quoted(tokens[0][place].text)}\nfeature ${feature}: ${f(query[feature])}`);
    core.tell(svg(expanded, "text", { class: "name", x: columns.space.left + at.keys, y: 12 }), `query q of ${quoted(tokens[0][place].text)}`);
    name(at.keys, "keys k");
    name(at.product, "products q × k");
    name(at.dot, "q·k/√d");
    const [keyGroup, productGroup, dots] = [group("keys", at.keys, 0), group("product", at.product, 0), group("dots", at.dot, 0)];
    rows.forEach((key, row) => {
      const y = columns.top + ROW * row;
      const token = quoted(tokens[1][row].text);
      strip(keyGroup, key, most, y, (feature) => `key of ${token}\nfeature ${feature}: ${f(key[feature])}`);
      strip(productGroup, products[row], mostProduct, y, (feature) => `feature ${feature} of ${token}\n${f(query[feature])} × ${f(key[feature])} = ${f(products[row][feature])}`);
      const total = products[row].reduce((a, b) => a + b, 0) / Math.sqrt(width);
      svg(dots, "text", { class: "dotproduct", y: y + ROW / 2, x: 48, "text-anchor": "end", "data-value": total }, f(total));
    });
  };
  expanded.addEventListener("pointerover", (event) => {
    const told = event.target.dataset?.told;
    if (told) showTip(event.target, told);
    else hideTip();
  });
  expanded.addEventListener("pointerleave", hideTip);

  // While numbers are open, another token that looks opens its own, and no token closes them.
  const mark = (token) => {
    if (opened === undefined) return;
    if (!token) close();
    else if (token.side === 0 && token.place !== opened) open(token.place);
  };
  const resized = () => {
    placeSigns();
    if (opened !== undefined) open(opened);
  };
  for (const id of ["layer", "att_head"]) listen(id, redraw);
  for (const id of ["filter", "words"]) listen(id, refresh);
  listen("scale", redraw);
  refresh();
})();
