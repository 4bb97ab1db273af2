// What the three views share: the page's data, colours, tokens in columns and in running text, and numbers.
// Tokens and titles only ever become text nodes; nothing here parses HTML.
"use strict";
const core = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const page = document.getElementById("view");
  const root = document.documentElement;

  // ---- elements

  const built = (element, parent, attributes, text) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    parent?.append(element);
    return element;
  };
  const html = (parent, name, attributes = {}, text = undefined) =>
    built(document.createElement(name), parent, attributes, text);
  const svg = (parent, name, attributes = {}, text = undefined) =>
    built(document.createElementNS("http://www.w3.org/2000/svg", name), parent, attributes, text);

  // The sign of a word's start (or of a piece that goes on) is drawn lightly; the text stays the token.
  const label = (element, token) => {
    const sign = /^(?:▁+|Ġ+|##)/.exec(token)?.[0] ?? "";
    const part = element.namespaceURI.endsWith("svg") ? svg : html;
    if (sign) part(element, part === svg ? "tspan" : "span", { class: "sign" }, sign);
    element.append(token.slice(sign.length));
    return element;
  };
  // Which tokens stand after a space, by the signs that this tokenizer uses.
  const beginning = (tokens) => {
    const sign = ["▁", "Ġ"].find((each) => tokens.some((token) => token.startsWith(each)));
    const special = /^(?:\[[A-Z]+\]|<[a-z/]+>)$/;
    return (token) => special.test(token) || (sign ? token.startsWith(sign) : !token.startsWith("##"));
  };
  const quoted = (token) => `“${token}”`;
  // A sentence with quoted tokens in it, their signs as lightly as in the drawing.
  const tell = (element, sentence) => {
    const [part, name] = element.namespaceURI.endsWith("svg") ? [svg, "tspan"] : [html, "span"];
    element.replaceChildren();
    sentence.split(/(?<=“)(▁+|Ġ+|##)/).forEach((words, place) => (place % 2 ? part(element, name, { class: "sign" }, words) : element.append(words)));
    return element;
  };
  const number = (weight) => (weight >= 0.995 || weight < 0.0005 ? weight.toFixed(2) : weight < 0.095 ? weight.toFixed(3) : weight.toFixed(2));

  // ---- numbers

  const bytesOf = (base64) => {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
    return bytes;
  };
  const halfs = (base64) => {
    const bytes = bytesOf(base64);
    return Float32Array.from({ length: bytes.length / 2 }, (_, place) => {
      const bits = bytes[2 * place] | (bytes[2 * place + 1] << 8);
      const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
      const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
      return bits >> 15 ? -size : size;
    });
  };
  let kept = {};
  const layerBytes = (layer) => {
    if (kept.layer !== layer) kept = { layer, bytes: bytesOf(data.attention[layer]) };
    return kept.bytes;
  };

  // ---- what is shown: which tokens, as pieces or as words

  const cross = data.key_tokens !== null;
  const sides = [
    { tokens: data.tokens, words: data.words },
    cross ? { tokens: data.key_tokens, words: data.key_words } : { tokens: data.tokens, words: data.words },
  ];
  const FILTERS = { all: [null, null], aa: [0, 0], bb: [1, 1], ab: [0, 1], ba: [1, 0] };

  // For each side the rows that are drawn: [{text, start, stop}], in tokens of the record.
  const shownTokens = (filter, asWords) =>
    sides.map(({ tokens, words }, side) => {
      const text = FILTERS[filter][side];
      const [from, to] = text === null ? [0, tokens.length] : text ? [data.second, tokens.length] : [0, data.second];
      const single = tokens.map((token, place) => ({ text: token, start: place, stop: place + 1 }));
      const merged = words.map(([start, word], place) => ({ text: word, start, stop: words[place + 1]?.[0] ?? tokens.length }));
      return (asWords ? merged : single).filter(({ start }) => start >= from && start < to);
    });

  // Weights of one head between the shown rows: a word looks as its pieces do on average, and is given their sum.
  const matrix = (layer, head, [rows, columns]) => {
    const width = sides[1].tokens.length;
    const bytes = layerBytes(layer);
    const base = head * sides[0].tokens.length * width;
    const unit = data.scales[layer][head] / 255;
    return rows.map((row) =>
      Float32Array.from(columns, (column) => {
        let sum = 0;
        for (let query = row.start; query < row.stop; query++) {
          for (let key = column.start; key < column.stop; key++) sum += bytes[base + query * width + key];
        }
        return (sum * unit) / (row.stop - row.start);
      }),
    );
  };
  const strongest = (weights) => {
    const found = { weight: 0, row: 0, column: 0 };
    weights.forEach((line, row) =>
      line.forEach((weight, column) => {
        if (weight > found.weight) Object.assign(found, { weight, row, column });
      }),
    );
    return found;
  };

  // ---- colours: around the wheel, neighbours of another lightness; 12 heads look distinct, 64 are all different

  const colour = (head) => {
    const levels = data.heads > 32 ? 4 : data.heads > 16 ? 3 : data.heads > 8 ? 2 : 1;
    const level = levels === 1 ? 1.5 : ((head % levels) * 3) / (levels - 1);
    const hue = (255 + (360 * head) / data.heads) % 360;
    return `oklch(calc(var(--dark-ink) + var(--ink-step) * ${level.toFixed(2)}) 0.155 ${hue.toFixed(1)})`;
  };
  const inFrame = window.parent !== window;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const setTheme = (theme) => {
    root.dataset.theme = theme;
    document.getElementById("theme").textContent = theme === "dark" ? "light" : "dark";
    page.dispatchEvent(new Event("theme"));
  };
  // In a notebook the page around the frame decides: it names the frame after its theme, and tells of changes.
  const followTheme = () => setTheme((inFrame ? window.name === "dark" : dark.matches) ? "dark" : "light");

  // A small picture of a head: each pixel shows the largest weight beneath it, relative to ``highest``.
  const thumbnail = (canvas, weights, highest, paint) => {
    const side = (count) => Math.max(1, Math.min(count, canvas.width, 64));
    const [rows, columns] = [side(weights.length), side(weights[0].length)];
    const cells = new Float32Array(rows * columns);
    weights.forEach((line, row) => {
      const y = Math.floor((row * rows) / weights.length);
      for (let column = 0; column < line.length; column++) {
        const cell = y * columns + Math.floor((column * columns) / line.length);
        if (line[column] > cells[cell]) cells[cell] = line[column];
      }
    });
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = paint;
    const [wide, high] = [canvas.width / columns, canvas.height / rows];
    cells.forEach((weight, cell) => {
      const alpha = highest ? weight / highest : 0;
      if (alpha < 0.02) return;
      context.globalAlpha = Math.min(1, alpha);
      const [x, y] = [(cell % columns) * wide, Math.floor(cell / columns) * high];
      context.fillRect(x, y, wide, high);
    });
    context.globalAlpha = 1;
  };

  // ---- the tip beside the pointer or the focused element

  const tip = html(document.body, "div", { id: "tip", role: "tooltip" });
  tip.hidden = true;
  const place = (left, top) => {
    tip.style.left = `${scrollX + Math.max(4, Math.min(left, root.clientWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${scrollY + Math.max(4, top)}px`;
  };
  const showTip = (element, text, inwards = null) => {
    const box = element.getBoundingClientRect();
    tell(tip, text);
    tip.hidden = false;
    const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
    if (inwards) place(inwards === "left" ? box.left - wide - 8 : box.right + 8, box.top + box.height / 2 - high / 2);
    else place(box.left, box.bottom + high + 8 < innerHeight || box.top < high + 8 ? box.bottom + 6 : box.top - high - 6);
  };
  const hideTip = () => (tip.hidden = true);

  // ---- keys: one stop of the Tab key for a group, arrows inside it

  const roving = (group, query, step) => {
    const members = () => [...group.querySelectorAll(query)];
    const enter = (member) => {
      members().forEach((other) => other.setAttribute("tabindex", other === member ? 0 : -1));
      member.focus();
    };
    group.addEventListener("keydown", (event) => {
      const all = members();
      const place = all.indexOf(event.target.closest(query));
      const moved = place < 0 ? undefined : step(event.key, place, all.length);
      if (moved === undefined) return;
      event.preventDefault();
      enter(all[Math.max(0, Math.min(all.length - 1, moved))]);
    });
  };
  const LINE = (key, place, count) =>
    ({ ArrowDown: place + 1, ArrowRight: place + 1, ArrowUp: place - 1, ArrowLeft: place - 1, Home: 0, End: count - 1 })[key];

  // ---- two columns of tokens with lines between them, and the same tokens in running text

  const ROW = 22;
  const TOP = 8;
  const GAP = 10;
  const FAINTEST = 0.01; // of the strongest line: nobody sees less
  const MANY = 16; // heads: the lines of more would cover each other, so each pair has its strongest head's alone
  const FEW = 4; // lines of each token that looks, while there are so many
  // Of the heads' maps only the largest weights of each row, over all heads.
  const fewest = (maps) => {
    const least = maps[0].weights.map((line, row) => {
      const all = Array.from(line, (_, column) => Math.max(...maps.map(({ weights }) => weights[row][column])));
      return all.sort((a, b) => b - a)[Math.min(FEW, all.length) - 1] ?? 0;
    });
    return maps.map(({ head, weights }) => ({ head, weights: weights.map((line, row) => line.map((weight) => (weight < least[row] ? 0 : weight))) }));
  };
  const leaders = (maps) => {
    const found = maps.map(({ head, weights }) => ({ head, weights: weights.map((line) => new Float32Array(line.length)) }));
    maps[0].weights.forEach((line, row) =>
      line.forEach((_, column) => {
        const best = maps.reduce((most, { weights }, place) => (weights[row][column] > maps[most].weights[row][column] ? place : most), 0);
        found[best].weights[row][column] = maps[best].weights[row][column];
      }),
    );
    return found;
  };
  const ruler = document.createElement("canvas").getContext("2d");

  class Columns {
    // ids: of the groups; told: called with the pinned token; resized: called when the page has another width.
    // header and least: pixels kept above the rows, and between the columns at least.
    constructor(parent, text, readout, ids, { told = () => {}, resized = () => {}, header = 0, least = 90 } = {}) {
      Object.assign(this, { parent, text, readout, told, resized, least, top: TOP + header, hovered: null, pinned: null });
      this.svg = svg(parent, "svg", { role: "group", "aria-label": "tokens and lines" });
      this.body = svg(this.svg, "g", { id: ids.body });
      this.middle = svg(this.body, "svg", { class: "lines" });
      this.base = svg(this.middle, "g", { id: ids.lines });
      this.over = svg(this.middle, "g", { class: "over" });
      this.groups = ids.columns.map((id, side) =>
        svg(this.body, "g", { id, class: "column", role: "listbox", "aria-label": side ? "tokens looked at" : "tokens that look" }),
      );
      this.groups.forEach((group, side) => {
        this.listen(group, side, "g.token");
        roving(group, "g.token", (key, place, count) => ({ ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: count - 1 })[key]);
        group.addEventListener("keydown", (event) => {
          if ((event.key === "ArrowRight" && side === 0) || (event.key === "ArrowLeft" && side === 1)) {
            this.groups[1 - side].querySelector("g.token[tabindex='0']")?.focus();
          }
        });
      });
      // On the drawing's own frame: an SVG group that listens to focus would become a stop of the Tab key.
      const focused = (event) => {
        const element = event.target.closest("g.token");
        return element && { side: this.groups.indexOf(element.parentNode), place: +element.dataset.place };
      };
      parent.addEventListener("focusin", (event) => focused(event) && this.hover(focused(event), event.target));
      parent.addEventListener("focusout", () => this.hover(null));
      this.numbers = svg(this.body, "g", { class: "numbers" });
      this.texts = [0, 1].map((side) => {
        const block = html(text, "p", { class: "text" });
        this.listen(block, side, "span.token");
        return block;
      });
      new ResizeObserver(() => {
        this.resize();
        if (this.wide) this.resized();
      }).observe(parent);
      document.addEventListener("keydown", (event) => {
        if (event.key === "Escape") this.pin(null);
      });
    }

    listen(group, side, query) {
      const at = (event) => event.target.closest?.(query);
      group.addEventListener("pointerover", (event) => {
        if (event.pointerType !== "touch" && at(event)) this.hover({ side, place: +at(event).dataset.place }, at(event));
      });
      group.addEventListener("pointerleave", (event) => {
        if (event.pointerType !== "touch") this.hover(null);
      });
      const choose = (element) => this.pin({ side, place: +element.dataset.place }, element);
      group.addEventListener("click", (event) => at(event) && choose(at(event)));
      group.addEventListener("keydown", (event) => {
        if ((event.key === "Enter" || event.key === " ") && at(event)) {
          event.preventDefault();
          choose(at(event));
        }
      });
    }

    // tokens: both sides; maps: [{head, weights}]; highest: the weight of the strongest line.
    draw(tokens, maps, highest) {
      const same = this.tokens && this.tokens.every((list, side) => list.length === tokens[side].length && list.every((one, place) => one.text === tokens[side][place].text));
      Object.assign(this, { tokens, maps, highest });
      if (!same) {
        this.hovered = this.pinned = null;
        this.drawTokens();
      }
      this.drawn = maps.length > MANY ? leaders(maps) : maps;
      const base = maps.length > MANY ? fewest(this.drawn) : maps;
      this.base.replaceChildren(...base.map((map) => this.lines(map)));
      this.resize();
      this.show();
    }

    drawTokens() {
      ruler.font = getComputedStyle(this.svg).font;
      const widths = this.tokens.map((list) => list.map(({ text }) => Math.max(6, ruler.measureText(text).width)));
      this.widths = widths;
      this.wide = widths.map((list) => Math.ceil(Math.max(...list)) + 2 * GAP);
      this.height = this.top + TOP + ROW * Math.max(...this.tokens.map((list) => list.length));
      this.groups.forEach((group, side) => {
        group.replaceChildren();
        this.tokens[side].forEach(({ text }, place) => {
          const element = svg(group, "g", {
            class: "token",
            role: "option",
            tabindex: place ? -1 : 0,
            "data-place": place,
            "aria-label": `${text}, token ${place}`,
            transform: `translate(0 ${this.top + ROW * place})`,
          });
          const wide = widths[side][place] + 10;
          svg(element, "rect", { class: "reach", x: side ? 0 : -this.wide[0], width: this.wide[side], height: ROW });
          svg(element, "rect", { class: "chip", x: side ? GAP - 5 : -GAP + 5 - wide, y: 1.5, rx: 4, width: wide, height: ROW - 3 });
          label(svg(element, "text", { x: side ? GAP : -GAP, y: ROW / 2, "text-anchor": side ? "start" : "end" }), text);
        });
      });
      const twice = cross || this.tokens[0][0]?.start !== this.tokens[1][0]?.start || this.tokens[0].length !== this.tokens[1].length;
      this.texts.forEach((block, side) => {
        block.replaceChildren();
        block.hidden = side === 1 && !twice;
        if (block.hidden) return;
        if (twice) html(block, "span", { class: "name" }, side ? "looked at: " : "looks: ");
        const begins = beginning(this.tokens[side].map(({ text }) => text));
        this.tokens[side].forEach(({ text }, place) => {
          if (place && begins(text)) block.append(" ");
          label(html(block, "span", { class: "token", "data-place": place }), text);
          block.append(document.createElement("wbr"));
        });
      });
      this.twice = twice;
    }

    y(place) {
      return this.top + ROW * (place + 0.5);
    }

    // The lines of one head; only those of a row or a column where one is given.
    lines({ head, weights }, row = null, column = null) {
      const group = svg(null, "g", { class: "headAttention", "head-index": head });
      group.style.stroke = colour(head);
      const pattern = svg(null, "line", { x1: 0, x2: "100%" });
      const faintest = FAINTEST * this.highest;
      weights.forEach((line, from) => {
        if (row !== null && row !== from) return;
        for (let to = 0; to < line.length; to++) {
          if (line[to] < faintest || !line[to] || (column !== null && column !== to)) continue;
          const element = pattern.cloneNode();
          const share = Math.min(1, line[to] / this.highest);
          element.setAttribute("y1", this.y(from));
          element.setAttribute("y2", this.y(to));
          element.setAttribute("stroke-opacity", +share.toFixed(3));
          if (share > 0.2) element.setAttribute("stroke-width", +(0.75 + 1.75 * share).toFixed(2));
          group.append(element);
        }
      });
      return group;
    }

    resize() {
      if (!this.wide) return;
      const numbers = 52; // pixels beside the tokens of a side that has numbers
      const left = this.wide[0] + numbers;
      const space = Math.max(this.least, this.parent.clientWidth - left - this.wide[1] - numbers);
      const width = left + space + this.wide[1] + numbers;
      this.svg.setAttribute("width", width);
      this.svg.setAttribute("height", this.height);
      this.middle.setAttribute("x", left);
      this.middle.setAttribute("width", space);
      this.middle.setAttribute("height", this.height);
      this.groups[0].setAttribute("transform", `translate(${left} 0)`);
      this.groups[1].setAttribute("transform", `translate(${left + space} 0)`);
      this.space = { left, width: space };
      if (this.drawn && (this.pinned ?? this.hovered)) this.show();
    }

    hover(token, element = null) {
      if (this.pinned && token && token.side !== this.pinned.side) {
        this.tellPair(token, element);
        return;
      }
      hideTip();
      if (JSON.stringify(token) === JSON.stringify(this.hovered)) return;
      this.hovered = token;
      this.show();
    }

    pin(token, element = null) {
      hideTip();
      if (this.pinned && token && token.side !== this.pinned.side) return void this.tellPair(token, element);
      this.pinned = JSON.stringify(token) === JSON.stringify(this.pinned) ? null : token;
      if (this.pinned === null && token === null) this.hovered = null;
      this.show();
    }

    // Mean weights of the shown heads between a token and all of the other side.
    means({ side, place }) {
      const count = Math.max(1, this.maps.length);
      return this.tokens[1 - side].map((_, other) =>
        this.maps.reduce((sum, { weights }) => sum + (side ? weights[other][place] : weights[place][other]), 0) / count,
      );
    }

    tellPair(token, element) {
      const [row, column] = token.side ? [this.pinned.place, token.place] : [token.place, this.pinned.place];
      const each = this.maps.map(({ head, weights }) => [head, weights[row][column]]).sort((a, b) => b[1] - a[1]);
      const told = each.slice(0, 6).map(([head, weight]) => `head ${head}: ${number(weight)}`);
      if (each.length > 6) told.push(`${each.length - 6} more heads: at most ${number(each[6][1])}`);
      const inwards = element.localName === "g" ? (token.side ? "left" : "right") : null;
      showTip(element, [`${quoted(this.tokens[0][row].text)} → ${quoted(this.tokens[1][column].text)}`, ...told].join("\n"), inwards);
    }

    show() {
      const token = this.pinned ?? this.hovered;
      this.base.style.display = token ? "none" : "";
      this.over.replaceChildren(
        ...(token ? this.drawn.map((map) => this.lines(map, ...(token.side ? [null, token.place] : [token.place, null]))) : []),
      );
      const means = token ? this.means(token) : null;
      const most = means ? Math.max(...means) : 0;
      this.groups.forEach((group, side) =>
        [...group.children].forEach((element, place) => {
          const chosen = token?.side === side && token.place === place;
          const weight = token && token.side !== side ? means[place] : null;
          element.classList.toggle("chosen", chosen);
          element.setAttribute("aria-selected", chosen);
          element.style.setProperty("--lit", weight && most ? (weight / most).toFixed(3) : 0);
        }),
      );
      this.numbers.replaceChildren();
      if (token) this.write(1 - token.side, means, Math.max(0.0005, 0.02 * most));
      this.light(token, means);
      this.say(token, means);
      this.told(this.pinned);
    }

    // The weights as numbers beside the tokens of one side.
    write(side, means, least) {
      const { left, width } = this.space;
      means.forEach((weight, place) => {
        if (weight < least) return;
        const beside = GAP + this.widths[side][place] + 12;
        const x = side ? left + width + beside : left - beside;
        svg(this.numbers, "text", { class: "number", x, y: this.y(place), "text-anchor": side ? "start" : "end" }, number(weight));
      });
    }

    // The running text: lit by the weights of the chosen token; else those tokens that are given more than most.
    light(token, means) {
      const given = () => {
        const sums = this.tokens[1].map((_, column) => this.maps.reduce((sum, { weights }) => sum + weights.reduce((all, line) => all + line[column], 0), 0));
        const even = sums.reduce((all, sum) => all + sum, 0) / sums.length;
        const most = Math.max(...sums) - even || 1;
        return sums.map((sum) => Math.max(0, sum - even) / most);
      };
      const relative = (values) => values.map((value) => value / Math.max(...values, 1e-9));
      const shades = [null, null];
      shades[token ? 1 - token.side : 1] = token ? relative(means) : given();
      this.texts.forEach((block, side) => {
        const own = this.twice ? shades[side] : shades[0] ?? shades[1];
        block.querySelectorAll("span.token").forEach((element, place) => {
          element.classList.toggle("chosen", token?.place === place && (!this.twice || token.side === side));
          element.style.setProperty("--lit", own ? own[place].toFixed(3) : 0);
        });
      });
    }

    say(token, means) {
      if (!token) {
        this.readout.textContent = "No token chosen. Lit in the text: tokens that are given more attention than the average.";
        return;
      }
      const name = quoted(this.tokens[token.side][token.place].text);
      const order = means.map((weight, place) => [weight, place]).sort((a, b) => b[0] - a[0]);
      const best = order.slice(0, 5).filter(([weight]) => weight >= 0.0005);
      const list = best.map(([weight, place]) => `${quoted(this.tokens[1 - token.side][place].text)} ${number(weight)}`).join(", ");
      const mean = this.maps.length > 1 ? ` (mean of ${this.maps.length} heads)` : "";
      tell(this.readout, `${name} ${token.side ? "is looked at by" : "looks at"} ${list || "nothing"}${mean}.`);
    }
  }

  // ---- selects

  const listen = (id, change) => document.getElementById(id)?.addEventListener("change", change);
  const chosen = (id) => document.getElementById(id)?.value ?? "all";
  const words = () => document.getElementById("words").checked;
  const fillLayers = () => {
    const select = document.getElementById("layer");
    data.layers.forEach((layer, place) => html(select, "option", { value: data.kind === "neuron" ? place : layer }, layer));
    select.selectedIndex = data.layer;
    return select;
  };
  const full = (highest) => (chosen("scale") === "one" ? 1 : highest);
  const legend = (highest) => (document.getElementById("most").textContent = number(full(highest)));

  followTheme();
  dark.addEventListener("change", followTheme);
  document.getElementById("theme").addEventListener("click", () => {
    dark.removeEventListener("change", followTheme); // who chose keeps the choice
    setTheme(root.dataset.theme === "dark" ? "light" : "dark");
  });

  if (inFrame) {
    addEventListener("message", ({ source, data: theme }) => source === window.parent && ["dark", "light"].includes(theme) && setTheme(theme));
    const { body } = document;
    new ResizeObserver(() => window.parent.postMessage(Math.ceil(body.getBoundingClientRect().bottom + scrollY) + 24, "*")).observe(body);
  }

  return { data, page, html, svg, label, quoted, tell, number, halfs, shownTokens, matrix, strongest, colour, thumbnail, showTip, hideTip, roving, LINE, ROW, TOP, GAP, Columns, listen, chosen, words, fillLayers, full, legend };
})();
