// Time to first token over the time of a phase as a map of counts: drift, stalls that come again, two populations.

function heatMaps(slot, data, phaseName) {
  for (const target of data.charts.targets) {
    for (const heat of target.heat) {
      const phase = target.phases.find((p) => p.id === heat.phase);
      if (!phase || phase.name !== phaseName) continue;
      slot.append(heatMap(heat, data.charts.targets.length > 1 ? target.name : null));
    }
  }
}

function heatMap(heat, name) {
  const margin = { left: 58, right: 16, top: 12, bottom: 40 };
  const most = Math.max(...heat.count);
  const edge = (row) => heat.low * (heat.high / heat.low) ** (row / heat.rows);
  const span = [heat.start, heat.start + heat.columns * heat.column_s];
  return figure({
    title: (name ? name + ": " : "") + "TTFT over time", unit: "number of requests by when they were sent and how long they waited", about: "ttft", wide: true,
    draw(width) {
      const height = 250;
      const x = linear(span, [margin.left, width - margin.right]);
      const y = logarithmic([heat.low, heat.high], [height - margin.bottom, margin.top]);
      const ticks = timeTicks(span[0], span[1], Math.max(3, Math.floor(width / 90)));
      const plot = frame({ width, height, x, y, xTicks: ticks, yTicks: y.ticks(5), xFormat: (v) => instant(v, ticks.step), yFormat: durationTick, xLabel: "since the run began", margin });
      const cells = svg("g", { class: "heat" });
      for (let k = 0; k < heat.count.length; k++) {
        const [a, b] = [x(span[0] + heat.column[k] * heat.column_s), x(span[0] + (heat.column[k] + 1) * heat.column_s)];
        const [low, high] = [y(edge(heat.row[k])), y(edge(heat.row[k] + 1))];
        const cell = svg("rect", { x: a, width: Math.max(0.6, b - a + 0.4), y: high, height: Math.max(0.6, low - high + 0.4), opacity: fixed(0.15 + 0.85 * Math.log1p(heat.count[k]) / Math.log1p(most), 2) });
        cell.append(svg("title", {}, `${instant(span[0] + heat.column[k] * heat.column_s, 1)}: ${plural(heat.count[k], "request")} from ${duration(edge(heat.row[k]))} to ${duration(edge(heat.row[k] + 1))}`));
        cells.append(cell);
      }
      plot.root.append(cells);
      return plot.root;
    },
    table: () => ({
      head: ["from", "TTFT from", "TTFT to", "requests"],
      rows: heat.count.map((n, k) => [instant(span[0] + heat.column[k] * heat.column_s, 1), duration(edge(heat.row[k])), duration(edge(heat.row[k] + 1)), count(n)]),
    }),
  });
}
