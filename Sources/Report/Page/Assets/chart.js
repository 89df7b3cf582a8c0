// What all charts share: the choices of the page, a frame with axes, a figure with its table.

// The choices that hold for every chart, and who must hear of them.
const choices = { percentile: "p95", scale: "log", listeners: new Set() };
function choose(name, value) {
  choices[name] = value;
  for (const listener of choices.listeners) listener();
}

const COLOURS = 6;
const colour = (place) => `var(--c${place % COLOURS})`;

// A figure: title, what it shows (a function where a choice of the page is in it), the drawing, and behind it the same numbers as a table.
//   draw(width) gives an element, and as its `cover` what lies over it and changes alone; table() gives {head: [text], rows: [[text]]}.
function figure({ title, unit, about, note, draw, table, controls, wide, description }) {
  const stage = html("div", { class: "stage" });
  const body = html("div", { class: "scroll" });
  const details = table && html("details", {
    class: "table",
    ontoggle: () => { if (details.open) { clear(body); body.append(tableOf(table())); } },
  }, html("summary", {}, "Table"), body);
  const told = () => typeof unit === "function" ? unit() : unit;
  const shows = told() && html("span", { class: "unit" }, " " + told());
  const caption = html("figcaption", {}, html("span", { class: "title" }, title), shows, about && term(about),
    controls && html("span", { class: "controls" }, controls));
  const element = html("figure", { class: wide ? "wide" : null }, caption, note && html("p", { class: "note" }, note), stage, details);
  let drawn = 0;
  const redraw = () => {
    const width = Math.floor(stage.clientWidth);
    if (width < 40) return;
    drawn = width;
    if (shows) shows.textContent = " " + told();
    const drawing = draw(width);
    if (drawing.tagName === "svg") {
      // An image has no parts for a screen reader; a drawing with something to move has.
      drawing.setAttribute("role", drawing.hasAttribute("tabindex") || drawing.querySelector("[tabindex]") ? "group" : "img");
      drawing.setAttribute("aria-label", title + (shows ? " " + told() : "") + ". " + (description ? description() : "The table below holds the numbers."));
    }
    stage.replaceChildren(...[drawing, drawing.cover].filter(Boolean));
    if (details && details.open) { clear(body); body.append(tableOf(table())); }
  };
  // In the next frame: a drawing that makes the page scroll narrows the stage, which the same notification cannot tell.
  const fit = () => { if (Math.floor(stage.clientWidth) !== drawn) redraw(); };
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(stage);
  choices.listeners.add(redraw);
  element.redraw = redraw;
  return element;
}

const MOST_ROWS = 2000;
function tableOf({ head, rows }) {
  const cut = rows.length > MOST_ROWS;
  return html("table", {},
    cut && html("caption", {}, `The first ${count(MOST_ROWS)} of ${count(rows.length)} rows.`),
    html("thead", {}, html("tr", {}, head.map((cell, place) => html("th", { scope: "col", class: place ? "n" : null }, cell)))),
    html("tbody", {}, rows.slice(0, MOST_ROWS).map((row) => html("tr", {}, row.map((cell, place) => html("td", { class: place ? "n" : null }, cell))))));
}

// Axes and grid. y ticks stand left of the plot, x ticks below it; a label of the x axis below those.
function frame({ width, height, x, y, xTicks, yTicks, xFormat, yFormat, xLabel, margin, label }) {
  const root = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  const [left, right] = [margin.left, width - margin.right];
  const [top, bottom] = [margin.top, height - margin.bottom];
  const grid = svg("g", { class: "grid" });
  for (const value of yTicks) {
    const place = y(value);
    if (place < top - 0.5 || place > bottom + 0.5) continue;
    grid.append(svg("line", { x1: left, x2: right, y1: place, y2: place }));
    grid.append(svg("text", { x: left - 8, y: place + 4, "text-anchor": "end" }, yFormat(value)));
  }
  const axis = svg("g", { class: "axis" }, svg("line", { x1: left, x2: right, y1: bottom, y2: bottom }));
  let end = -1e9;
  for (const value of xTicks) {
    const place = x(value);
    if (place < left - 1 || place > right + 1) continue;
    const text = xFormat(value);
    const half = text.length * 3.4;
    axis.append(svg("line", { x1: place, x2: place, y1: bottom, y2: bottom + 4 }));
    if (place - half < end + 6) continue;
    end = place + half;
    axis.append(svg("text", { x: place, y: bottom + 17, "text-anchor": "middle" }, text));
  }
  if (xLabel) axis.append(svg("text", { class: "label", x: (left + right) / 2, y: bottom + 34, "text-anchor": "middle" }, xLabel));
  if (label) axis.append(svg("text", { class: "label", x: left, y: top - 8 }, label));
  root.append(grid, axis);
  return { root, left, right, top, bottom };
}

const path = (points) => points.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");

// A line's symbol at a few of its points: colour is not the only mark of a line among others.
function signs(root, points, place) {
  for (const share of points.length < 4 ? [0.5] : [0.1, 0.37, 0.63, 0.9]) {
    const point = points[Math.floor(share * points.length)];
    if (point) root.append(symbol(place, point[0], point[1], { class: "mark small", stroke: colour(place), fill: colour(place) }));
  }
}

// Labels at the ends of lines, moved apart so that none lies on another.
function endLabels(root, labels, top, bottom) {
  const sorted = labels.slice().sort((a, b) => a.y - b.y);
  const gap = 14;
  for (let k = 1; k < sorted.length; k++) sorted[k].y = Math.max(sorted[k].y, sorted[k - 1].y + gap);
  let limit = bottom;
  for (let k = sorted.length - 1; k >= 0; k--) { sorted[k].y = Math.min(sorted[k].y, limit); limit = sorted[k].y - gap; }
  for (const { x, y, text, fill } of sorted) {
    const label = svg("text", { class: "end", x, y: Math.max(top, y) + 4 }, text);
    label.style.fill = fill;
    root.append(label);
  }
}

// Cuts a name so that it fits.
const short = (text, most) => text.length > most ? text.slice(0, most - 1) + "…" : text;
