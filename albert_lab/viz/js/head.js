// The head view: all heads of one layer, each with a numbered square; the heads that are on share the drawing.
"use strict";
(() => {
  const { data, html, quoted, number, shownTokens, matrix, strongest, colour, thumbnail, showTip, hideTip, roving, LINE, Columns, listen, chosen, words, fillLayers, full, legend } = core;
  const layer = fillLayers();
  const bar = document.getElementById("heads");
  const on = new Set(data.head === null ? Array.from({ length: data.heads }, (_, head) => head) : [data.head]);
  const columns = new Columns(document.getElementById("vis"), document.getElementById("text"), document.getElementById("readout"), {
    body: "columns",
    lines: "attention",
    columns: ["left", "right"],
  });
  let tokens, all, peaks, previewed;

  const squares = Array.from({ length: data.heads }, (_, head) => {
    const square = html(bar, "button", { type: "button", class: "head", tabindex: head ? -1 : 0, "data-head": head });
    square.style.setProperty("--colour", colour(head));
    html(square, "canvas", { width: 32, height: 32 });
    html(square, "span", {}, head);
    return square;
  });
  const everyHead = html(bar, "button", { type: "button", id: "every" }, "all heads");

  const redraw = () => {
    const shown = previewed === undefined ? [...on].sort((a, b) => a - b) : [previewed];
    const highest = full(Math.max(...shown.map((head) => peaks[head].weight), 1e-6));
    columns.draw(tokens, shown.map((head) => ({ head, weights: all[head] })), highest);
    legend(highest);
    squares.forEach((square, head) => square.setAttribute("aria-pressed", on.has(head)));
  };
  const paint = () => {
    const highest = Math.max(...peaks.map(({ weight }) => weight), 1e-6);
    squares.forEach((square, head) => thumbnail(square.firstChild, all[head], highest, getComputedStyle(square).color));
  };
  const refresh = () => {
    tokens = shownTokens(chosen("filter"), words());
    all = squares.map((_, head) => matrix(layer.selectedIndex, head, tokens));
    peaks = all.map(strongest);
    squares.forEach((square, head) => square.setAttribute("aria-label", tell(head).replaceAll("\n", ", ")));
    paint();
    redraw();
  };
  const tell = (head) => {
    const { weight, row, column } = peaks[head];
    return `head ${head}\nstrongest: ${quoted(tokens[0][row].text)} → ${quoted(tokens[1][column].text)} ${number(weight)}`;
  };

  const preview = (head) => {
    if (previewed === head) return;
    previewed = head;
    redraw();
  };
  const toggle = (head) => {
    if (!on.delete(head)) on.add(head);
    previewed = undefined;
    redraw();
  };
  const alone = (head) => {
    on.clear();
    on.add(head);
    previewed = undefined;
    redraw();
  };
  squares.forEach((square, head) => {
    let waiting;
    square.addEventListener("pointerenter", (event) => {
      showTip(square, tell(head));
      if (event.pointerType === "mouse") waiting = setTimeout(preview, 250, head);
    });
    square.addEventListener("pointerleave", () => {
      hideTip();
      clearTimeout(waiting);
      preview(undefined);
    });
    square.addEventListener("focus", () => square.matches(":focus-visible") && showTip(square, tell(head)));
    square.addEventListener("blur", hideTip);
    square.addEventListener("click", (event) => {
      clearTimeout(waiting);
      (event.shiftKey ? alone : toggle)(head);
    });
    square.addEventListener("dblclick", () => alone(head));
  });
  everyHead.addEventListener("click", () => {
    squares.forEach((_, head) => on.add(head));
    redraw();
  });
  roving(bar, "button.head", LINE);
  for (const id of ["layer", "filter", "words"]) listen(id, refresh);
  listen("scale", redraw);
  core.page.addEventListener("theme", paint);
  refresh();
})();
