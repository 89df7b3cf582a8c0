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
        signs(plot.root, values.flatMap((v, k) => isNumber(v) && v > 0 ? [[x((k + 0.5) * width1), y(v)]] : []), place);
      }
      return plot.root;
    },
    table: () => ({ head: ["from", ...lines.map((line) => line[0])], rows: lines[0][1].map((_, k) => [instant(k * width1, width1), ...lines.map((line) => duration(line[1][k]))]) }),
  }));
}
