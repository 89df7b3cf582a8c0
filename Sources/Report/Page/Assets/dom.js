// Elements. Text is only ever set as text: nothing that a server said can become markup.
const SVG = "http://www.w3.org/2000/svg";

// Without what reorders or hides text: controls but for line ends, bidi marks, what has no width.
const plain = (text) => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g, "");

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : plain(String(value)));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child.nodeType ? child : document.createTextNode(plain(String(child))));
  }
  return node;
}

const html = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);
const clear = (node) => { while (node.firstChild) node.firstChild.remove(); };

// The symbol of a series, so that colour is never the only mark: a path around (0, 0).
const SYMBOLS = [
  (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0z`,
  (r) => `M${-r},${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (r) => `M0,${-r * 1.25}l${r * 1.2},${r * 2.1}h${-r * 2.4}z`,
  (r) => `M0,${-r * 1.35}l${r * 1.35},${r * 1.35}l${-r * 1.35},${r * 1.35}l${-r * 1.35},${-r * 1.35}z`,
  (r) => `M0,${r * 1.25}l${r * 1.2},${-r * 2.1}h${-r * 2.4}z`,
  (r) => `M${-r},${-r / 2.5}h${r * 0.6}v${-r * 0.6}h${r * 0.8}v${r * 0.6}h${r * 0.6}v${r * 0.8}h${-r * 0.6}v${r * 0.6}h${-r * 0.8}v${-r * 0.6}h${-r * 0.6}z`,
];
// The same in a line of text.
const SIGNS = ["●", "■", "▲", "◆", "▼", "✚"];
const symbol = (place, x, y, attributes) =>
  svg("path", { d: SYMBOLS[place % SYMBOLS.length](4), transform: `translate(${x.toFixed(1)},${y.toFixed(1)})`, ...attributes });

const CROSS = "M-3.5,-3.5L3.5,3.5M-3.5,3.5L3.5,-3.5";
const HAT = "M-4,2L0,-3L4,2z";

// A "?" that opens the meaning of a term.
function term(key) {
  const name = document.getElementById("term-" + key);
  if (!name) return null;
  const meaning = name.nextElementSibling.textContent;
  return html("details", { class: "term" },
    html("summary", { "aria-label": "What is meant: " + name.textContent }, "?"),
    html("span", { class: "meaning" }, html("b", {}, name.textContent), ". ", meaning));
}

// Buttons of which one is pressed.
function choice(label, options, current, chosen) {
  const group = html("span", { class: "choice", role: "group", "aria-label": label });
  const buttons = options.map(([value, text]) => html("button", {
    type: "button", "aria-pressed": String(value === current),
    onclick: () => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button === buttons[options.findIndex((o) => o[0] === value)]));
      chosen(value);
    },
  }, text));
  group.append(...buttons);
  return group;
}

function style(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
