// How long a server stays warm.

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
