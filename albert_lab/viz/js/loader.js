// What bertviz's scripts expect to find: a jQuery with the seven methods that they call, and require.js.
"use strict";
(() => {
  const wrap = (nodes) => {
    const each = (change) => {
      nodes.forEach(change);
      return wrapped;
    };
    const wrapped = {
      nodes,
      append: (other) => each((node) => node.append(...other.nodes)),
      attr: (name, value) => each((node) => node.setAttribute(name, value)),
      change: () => each((node) => node.dispatchEvent(new Event("change"))),
      empty: () => each((node) => node.replaceChildren()),
      on: (event, listener) => each((node) => node.addEventListener(event, listener)),
      text: (text) => each((node) => (node.textContent = text)),
      val: (value) => each((node) => (node.value = value)),
    };
    return wrapped;
  };
  const jquery = (query) =>
    wrap(query === "<option />" ? [document.createElement("option")] : [...document.querySelectorAll(query)]);

  window.require = { config() {} };
  window.requirejs = (names, draw) => {
    draw(jquery, window.d3);
    // The neuron view counts its layers from 0, also where only some were chosen.
    document.querySelectorAll("#layer option").forEach((option, place) => {
      option.textContent = window.bertviz_params.include_layers[place];
    });
  };
})();
