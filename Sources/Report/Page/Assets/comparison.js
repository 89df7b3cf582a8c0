// Sides held against a base: ratios with their intervals around the line at 1; throughput against speed per user.

const FINDINGS = { better: [2, "better"], worse: [1, "worse"], none: [5, "no difference shown"], undetermined: [5, "cannot tell"] };

// `words`: name and values of each row, in the reader's units.
function forestChart(slot, comparison, words) {
  const rows = (comparison.rows || []).map((row, k) => ({ ...row, told: words[k] || { name: row.metric, base: rate(row.base_value), value: rate(row.value) } })).filter((row) => isNumber(row.ratio) && row.ratio > 0);
  if (!rows.length) return;
  const finding = (row) => FINDINGS[row.finding] || (/worse|slower|lower|dearer|more expensive/.test(row.verdict || "") ? FINDINGS.worse : /better|faster|higher|cheaper/.test(row.verdict || "") ? FINDINGS.better : FINDINGS.none);
  const bounds = (row) => row.ci95 || [null, null];
  const values = rows.flatMap((row) => [row.ratio, ...bounds(row)]).filter((v) => isNumber(v) && v > 0);
  const sorted = values.slice().sort((a, b) => a - b);
  // One wild interval must not squeeze all others to a point.
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const reach = Math.min(1e3, Math.max(1.25, 1 / Math.max(1e-6, at(0.03)), at(0.97)) * 1.1);
  const targets = [...new Set(rows.map((row) => row.target))];
  slot.append(figure({
    title: "Against " + comparison.base, unit: "ratio with 95 % interval; 1 = the same", about: "ratio", wide: true,
    draw(width) {
      const narrow = width < 640;
      const left = narrow ? 132 : Math.min(260, 16 + 7.6 * Math.max(...rows.map((row) => row.told.name.length)));
      const right = narrow ? 14 : 250;
      const line = 24;
      let height = 12;
      const places = [];
      for (const target of targets) { if (targets.length > 1) height += 24; for (const row of rows.filter((r) => r.target === target)) { places.push([row, height]); height += line; } }
      const bottom = height + 4;
      const x = logarithmic([1 / reach, reach], [left, width - right]);
      const root = svg("svg", { width, height: bottom + 40, viewBox: `0 0 ${width} ${bottom + 40}` });
      const grid = svg("g", { class: "grid" });
      const ticks = [...new Set([0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10].filter((v) => v >= 1 / reach && v <= reach))];
      let end = -1e9;
      for (const value of ticks) {
        grid.append(svg("line", { x1: x(value), x2: x(value), y1: 4, y2: bottom, class: value === 1 ? "one" : null }));
        if (x(value) - end < 34 && value !== 1) continue;
        end = x(value);
        grid.append(svg("text", { x: x(value), y: bottom + 16, "text-anchor": "middle" }, String(value)));
      }
      root.append(grid);
      root.append(svg("g", { class: "axis" }, svg("text", { class: "label", x: x(1), y: bottom + 33, "text-anchor": "middle" }, `side / ${short(comparison.base, 30)}`)));
      let before = null;
      for (const [row, y] of places) {
        if (targets.length > 1 && row.target !== before) root.append(svg("text", { class: "rowhead", x: 2, y: y - 8 }, row.target));
        before = row.target;
        const [tone] = finding(row);
        const [low, high] = bounds(row);
        const middle = y + 9;
        const inside = (v) => Math.max(left, Math.min(width - right, v));
        root.append(svg("text", { class: row.primary || row.is_primary ? "rowlabel strong" : "rowlabel", x: left - 10, y: middle + 4, "text-anchor": "end" }, short(row.told.name, Math.floor((left - 12) / 7.2))));
        const [a, b] = [isNumber(low) && low > 0 ? x(low) : left, isNumber(high) ? x(high) : width - right];
        if (isNumber(low) || isNumber(high)) {
          root.append(svg("line", { class: "interval", x1: inside(a), x2: inside(b), y1: middle, y2: middle, stroke: colour(tone) }));
          if (a < left || !isNumber(low)) root.append(svg("path", { class: "whisker", stroke: colour(tone), fill: "none", d: `M${left + 5},${middle - 4}L${left},${middle}L${left + 5},${middle + 4}` }));
          if (b > width - right || !isNumber(high)) root.append(svg("path", { class: "whisker", stroke: colour(tone), fill: "none", d: `M${width - right - 5},${middle - 4}L${width - right},${middle}L${width - right - 5},${middle + 4}` }));
        }
        const mark = symbol(tone === 2 ? 2 : tone === 1 ? 4 : 0, inside(x(row.ratio)), middle, { stroke: colour(tone), fill: tone === 5 ? "var(--bg)" : colour(tone), class: "mark" });
        mark.append(svg("title", {}, `${row.target}, ${row.told.name}: ${row.told.base} to ${row.told.value}, ratio ${fixed(row.ratio, 3)} (${interval(bounds(row), (v) => fixed(v, 3)) || "no interval"}); ${row.verdict}`));
        root.append(mark);
        if (!narrow) root.append(svg("text", { class: "rowvalue", x: width - right + 12, y: middle + 4 }, short(row.verdict || finding(row)[1], 40)));
      }
      return root;
    },
    table: () => ({ head: ["side", "figure", comparison.base, "value", "ratio", "95 % interval", "verdict"], rows: rows.map((row) => [row.target, row.told.name, row.told.base, row.told.value, fixed(row.ratio, 3), interval(bounds(row), (v) => fixed(v, 3)) || NONE, row.verdict]) }),
    description: () => rows.slice(0, 12).map((row) => `${row.target}, ${row.told.name}: ${row.verdict}`).join(". "),
  }));
}

function frontierChart(slot, comparison) {
  for (const frontier of comparison.frontiers || []) {
    const curves = (frontier.curves || []).filter((curve) => curve.points.length);
    if (curves.length < 2) continue;
    const unit = frontier.counts_bytes || frontier.unit === "bytes" ? "bytes/s" : "tokens/s";
    const margin = { left: 58, right: 92, top: 20, bottom: 40 };
    const perUser = (point) => point.per_user;
    slot.append(figure({
      title: "Throughput against speed per user", unit: `${unit}; each point is a level, up and to the right is better`, about: "user", wide: true,
      draw(width) {
        const height = 320;
        const points = curves.flatMap((curve) => curve.points);
        const x = linear(fromZero(points.map(perUser)), [margin.left, width - margin.right]);
        const y = linear(fromZero(points.map((p) => p.aggregate)), [height - margin.bottom, margin.top]);
        const plot = frame({ width, height, x, y, xTicks: x.ticks(8), yTicks: y.ticks(5), xFormat: tick, yFormat: tick, xLabel: `${unit} of one user, median`, margin });
        const ends = [];
        curves.forEach((curve, place) => {
          const drawn = curve.points.map((p) => ({ x: x(perUser(p)), y: y(p.aggregate), title: `${curve.target}, ${plural(p.concurrency, "stream")}: ${rate(p.aggregate)} ${unit} in all, ${rate(perUser(p))} for each user` }));
          drawSeries(plot.root, drawn, place);
          const top = drawn[drawn.length - 1];
          ends.push({ x: Math.min(plot.right + 8, top.x + 10), y: top.y, text: short(curve.target, 13), fill: colour(place) });
        });
        endLabels(plot.root, ends, plot.top, plot.bottom);
        return plot.root;
      },
      table: () => ({ head: ["side", "streams", `${unit} in all`, `${unit} for each`, "TTFT p95"], rows: curves.flatMap((curve) => curve.points.map((p) => [curve.target, count(p.concurrency), rate(p.aggregate), rate(perUser(p)), duration(p.ttft_p95_ms)])) }),
    }));
  }
}
