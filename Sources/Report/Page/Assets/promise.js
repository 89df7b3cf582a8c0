// Time to first token against load, with a service level that can be moved and answers what load keeps it.

// The largest tested load that keeps the level with all below it, and where the line is crossed.
function kept(points, limit) {
  const sorted = points.filter((p) => isNumber(p.value)).sort((a, b) => a.load - b.load || b.value - a.value);
  let last = null;
  let next = null;
  for (const point of sorted) {
    if (point.value <= limit) last = point; else { next = point; break; }
  }
  let crossing = null;
  if (last && next && next.load > last.load) {
    const [a, b] = [Math.log(last.value), Math.log(next.value)];
    const share = b > a ? (Math.log(limit) - a) / (b - a) : 0;
    crossing = last.load * (next.load / last.load) ** Math.min(1, Math.max(0, share));
  }
  return { last, next, crossing };
}

function promiseText(all, limit, percentile) {
  return all.map((series) => {
    const points = series.rows.map((row) => ({ load: row.load, value: (ttftOf(series, row) || {})[percentile], ci: (ttftOf(series, row) || {})[percentile + "_ci"], disturbed: row.disturbed }));
    const { last, next, crossing } = kept(points, limit);
    const who = all.length > 1 ? series.name + ": " : "";
    const level = `TTFT ${percentile} within ${duration(limit)}`;
    if (!last && !next) return `${who}no level has a TTFT ${percentile}.`;
    if (!last) return `${who}No tested level keeps ${level}; at ${loadName(series, next.load)} it is ${duration(next.value)}.`;
    let text = `${who}${level} holds up to ${loadName(series, last.load)} (measured: ${duration(last.value)}).`;
    if (next) text += ` At ${loadName(series, next.load)} it is ${duration(next.value)}; the line is crossed at about ${series.open ? rate(crossing) + " requests/s" : fixed(crossing, crossing < 10 ? 1 : 0) + " streams"} (interpolated, not measured).`;
    else text += " That is the highest level tested.";
    if (last.ci && !isNumber(last.ci[1])) text += " This sample is too small to bound the figure from above.";
    else if (last.ci && last.ci[1] > limit) text += ` Its 95 % interval reaches ${duration(last.ci[1])}, beyond the line.`;
    if (last.disturbed) text += " That level is disturbed.";
    return text;
  });
}

function niceLimit(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 5, 10].map((m) => m * power).find((v) => v >= value) || value;
}

// The service levels that were moved, by phase.
const promised = new Map();

function promiseChart(all, data, single) {
  const values = all.flatMap((series) => series.rows.flatMap((row) => {
    const ttft = ttftOf(series, row);
    return ttft ? [ttft.p50, ttft.p95, ttft.p99] : [];
  })).filter((v) => isNumber(v) && v > 0);
  const least = Math.min(...values);
  const key = all[0].phase.name;
  let limit = promised.get(key) || data.charts && data.charts.slo_ttft_ms || niceLimit(2 * Math.min(...all.map((series) => (ttftOf(series, series.rows[0]) || {}).p95 || least)));
  const margin = { left: 58, right: single ? 46 : 92, top: 18, bottom: 40 };
  const answer = html("p", { class: "answer", "aria-live": "polite" });
  const tell = () => { answer.replaceChildren(...promiseText(all, limit, choices.percentile).map((text) => html("span", {}, text + " "))); };
  let chart = null;

  const move = (value) => { limit = Math.min(Math.max(...values) * 4, Math.max(least / 4, value)); promised.set(key, limit); };

  function draw(width) {
    const height = 330;
    const { x, ticks } = loadAxis(all, width, margin);
    const isLog = choices.scale === "log";
    const domainValues = [...values, limit];
    const y = isLog ? logarithmic(around(domainValues, 1.25), [height - margin.bottom, margin.top]) : linear(fromZero(domainValues), [height - margin.bottom, margin.top]);
    const plot = frame({ width, height, x, y, xTicks: ticks, yTicks: y.ticks(6), xFormat: tick, yFormat: durationTick, xLabel: loadLabel(all), margin });
    kneeMarks(plot.root, all, x, plot.top, plot.bottom);
    const ends = [];
    const lines = single ? PERCENTILES.map(([key], place) => [all[0], key, place]) : all.map((series) => [series, choices.percentile, series.place]);
    for (const [series, key, place] of lines) {
      const points = series.rows.map((row) => {
        const ttft = ttftOf(series, row);
        if (!ttft || !isNumber(ttft[key])) return null;
        const ci = ttft[key + "_ci"] || [null, null];
        const bounded = isNumber(ci[1]);
        return { x: x(row.load), y: y(ttft[key]), disturbed: row.disturbed || !bounded,
          low: isNumber(ci[0]) && (!isLog || ci[0] > 0) ? y(ci[0]) : null, high: bounded ? y(ci[1]) : null,
          title: `${loadName(series, row.load)}: TTFT ${key} ${duration(ttft[key])} (95 % ${interval(ci, duration) || "no interval"}; n = ${count(ttft.count)})${row.disturbed ? "; " + row.verdict + ": " + row.reasons : ""}` };
      }).filter(Boolean);
      // Several percentiles stand side by side, so that none hides another's interval.
      if (single) for (const p of points) p.x += (place - 1) * 5;
      drawSeries(plot.root, points, single ? place : series.place, { band: true });
      const last = points[points.length - 1];
      if (last) ends.push({ x: plot.right + 10, y: last.y, text: single ? key : short(series.name, 13), fill: colour(single ? place : series.place) });
    }
    endLabels(plot.root, ends, plot.top, plot.bottom);

    const place = y(limit);
    const handle = svg("g", { class: "promise", tabindex: 0, role: "slider", "aria-label": "Service level: time to first token", "aria-orientation": "vertical",
      "aria-valuemin": fixed(least / 4, 3), "aria-valuemax": fixed(Math.max(...values) * 4, 3), "aria-valuenow": fixed(limit, 3), "aria-valuetext": duration(limit) },
      svg("line", { x1: plot.left, x2: plot.right, y1: place, y2: place }),
      svg("rect", { class: "grip", x: plot.left, y: place - 11, width: plot.right - plot.left, height: 22 }),
      svg("text", { x: plot.left + 6, y: place - 5 }, `↕ service level ${duration(limit)}`));
    const follow = (event) => {
      const box = plot.root.getBoundingClientRect();
      move(y.invert(event.clientY - box.top));
      refresh();
    };
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const up = () => { window.removeEventListener("pointermove", follow); window.removeEventListener("pointerup", up); };
      window.addEventListener("pointermove", follow);
      window.addEventListener("pointerup", up);
    });
    handle.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? 1.25 : 1.05;
      const by = { ArrowUp: step, ArrowRight: step, ArrowDown: 1 / step, ArrowLeft: 1 / step, PageUp: 2, PageDown: 0.5 }[event.key];
      if (!by) return;
      event.preventDefault();
      move(limit * by);
      refresh();
      const again = chart.querySelector(".promise");
      if (again) again.focus();
    });
    plot.root.append(handle);
    tell();
    return plot.root;
  }

  const refresh = () => { chart.redraw(); tell(); };
  chart = figure({
    title: "Time to first token", unit: () => (single ? "p50, p95, p99" : choices.percentile) + " with 95 % intervals", about: "ttft", wide: true, draw,
    table: () => ({
      head: ["target", loadLabel(all), "n", "p50", "95 % interval", "p95", "95 % interval", "p99", "95 % interval"],
      rows: all.flatMap((series) => series.rows.map((row) => {
        const ttft = ttftOf(series, row) || {};
        return [series.name, tick(row.load), count(ttft.count), ...["p50", "p95", "p99"].flatMap((key) => [duration(ttft[key]), interval(ttft[key + "_ci"], duration) || NONE])];
      })),
    }),
    description: () => promiseText(all, limit, choices.percentile).join(" "),
  });
  chart.insertBefore(answer, chart.querySelector(".stage"));
  chart.querySelector("figcaption").append(term("promise") || "");
  if (all.some((series) => series.rows.some((row) => { const ttft = ttftOf(series, row); return ttft && PERCENTILES.some(([key]) => isNumber(ttft[key]) && !(ttft[key + "_ci"] && isNumber(ttft[key + "_ci"][1]))); }))) {
    chart.insertBefore(html("p", { class: "note" }, "Hollow, with an open arrow: too few requests to say how bad this percentile can be."), chart.querySelector("details.table"));
  }
  return chart;
}
