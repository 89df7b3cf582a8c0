// Conversations, turn by turn.

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
  const number = (turn, n) => isNumber(turn.turn) ? turn.turn : n + 1;
  const tokens = (turn) => turn.input_tokens_per_request ? turn.input_tokens_per_request.p50 : null;
  const isCached = series.some((s) => s.turns.some((turn) => isNumber(turn.cached_share)));
  const several = series.length > 1;
  const grid = html("div", { class: "pair" });
  const add = (title, unit, about, linesOf, yFormat, format) => grid.append(figure({
    title, unit, about,
    draw(width) {
      const height = 240;
      const lines = linesOf();
      const margin = { left: 58, right: several ? 92 : 78, top: 20, bottom: 40 };
      const most = Math.max(...series.flatMap((s) => s.turns.map(number)));
      const x = linear([0.7, most + 0.3], [margin.left, width - margin.right]);
      // Several loads have colours of their own, and one name each; of one load the lines do.
      const drawn = series.flatMap((s) => lines.map((line, k) => ({ s, line, place: several || lines.length === 1 ? s.place : k, label: several ? k === 0 && s.name : line.name })));
      const y = linear(fromZero(drawn.flatMap(({ s, line }) => s.turns.map(line.value))), [height - margin.bottom, margin.top]);
      const plot = frame({ width, height, x, y, xTicks: niceTicks(1, most, 8).filter(Number.isInteger), yTicks: y.ticks(4), xFormat: tick, yFormat, xLabel: "turn", margin });
      const ends = [];
      for (const { s, line, place, label } of drawn) {
        const points = s.turns.map((turn, n) => [turn, n]).filter(([turn]) => isNumber(line.value(turn)))
          .map(([turn, n]) => ({ x: x(number(turn, n)), y: y(line.value(turn)), title: `${s.name}, turn ${number(turn, n)}: ${line.name} ${format(line.value(turn))}` }));
        if (!points.length) continue;
        drawSeries(plot.root, points, place, { dashed: line.dashed });
        if (label) ends.push({ x: plot.right + 8, y: points[points.length - 1].y, text: short(label, several ? 13 : 11), fill: colour(place) });
      }
      endLabels(plot.root, ends, plot.top, plot.bottom);
      return plot.root;
    },
    table: () => ({
      head: ["load", "turn", "requests", "TTFT p50", "TTFT p95", "input tokens, median", "of them cached"],
      rows: series.flatMap((s) => s.turns.map((t, n) => [s.name, String(number(t, n)), count(t.requests), duration(t.ttft_ms && t.ttft_ms.p50), duration(t.ttft_ms && t.ttft_ms.p95), count(tokens(t)), percent(t.cached_share)])),
    }),
    description: () => series.map((s) => `${s.name}: ` + s.turns.map((turn, n) => `turn ${number(turn, n)} ${linesOf().map((line) => `${line.name} ${format(line.value(turn))}`).join(", ")}`).join("; ")).join(". "),
  }));
  const percentiles = () => (several ? [choices.percentile] : [...new Set(["p50", choices.percentile])]).map((key) => ({ name: key, value: (turn) => turn.ttft_ms ? turn.ttft_ms[key] : null }));
  add("Conversations, turn by turn", () => "TTFT" + (several ? ", " + choices.percentile : ""), "ttft", percentiles, durationTick, duration);
  add("What a turn sends", "input tokens, median" + (isCached ? "; dashed: of them from the server's cache" : ""), "turns",
    () => [{ name: "sent", value: tokens }, ...(isCached ? [{ name: "cached", dashed: true, value: (turn) => isNumber(turn.cached_share) && isNumber(tokens(turn)) ? turn.cached_share * tokens(turn) : null }] : [])], tick, count);
  slot.append(grid);
}
