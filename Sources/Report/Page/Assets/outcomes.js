// What became of requests by load.

const CLASSES = [["answered", 2], ["failed", 1], ["throttled", 3], ["not counted", 5]];
const classesOf = (requests) => [requests.success, requests.failed, requests.throttled, requests.excluded];

// A row for each level, burst or undivided phase: {label, place of the target, stats}.
function resultRows(summary) {
  const rows = [];
  for (const [place, target] of summary.targets.entries()) for (const phase of target.phases) {
    const prefix = (summary.targets.length > 1 ? target.name + ", " : "") + phase.name;
    const parts = phase.steps && phase.steps.length > 1 ? phase.steps.map((step) => [`${prefix}, ${step.concurrency ? plural(step.concurrency, "stream") : rate(step.rps) + " req/s"}`, step.stats])
      : (phase.bursts || []).length ? phase.bursts.map((burst) => [`${prefix} ${burst.index}`, burst.stats]) : [[prefix, phase.stats]];
    for (const [label, stats] of parts) if (stats && stats.requests.scheduled) rows.push({ label, place, stats });
  }
  return rows;
}

const MOST_BARS = 60;
const labelWidth = (rows, width) => Math.min(width * 0.36, 16 + 7.2 * Math.max(...rows.map((row) => row.label.length)));

function outcomeChart(slot, data) {
  const rows = resultRows(data.summary).map((row) => ({ ...row, counts: classesOf(row.stats.requests) }));
  if (!rows.some((row) => row.counts[1] + row.counts[2] + row.counts[3] > 0)) return;
  const shown = rows.slice(0, MOST_BARS);
  slot.append(figure({
    title: "Outcomes by load", unit: "share of the requests", wide: true,
    controls: [html("span", { class: "legend" }, CLASSES.map(([name, place]) => html("span", { class: "key" }, svg("svg", { width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" }, svg("path", { d: SYMBOLS[place % SYMBOLS.length](4), fill: colour(place) })), name)))],
    draw(width) {
      const left = labelWidth(shown, width);
      const line = 24;
      const x = linear([0, 1], [left, width - 120]);
      const root = svg("svg", { width, height: shown.length * line + 8, viewBox: `0 0 ${width} ${shown.length * line + 8}` });
      shown.forEach((row, n) => {
        const y = n * line + 4;
        const whole = row.counts.reduce((a, b) => a + b, 0) || 1;
        root.append(svg("text", { class: "rowlabel", x: left - 10, y: y + 13, "text-anchor": "end" }, short(row.label, Math.floor((left - 12) / 7))));
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
