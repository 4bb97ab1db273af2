(script => {
  const all = () => [...document.querySelectorAll(".albert-lab-view iframe")];
  const dark = () => {
    const { dataset, classList } = document.body;
    return dataset.jpThemeLight ? dataset.jpThemeLight === "false" : ["vscode-dark", "vscode-high-contrast"].some(name => classList.contains(name));
  };
  const tell = frame => {
    const theme = dark() ? "dark" : "light";
    Object.assign(frame.style, { colorScheme: theme });
    frame.contentWindow?.postMessage(theme, "*");
    return theme;
  };
  const make = view => {
    const frame = document.createElement("iframe");
    frame.title = view.dataset.title;
    frame.setAttribute("sandbox", "allow-scripts");
    frame.style.cssText = `width:100%;border:0;height:${view.dataset.height}px`;
    frame.name = tell(frame);
    frame.onload = () => tell(frame);
    frame.srcdoc = view.dataset.page;
    view.removeAttribute("data-page");
    view.replaceChildren(frame);
  };
  const find = () => [document, script?.getRootNode()].forEach(place => place?.querySelectorAll(".albert-lab-view[data-page]").forEach(make));
  find();
  setTimeout(find);
  const root = document.documentElement;
  if (root.albertLabFrames) return;
  root.albertLabFrames = true;
  new MutationObserver(() => all().forEach(tell)).observe(document.body, { attributes: true });
  addEventListener("message", ({ source, data }) => {
    const frame = all().find(({ contentWindow }) => contentWindow === source);
    if (frame && data > 0) frame.style.height = `${Math.min(data, 20000)}px`;
  });
})(document.currentScript);
