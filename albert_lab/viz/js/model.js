// The model view: a square for every head of every layer, one scale for all of them; the chosen one is drawn large.
"use strict";
(() => {
  const { data, html, quoted, number, shownTokens, matrix, strongest, thumbnail, showTip, hideTip, roving, Columns, listen, chosen, words, full, legend } = core;
  const grid = document.getElementById("grid");
  const heading = document.getElementById("chosen");
  const columns = new Columns(document.getElementById("vis"), document.getElementById("text"), document.getElementById("readout"), {
    body: "columns",
    lines: "attention",
    columns: ["left", "right"],
  });
  let tokens, peaks, highest;
  let [place, head] = [data.layer, data.head ?? 0];

  html(grid, "span", { class: "corner" }, "layer ↓ head →");
  for (let number = 0; number < data.heads; number++) html(grid, "span", { class: "top" }, number);
  const cells = data.layers.map((layer, row) => {
    html(grid, "span", { class: "side" }, layer);
    return Array.from({ length: data.heads }, (_, column) => {
      const cell = html(grid, "button", { type: "button", class: "cell", tabindex: -1, "data-layer": row, "data-head": column });
      html(cell, "canvas");
      return cell;
    });
  });

  const tell = (row, column) => {
    const peak = peaks[row][column];
    return `layer ${data.layers[row]}, head ${column}\nstrongest: ${quoted(tokens[0][peak.row].text)} → ${quoted(tokens[1][peak.column].text)} ${number(peak.weight)}`;
  };
  const choose = (row, column) => {
    cells[place][head].removeAttribute("aria-current");
    [place, head] = [row, column];
    cells.flat().forEach((cell) => cell.setAttribute("tabindex", -1));
    cells[place][head].setAttribute("tabindex", 0);
    cells[place][head].setAttribute("aria-current", "true");
    heading.textContent = `Layer ${data.layers[place]}, head ${head}`;
    const weights = matrix(place, head, tokens);
    const own = full(peaks[place][head].weight || 1e-6);
    columns.draw(tokens, [{ head, weights }], own);
    legend(own);
  };
  const paint = () => {
    const ink = getComputedStyle(grid).color;
    cells.forEach((line, row) => line.forEach((cell, column) => thumbnail(cell.firstChild, matrix(row, column, tokens), full(highest), ink)));
  };
  const refresh = () => {
    tokens = shownTokens(chosen("filter"), words());
    peaks = cells.map((line, row) => line.map((_, column) => strongest(matrix(row, column, tokens))));
    highest = Math.max(...peaks.flat().map(({ weight }) => weight), 1e-6);
    cells.forEach((line, row) => line.forEach((cell, column) => cell.setAttribute("aria-label", tell(row, column).replaceAll("\n", ", "))));
    paint();
    choose(place, head);
  };

  // Beside the enlarged head where there is room for both, else above it.
  let side = 0;
  const measure = () => {
    const width = core.page.clientWidth - 44;
    const beside = (width * 0.5) / data.heads >= 24 && width > 500;
    core.page.classList.toggle("beside", beside);
    const wanted = Math.floor(beside ? Math.min(72, (width * 0.5) / data.heads) : Math.max(14, Math.min(64, width / data.heads)));
    grid.classList.toggle("dense", wanted < 19);
    if (wanted === side) return false;
    side = wanted;
    grid.style.gridTemplateColumns = `36px repeat(${data.heads}, ${side}px)`;
    const points = Math.min(128, Math.round((side - 3) * Math.min(2, devicePixelRatio || 1)));
    cells.flat().forEach((cell) => {
      cell.style.height = `${side}px`;
      cell.firstChild.width = cell.firstChild.height = points;
    });
    return true;
  };
  new ResizeObserver(() => measure() && tokens && paint()).observe(core.page);

  const at = (event) => event.target.closest?.("button.cell");
  const each = (name, act) => grid.addEventListener(name, (event) => at(event) && act(at(event), +at(event).dataset.layer, +at(event).dataset.head, event));
  each("click", (_, row, column) => choose(row, column));
  each("pointerover", (cell, row, column) => showTip(cell, tell(row, column)));
  each("focusin", (_, row, column) => (row !== place || column !== head) && choose(row, column));
  grid.addEventListener("pointerleave", hideTip);
  roving(grid, "button.cell", (key, at, count) =>
    ({ ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + data.heads < count ? at + data.heads : at, ArrowUp: at >= data.heads ? at - data.heads : at, Home: at - (at % data.heads), End: at - (at % data.heads) + data.heads - 1 })[key],
  );
  for (const id of ["filter", "words"]) listen(id, refresh);
  listen("scale", () => {
    paint();
    choose(place, head);
  });
  core.page.addEventListener("theme", paint);
  measure();
  refresh();
})();
