// Distribution functions over a logarithmic time axis, apart by level or by class, with a reading under the pointer.

const FIGURES = { ttft: "TTFT", e2e: "end to end", itl: "gap between chunks", tpot: "per output token" };
const PARTS_NAMED = { all: "all requests", warm: "warm", cold: "cold", stuck: "stuck", control: "warm again", baseline: "baseline" };

function groupName(group, all) {
  if (group.part !== "level") return PARTS_NAMED[group.part] || group.part;
  const same = all.filter((g) => g.concurrency === group.concurrency && g.rps === group.rps && g.target === group.target);
  const visit = same.length > 1 ? ` (${same.indexOf(group) + 1})` : "";
  return (group.concurrency === null ? `${rate(group.rps)} req/s` : plural(group.concurrency, "stream")) + visit;
}

// The share of the sample at or below a value, and the value of a nearest rank.
function shareAt(group, value) {
  let low = 0;
  let high = group.values.length;
  while (low < high) { const middle = (low + high) >> 1; if (group.values[middle] <= value) low = middle + 1; else high = middle; }
  return low === 0 ? 0 : group.rank[low - 1] / group.count;
}
function quantile(group, share) {
  const rank = Math.max(1, Math.ceil(share * group.count - 1e-9));
  const place = group.rank.findIndex((r) => r >= rank);
  return place < 0 ? null : group.values[place];
}

function distributionChart(slot, data, phaseName) {
  const byFigure = {};
  for (const [place, target] of data.charts.targets.entries()) {
    const phases = target.phases.filter((p) => p.name === phaseName).map((p) => p.id);
    for (const chart of target.distributions) {
      if (!phases.includes(chart.phase)) continue;
      for (const group of chart.groups) {
        let sum = 0;
        const rank = group.ranks ? group.ranks.map((step) => sum += step) : group.values.map((_, k) => k + 1);
        (byFigure[chart.figure] = byFigure[chart.figure] || []).push({ ...group, rank, target: target.name, place });
      }
    }
  }
  const names = Object.keys(FIGURES).filter((name) => byFigure[name] && byFigure[name].some((g) => g.count > 1));
  if (!names.length) return;
  let shown = names[0];
  const hidden = new Set();
  let cursor = null;
  const several = data.charts.targets.length > 1;
  const groups = () => byFigure[shown].filter((g) => g.values.some((v) => v > 0));
  const label = (group) => (several ? group.target + ", " : "") + groupName(group, byFigure[shown]);
  // Levels go from light to dark, for they have an order; classes and targets have colours of their own.
  const stroke = (group, all) => {
    if (group.part !== "level") return colour({ cold: 1, warm: 0, stuck: 4, control: 5, baseline: 2, all: 0 }[group.part] + (several ? group.place : 0));
    if (several) return colour(group.place);
    const share = all.length < 2 ? 1 : all.indexOf(group) / (all.length - 1);
    return `color-mix(in oklab, var(--ramp1) ${fixed(100 * share, 0)}%, var(--ramp0))`;
  };
  const margin = { left: 58, right: 20, top: 16, bottom: 40 };
  const legend = html("p", { class: "legend" });
  const readout = html("p", { class: "readout" });
  let overlay = null;
  let geometry = null;

  function draw(width) {
    const height = 300;
    const all = groups();
    const visible = all.filter((g) => !hidden.has(label(g)));
    const values = (visible.length ? visible : all).flatMap((g) => [g.values.find((v) => v > 0), g.values[g.values.length - 1]]);
    const x = logarithmic(around(values, 1.12), [margin.left, width - margin.right]);
    const y = linear([0, 1], [height - margin.bottom, margin.top]);
    const plot = frame({ width, height, x, y, xTicks: x.ticks(width / 80), yTicks: [0, 0.25, 0.5, 0.75, 1], xFormat: durationTick, yFormat: (v) => fixed(v * 100, 0) + NBSP + "%", xLabel: FIGURES[shown] + ", logarithmic", margin });
    for (const [n, group] of all.entries()) {
      if (hidden.has(label(group))) continue;
      const tint = stroke(group, all);
      const line = svg("path", { class: "line" });
      line.style.stroke = tint;
      const points = [];
      let before = 0;
      for (let k = 0; k < group.values.length; k++) {
        const place = x(Math.max(group.values[k], x.domain[0]));
        points.push([place, y(before)], [place, y(group.rank[k] / group.count)]);
        before = group.rank[k] / group.count;
      }
      line.setAttribute("d", path(points));
      plot.root.append(line);
      for (const share of [0.5, 0.95, 0.99]) {
        const at = quantile(group, share);
        if (!isNumber(at) || at <= 0) continue;
        const mark = symbol(n, x(at), y(share), { class: "mark small" });
        mark.style.stroke = mark.style.fill = tint;
        mark.append(svg("title", {}, `${label(group)}: p${share * 100} ${duration(at)} (n = ${count(group.count)})`));
        plot.root.append(mark);
      }
    }
    overlay = svg("g", { class: "overlay", "pointer-events": "none" });
    plot.root.append(overlay);
    geometry = { x, y, plot, visible };
    const move = (value) => { cursor = value; mark(); };
    plot.root.setAttribute("tabindex", "0");
    plot.root.addEventListener("pointermove", (event) => move(x.invert(event.clientX - plot.root.getBoundingClientRect().left)));
    plot.root.addEventListener("pointerleave", () => move(null));
    plot.root.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1.04, ArrowLeft: 1 / 1.04 }[event.key];
      if (event.key === "Escape") move(null);
      if (!by) return;
      event.preventDefault();
      move(Math.min(x.domain[1], Math.max(x.domain[0], (cursor ?? Math.sqrt(x.domain[0] * x.domain[1])) * (event.shiftKey ? by ** 5 : by))));
    });
    legend.replaceChildren(...all.map((group, n) => {
      const tint = stroke(group, all);
      const mark = svg("path", { d: SYMBOLS[n % SYMBOLS.length](4) });
      mark.style.fill = tint;
      return html("button", { type: "button", class: "key", "aria-pressed": String(!hidden.has(label(group))), onclick: () => { const name = label(group); if (!hidden.delete(name)) hidden.add(name); element.redraw(); } },
        svg("svg", { width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" }, mark), label(group));
    }));
    mark();
    return plot.root;
  }

  function mark() {
    clear(overlay);
    const share = Number(choices.percentile.slice(1)) / 100;
    if (cursor === null) {
      readout.replaceChildren(html("span", { class: "dim" }, `${choices.percentile}: `), ...geometry.visible.flatMap((group, n) => [n ? " · " : "", label(group) + " ", html("b", {}, duration(quantile(group, share)))]));
      return;
    }
    const place = geometry.x(cursor);
    overlay.append(svg("line", { class: "cursor", x1: place, x2: place, y1: geometry.plot.top, y2: geometry.plot.bottom }));
    for (const group of geometry.visible) overlay.append(svg("circle", { cx: place, cy: geometry.y(shareAt(group, cursor)), r: 3, class: "dot" }));
    readout.replaceChildren(html("b", {}, "within " + duration(cursor)), ": ", ...geometry.visible.flatMap((group, n) => [n ? " · " : "", label(group) + " ", html("b", {}, percent(shareAt(group, cursor)))]));
  }

  const element = figure({
    title: "Distribution", unit: "share of requests that took no longer", about: "ecdf", wide: true, draw,
    controls: names.length > 1 ? [choice("Figure", names.map((name) => [name, FIGURES[name]]), shown, (name) => { shown = name; cursor = null; element.redraw(); })] : null,
    table: () => ({
      head: ["requests", "n", "p50", "p75", "p90", "p95", "p99", "p99.9", "largest"],
      rows: groups().map((g) => [label(g), count(g.count), ...[0.5, 0.75, 0.9, 0.95, 0.99, 0.999].map((q) => duration(quantile(g, q))), duration(g.values[g.values.length - 1])]),
    }),
    description: () => groups().map((g) => `${label(g)}: p50 ${duration(quantile(g, 0.5))}, p95 ${duration(quantile(g, 0.95))}`).join(". "),
  });
  element.insertBefore(legend, element.querySelector(".stage"));
  element.insertBefore(readout, element.querySelector(".stage"));
  slot.append(element);
}
