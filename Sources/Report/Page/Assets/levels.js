// Throughput, speed per user and time to first token against the load of a phase's levels.

const PERCENTILES = [["p50", "p50"], ["p95", "p95"], ["p99", "p99"]];

// The levels of a phase by target: {name, open, rows: [{load, step, disturbed}]}.
function levelsOf(data, phaseName) {
  const all = [];
  for (const [place, target] of data.summary.targets.entries()) {
    for (const phase of target.phases) {
      if (phase.name !== phaseName || !phase.steps || !phase.steps.length) continue;
      const open = phase.loop === "open";
      const rows = phase.steps.map((step) => {
        const verdict = (step.validity || phase.validity || {}).verdict || "valid";
        const reasons = ((step.validity || phase.validity || {}).reasons || []).join("; ");
        return { load: open ? step.rps : step.concurrency, step, stats: step.stats, disturbed: verdict !== "valid", verdict, reasons };
      }).filter((row) => isNumber(row.load));
      const window = phase.window === null || phase.window === undefined ? "" : `, window ${phase.window + 1}`;
      if (rows.length) all.push({ name: target.name + window, place, open, rows, knee: phase.knee, phase });
    }
  }
  return all;
}

const ttftOf = (series, row) => (series.open ? row.stats.ttft_scheduled_ms : row.stats.ttft_ms) || null;
const throughputOf = (row) => row.stats.embeddings_per_second ?? row.stats.output_tokens_per_second;

function loadAxis(all, width, margin) {
  const loads = [...new Set(all.flatMap((series) => series.rows.map((row) => row.load)))].filter((v) => v > 0).sort((a, b) => a - b);
  const [low, high] = [loads[0], loads[loads.length - 1]];
  const wide = high / low > 4;
  const pad = low === high ? 1.5 : wide ? (high / low) ** 0.05 : 1;
  const span = [margin.left, width - margin.right];
  const x = low === high ? logarithmic([low / 1.5, high * 1.5], span)
    : wide ? logarithmic([low / pad, high * pad], span)
    : linear([low - (high - low) * 0.06, high + (high - low) * 0.06], span);
  return { x, ticks: loads };
}

const loadLabel = (all) => all.every((series) => series.open) ? "requests per second, asked for" : "streams at the same time";
const loadName = (series, load) => series.open ? `${rate(load)} requests/s` : plural(load, "stream");

// A line with a symbol at each measured point, hollow where it is disturbed; bars or a band for intervals.
function drawSeries(root, points, place, { band, dashed } = {}) {
  const group = svg("g", { class: "series", "data-colour": place });
  const stroke = colour(place);
  if (band) {
    const sure = points.filter((p) => isNumber(p.low) || isNumber(p.high));
    for (const p of sure) {
      const open = !isNumber(p.high);
      const [a, b] = [isNumber(p.low) ? p.low : p.y, open ? p.y - 16 : p.high];
      group.append(svg("line", { x1: p.x, x2: p.x, y1: a, y2: b, stroke, class: open ? "whisker open" : "whisker" }));
      if (isNumber(p.low)) group.append(svg("line", { x1: p.x - 3, x2: p.x + 3, y1: a, y2: a, stroke, class: "whisker" }));
      if (open) group.append(svg("path", { d: `M${p.x - 3},${b + 4}L${p.x},${b}L${p.x + 3},${b + 4}`, stroke, fill: "none", class: "whisker" }));
      else group.append(svg("line", { x1: p.x - 3, x2: p.x + 3, y1: b, y2: b, stroke, class: "whisker" }));
    }
  }
  group.append(svg("path", { d: path(points.map((p) => [p.x, p.y])), stroke, class: dashed ? "line dashed" : "line" }));
  for (const p of points) {
    const mark = symbol(place, p.x, p.y, { stroke, fill: p.disturbed ? "var(--bg)" : stroke, class: "mark" });
    mark.append(svg("title", {}, p.title));
    group.append(mark);
  }
  root.append(group);
}

// Whether the knee can be told by the rows it rests on, the lowest, itself and the next: null where one is invalid.
function kneeTrust({ rows, knee }) {
  const sorted = [...rows].sort((a, b) => a.load - b.load);
  const place = sorted.findIndex((row) => row.load === knee.concurrency);
  const rests = [sorted[0], sorted[place], sorted[place + 1]].filter(Boolean);
  if (rests.some((row) => row.verdict === "invalid")) return null;
  return rests.some((row) => row.disturbed) ? "disturbed" : "firm";
}

function kneeMarks(root, all, x, top, bottom) {
  if (all.length !== 1 || !all[0].knee) return;
  const knee = all[0].knee;
  const trust = kneeTrust(all[0]);
  if (!isNumber(knee.concurrency) || !trust) return;
  const bracket = knee.bracket || [];
  if (bracket.length === 2) {
    root.append(svg("rect", { class: "bracket", x: x(bracket[0]), width: Math.max(0, x(bracket[1]) - x(bracket[0])), y: top, height: bottom - top }));
  }
  root.append(svg("line", { class: "knee", x1: x(knee.concurrency), x2: x(knee.concurrency), y1: top, y2: bottom }));
  root.append(svg("text", { class: "kneelabel", x: x(knee.concurrency) - 5, y: top + 11, "text-anchor": "end" }, `knee at ${knee.concurrency}${trust === "firm" ? "" : " ?"}`));
}

function levelCharts(slot, data, phaseName) {
  const all = levelsOf(data, phaseName);
  if (!all.length) return;
  const single = all.length === 1;
  const embeddings = all.some((series) => series.rows.some((row) => isNumber(row.stats.embeddings_per_second)));
  const margin = { left: 58, right: single ? 18 : 92, top: 14, bottom: 40 };
  const grid = html("div", { class: "pair" });

  const simple = (title, unit, about, value, bounds, format, fitted) => {
    if (!all.some((series) => series.rows.some((row) => isNumber(value(row))))) return;
    grid.append(figure({
      title, unit, about,
      draw(width) {
        const { x, ticks } = loadAxis(all, width, margin);
        const height = 268;
        const y = linear(fromZero(all.flatMap((s) => s.rows.flatMap((row) => [value(row), ...(bounds(row) || [])]))), [height - margin.bottom, margin.top]);
        const plot = frame({ width, height, x, y, xTicks: ticks, yTicks: y.ticks(5), xFormat: tick, yFormat: tick, xLabel: loadLabel(all), margin });
        kneeMarks(plot.root, all, x, plot.top, plot.bottom);
        if (fitted && single && all[0].knee && kneeTrust(all[0])) {
          if (all[0].knee.usl) uslCurve(plot, all[0].knee.usl, x, y);
          if (all[0].knee.hinge) hingeMark(plot, all[0].knee.hinge, x);
        }
        const ends = [];
        for (const series of all) {
          const points = series.rows.filter((row) => isNumber(value(row))).map((row) => ({
            x: x(row.load), y: y(value(row)), disturbed: row.disturbed,
            low: bounds(row) && isNumber(bounds(row)[0]) ? y(bounds(row)[0]) : null,
            high: bounds(row) && isNumber(bounds(row)[1]) ? y(bounds(row)[1]) : null,
            title: `${loadName(series, row.load)}: ${format(value(row))} ${unit}${bounds(row) ? ` (95 % ${interval(bounds(row), format)})` : ""}${row.disturbed ? `; ${row.verdict}: ${row.reasons}` : ""}`,
          }));
          drawSeries(plot.root, points, series.place, { band: points.some((p) => p.low || p.high) });
          const last = points[points.length - 1];
          if (!single && last) ends.push({ x: plot.right + 8, y: last.y, text: short(series.name, 14), fill: colour(series.place) });
        }
        endLabels(plot.root, ends, plot.top, plot.bottom);
        return plot.root;
      },
      table: () => ({
        head: ["target", loadLabel(all), unit, "95 % interval"],
        rows: all.flatMap((series) => series.rows.map((row) => [series.name, tick(row.load), format(value(row)), bounds(row) ? interval(bounds(row), format) : NONE])),
      }),
      description: () => all.map((series) => `${series.name}: ` + series.rows.map((row) => `${format(value(row))} at ${loadName(series, row.load)}`).join(", ")).join(". "),
    }));
  };

  simple("Throughput", embeddings ? "embeddings/s, all streams" : "tokens/s, all streams", "throughput", throughputOf, () => null, rate, true);
  simple("Speed per user", "tokens/s of one request, median", "user", (row) => row.stats.request_tps && row.stats.request_tps.p50,
    (row) => row.stats.request_tps && row.stats.request_tps.p50_ci, rate, false);
  slot.append(grid);
  if (all.some((series) => series.rows.some((row) => ttftOf(series, row)))) slot.append(promiseChart(all, data, single));
  if (all.some((series) => series.rows.some((row) => row.disturbed))) {
    slot.append(html("p", { class: "note" }, "Hollow points are disturbed: the load generator's own lateness may have shaped them.", term("disturbed")));
  }
}

function uslCurve(plot, usl, x, y) {
  const points = [];
  for (let k = 0; k <= 60; k++) {
    const place = plot.left + (plot.right - plot.left) * k / 60;
    const n = x.invert(place);
    if (n < 1) continue;
    points.push([place, y(usl.lambda * n / (1 + usl.sigma * (n - 1) + usl.kappa * n * (n - 1)))]);
  }
  const inside = points.filter((p) => p[1] >= plot.top - 1 && p[1] <= plot.bottom);
  plot.root.append(svg("path", { class: "fit", d: path(inside) }));
  const at = inside[Math.floor(inside.length * 0.42)];
  if (at) plot.root.append(svg("text", { class: "fitlabel", x: at[0] + 10, y: at[1] + 14 }, "fit (USL)"));
}

// Where two straight lines through the points would meet, with its interval: on the axis, for it is of loads alone.
function hingeMark(plot, hinge, x) {
  if (!isNumber(hinge.concurrency)) return;
  const inside = (v) => Math.max(plot.left, Math.min(plot.right, v));
  const [low, high] = hinge.ci || [null, null];
  const y = plot.bottom - 8;
  const group = svg("g", { class: "hinge" }, svg("line", { class: "fit", x1: inside(isNumber(low) ? x(low) : plot.left), x2: inside(isNumber(high) ? x(high) : plot.right), y1: y, y2: y }),
    symbol(3, inside(x(hinge.concurrency)), y, { class: "mark", stroke: "var(--muted)", fill: "var(--bg)" }),
    svg("text", { class: "fitlabel", x: inside(x(hinge.concurrency)) - 9, y: y - 6, "text-anchor": "end" }, "fit (hinge)"));
  group.append(svg("title", {}, `fit (hinge): ${fixed(hinge.concurrency, 1)} streams (95 % ${interval([low, high], (v) => fixed(v, 1)) || "no interval"})`));
  plot.root.append(group);
}
