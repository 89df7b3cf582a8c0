// What became of requests by load; conversations by turn; how long a server stays warm.

const CLASSES = [["answered", 2], ["failed", 1], ["throttled", 3], ["not counted", 5]];
const classesOf = (requests) => [requests.success, requests.failed, requests.throttled, requests.excluded];

function outcomeChart(slot, data) {
  const rows = [];
  for (const target of data.summary.targets) for (const phase of target.phases) {
    const prefix = (data.summary.targets.length > 1 ? target.name + ", " : "") + phase.name;
    const parts = phase.steps && phase.steps.length > 1 ? phase.steps.map((step) => [`${prefix}, ${step.concurrency ? plural(step.concurrency, "stream") : rate(step.rps) + " req/s"}`, step.stats])
      : (phase.bursts || []).length ? phase.bursts.map((burst) => [`${prefix} ${burst.index}`, burst.stats]) : [[prefix, phase.stats]];
    for (const [label, stats] of parts) if (stats && stats.requests.scheduled) rows.push({ label, stats, counts: classesOf(stats.requests) });
  }
  if (!rows.some((row) => row.counts[1] + row.counts[2] + row.counts[3] > 0)) return;
  const shown = rows.slice(0, 60);
  slot.append(figure({
    title: "Outcomes by load", unit: "share of the requests", wide: true,
    controls: [html("span", { class: "legend" }, CLASSES.map(([name, place]) => html("span", { class: "key" }, svg("svg", { width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" }, svg("path", { d: SYMBOLS[place % SYMBOLS.length](4), fill: colour(place) })), name)))],
    draw(width) {
      const left = Math.min(width * 0.36, 12 + 6.6 * Math.max(...shown.map((row) => row.label.length)));
      const line = 24;
      const x = linear([0, 1], [left, width - 120]);
      const root = svg("svg", { width, height: shown.length * line + 8, viewBox: `0 0 ${width} ${shown.length * line + 8}` });
      shown.forEach((row, n) => {
        const y = n * line + 4;
        const whole = row.counts.reduce((a, b) => a + b, 0) || 1;
        root.append(svg("text", { class: "rowlabel", x: left - 10, y: y + 13, "text-anchor": "end" }, short(row.label, Math.floor(left / 6.2))));
        let from = 0;
        row.counts.forEach((n2, k) => {
          if (!n2) return;
          const share = n2 / whole;
          const bar = svg("rect", { x: x(from), width: Math.max(1.5, x(from + share) - x(from) - 1), y, height: 17, fill: colour(CLASSES[k][1]) });
          bar.append(svg("title", {}, `${row.label}: ${count(n2)} ${CLASSES[k][0]} (${percent(share)})`));
          root.append(bar);
          from += share;
        });
        const bad = row.counts[1] + row.counts[2];
        root.append(svg("text", { class: "rowvalue", x: width - 110, y: y + 13 }, bad ? `✕ ${count(bad)} of ${count(whole)}` : `all of ${count(whole)}`));
      });
      return root;
    },
    table: () => ({
      head: ["load", "scheduled", ...CLASSES.map((c) => c[0]), "outcomes"],
      rows: rows.map((row) => [row.label, count(row.stats.requests.scheduled), ...row.counts.map(count), Object.entries(row.stats.outcomes).map(([name, n]) => `${name} ${count(n)}`).join(", ")]),
    }),
  }));
}

function turnChart(slot, data, phaseName) {
  const series = [];
  for (const [place, target] of data.summary.targets.entries()) for (const phase of target.phases) {
    if (phase.name !== phaseName) continue;
    for (const step of phase.steps || []) {
      if (!step.turns || step.turns.length < 2) continue;
      const load = isNumber(step.concurrency) ? plural(step.concurrency, "stream") : rate(step.rps) + " req/s";
      series.push({ name: (data.summary.targets.length > 1 ? target.name + ", " : "") + load, place: data.summary.targets.length > 1 ? place : series.length, turns: step.turns });
    }
  }
  if (!series.length) return;
  const wait = (turn) => turn.ttft_ms ? turn.ttft_ms[choices.percentile] ?? turn.ttft_ms.p50 : null;
  const number = (turn, n) => isNumber(turn.turn) ? turn.turn : n + 1;
  const margin = { left: 58, right: 92, top: 20, bottom: 40 };
  slot.append(figure({
    title: "Conversations, turn by turn", unit: "TTFT", about: "ttft",
    draw(width) {
      const height = 230;
      const most = Math.max(...series.flatMap((s) => s.turns.map(number)));
      const x = linear([0.7, most + 0.3], [margin.left, width - margin.right]);
      const values = series.flatMap((s) => s.turns.map((t) => wait(t)));
      const y = linear(fromZero(values), [height - margin.bottom, margin.top]);
      const plot = frame({ width, height, x, y, xTicks: niceTicks(1, most, 8).filter(Number.isInteger), yTicks: y.ticks(4), xFormat: tick, yFormat: durationTick, xLabel: "turn", margin });
      const ends = [];
      for (const s of series) {
        const points = s.turns.map((t, n) => ({ x: x(number(t, n)), y: y(wait(t)), title: `turn ${number(t, n)}: ${duration(wait(t))}` })).filter((p) => isNumber(p.y));
        drawSeries(plot.root, points, s.place);
        if (points.length) ends.push({ x: plot.right + 8, y: points[points.length - 1].y, text: series.length > 1 ? short(s.name, 13) : choices.percentile, fill: colour(s.place) });
      }
      endLabels(plot.root, ends, plot.top, plot.bottom);
      return plot.root;
    },
    table: () => ({
      head: ["load", "turn", "requests", "TTFT p50", "TTFT p95", "input tokens, median", "of them cached"],
      rows: series.flatMap((s) => s.turns.map((t, n) => [s.name, String(number(t, n)), count(t.requests), duration(t.ttft_ms && t.ttft_ms.p50), duration(t.ttft_ms && t.ttft_ms.p95), count(t.input_tokens_per_request && t.input_tokens_per_request.p50), percent(t.cached_share)])),
    }),
  }));
}

function keepwarmChart(slot, data, phaseName) {
  const series = data.summary.targets.flatMap((target, place) => target.phases.filter((p) => p.name === phaseName && p.keepwarm && (p.keepwarm.curve || []).length)
    .map((p) => ({ name: target.name, place, curve: p.keepwarm.curve })));
  if (!series.length) return;
  const margin = { left: 58, right: 92, top: 20, bottom: 40 };
  const gap = (point) => point.gap_s;
  const share = (point) => point.probes ? point.cold / point.probes : null;
  slot.append(figure({
    title: "How long it stays warm", unit: "share of probes that were cold, by the idle time before them", about: "cold", wide: true,
    draw(width) {
      const height = 250;
      const gaps = series.flatMap((s) => s.curve.map(gap));
      const x = logarithmic(around(gaps, 1.1), [margin.left, width - margin.right]);
      const y = linear([0, 1], [height - margin.bottom, margin.top]);
      const plot = frame({ width, height, x, y, xTicks: [...new Set(gaps)].sort((a, b) => a - b), yTicks: [0, 0.25, 0.5, 0.75, 1], xFormat: (v) => duration(v * 1000), yFormat: percent, xLabel: "idle time", margin });
      for (const s of series) {
        plot.root.append(svg("path", { class: "fit", d: path(s.curve.filter((p) => isNumber(p.fitted)).map((p) => [x(gap(p)), y(p.fitted)])) }));
        drawSeries(plot.root, s.curve.filter((p) => isNumber(share(p))).map((p) => {
          const ci = p.ci || p.interval || [null, null];
          return { x: x(gap(p)), y: y(share(p)), low: isNumber(ci[0]) ? y(ci[0]) : null, high: isNumber(ci[1]) ? y(ci[1]) : null, title: `${duration(gap(p) * 1000)}: ${count(p.cold)} of ${count(p.probes)} cold` };
        }), s.place, { band: true, dashed: true });
      }
      return plot.root;
    },
    table: () => ({ head: ["target", "idle", "probes", "cold"], rows: series.flatMap((s) => s.curve.map((p) => [s.name, duration(gap(p) * 1000), count(p.probes), count(p.cold)])) }),
  }));
}

// The generator's own lags over the run; how busy it was stands with everything over time.
function generatorChart(slot, data) {
  const generator = data.charts.generator;
  if (!generator.wake_lag_p99_ms && !generator.read_lag_p99_ms) return;
  const lines = [["woke up late by", generator.wake_lag_p99_ms, 0], ["bytes lay unread for", generator.read_lag_p99_ms, 1]].filter((line) => line[1]);
  const margin = { left: 58, right: 16, top: 12, bottom: 30 };
  const width1 = data.charts.bin_s;
  slot.append(figure({
    title: "Lateness of the load generator", unit: "p99 by bin", about: "generator", wide: true,
    controls: [html("span", { class: "legend" }, lines.map(([name, , place]) => html("span", { class: "key" }, svg("svg", { width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" }, svg("path", { d: SYMBOLS[place](4), fill: colour(place) })), name)))],
    draw(width) {
      const height = 170;
      const x = linear([0, data.charts.duration_s], [margin.left, width - margin.right]);
      const y = logarithmic(around(lines.flatMap((line) => line[1]), 1.2), [height - margin.bottom, margin.top]);
      const ticks = timeTicks(0, data.charts.duration_s, Math.max(3, Math.floor(width / 90)));
      const plot = frame({ width, height, x, y, xTicks: ticks, yTicks: y.ticks(4), xFormat: (v) => instant(v, ticks.step), yFormat: durationTick, margin });
      for (const [, values, place] of lines) {
        let run = [];
        const flush = () => { if (run.length) plot.root.append(svg("path", { class: "line thin", stroke: colour(place), d: run.length > 1 ? path(run) : `M${run[0][0] - 1.5},${run[0][1]}h3` })); run = []; };
        values.forEach((v, k) => { if (isNumber(v) && v > 0) run.push([x((k + 0.5) * width1), y(v)]); else flush(); });
        flush();
      }
      return plot.root;
    },
    table: () => ({ head: ["from", ...lines.map((line) => line[0])], rows: lines[0][1].map((_, k) => [instant(k * width1, width1), ...lines.map((line) => duration(line[1][k]))]) }),
  }));
}
