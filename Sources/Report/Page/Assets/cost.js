// What an answer that can be used costs, by load, with its interval.

function costChart(slot, data) {
  const rows = resultRows(data.summary).filter((row) => row.stats.cost && isNumber(row.stats.cost.usd_per_useful_result));
  if (rows.length < 2) return;
  const shown = rows.slice(0, MOST_BARS);
  const each = (row) => row.stats.cost.usd_per_useful_result;
  const bounds = (row) => row.stats.cost.usd_per_useful_ci || [null, null];
  slot.append(figure({
    title: "A useful answer by load", unit: "dollars, with 95 % interval", about: "cost", wide: true,
    draw(width) {
      const left = labelWidth(shown, width);
      const line = 24;
      const bottom = shown.length * line + 4;
      const x = linear(fromZero(shown.flatMap((row) => [each(row), bounds(row)[1]])), [left, width - 96]);
      const root = svg("svg", { width, height: bottom + 26, viewBox: `0 0 ${width} ${bottom + 26}` });
      const grid = svg("g", { class: "grid" });
      for (const value of x.ticks(Math.max(2, Math.floor((width - left) / 130)))) {
        grid.append(svg("line", { x1: x(value), x2: x(value), y1: 2, y2: bottom }), svg("text", { x: x(value), y: bottom + 16, "text-anchor": "middle" }, dollars(value)));
      }
      root.append(grid);
      shown.forEach((row, n) => {
        const y = n * line + 13;
        const [low, high] = bounds(row);
        root.append(svg("text", { class: "rowlabel", x: left - 10, y: y + 4, "text-anchor": "end" }, short(row.label, Math.floor((left - 12) / 7))));
        if (isNumber(low) && isNumber(high)) root.append(svg("line", { class: "interval", x1: x(low), x2: x(high), y1: y, y2: y, stroke: colour(row.place) }));
        const mark = symbol(row.place, x(each(row)), y, { stroke: colour(row.place), fill: colour(row.place), class: "mark" });
        mark.append(svg("title", {}, `${row.label}: ${dollars(each(row))} (95 % ${interval(bounds(row), dollars) || "no interval"})`));
        root.append(mark, svg("text", { class: "rowvalue", x: width - 86, y: y + 4 }, dollars(each(row))));
      });
      return root;
    },
    table: () => ({
      head: ["load", "in all", "a request", "a million output tokens", "a useful answer", "95 % interval", "useful"],
      rows: rows.map(({ label, stats }) => [label, dollars(stats.cost.usd), dollars(stats.cost.usd_per_request), dollars(stats.cost.usd_per_million_output_tokens),
        dollars(stats.cost.usd_per_useful_result), interval(stats.cost.usd_per_useful_ci, dollars) || NONE, `${count(stats.requests.useful)} of ${count(stats.requests.scheduled)}`]),
    }),
    description: () => shown.map((row) => `${row.label}: ${dollars(each(row))}`).join(", "),
  }));
}
