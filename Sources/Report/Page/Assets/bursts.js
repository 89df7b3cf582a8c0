// A card for each burst: what each place in the queue waited, cold over warm; how it was sent; when it was warm again.

function burstCards(slot, data, phaseName) {
  const cards = html("div", { class: "cards" });
  for (const [place, target] of data.charts.targets.entries()) {
    const summary = data.summary.targets[place];
    for (const phase of target.phases.filter((p) => p.name === phaseName && p.kind === "burst")) {
      const result = summary.phases.find((p) => p.kind === "burst" && p.name === phaseName && (p.window ?? null) === (phase.window ?? null));
      for (const burst of target.bursts.filter((b) => b.phase === phase.id)) {
        const facts = result && result.bursts.find((b) => b.index === burst.index);
        cards.append(burstCard(burst, facts || {}, data.charts.targets.length > 1 ? target.name : null));
      }
    }
  }
  if (cards.childElementCount) slot.append(cards);
}

const rowsOf = (burst, part) => burst.part.map((p, k) => k).filter((k) => burst.part[k] === part);

function burstCard(burst, facts, name) {
  const edge = rowsOf(burst, "edge");
  const hold = rowsOf(burst, "hold");
  const control = rowsOf(burst, "control");
  const ttft = (k) => burst.ttft ? burst.ttft[k] : null;
  const told = [
    isNumber(facts.idle_s) ? `after ${duration(facts.idle_s * 1000)} without requests` : null,
    facts.connections ? `${facts.connections} connections` : null,
    isNumber(facts.cold_share) ? `${percent(facts.cold_share)} cold` : null,
    isNumber(facts.cold_penalty_ms) ? `cold penalty ${duration(facts.cold_penalty_ms)}` : null,
    isNumber(facts.time_to_recover_s) ? facts.time_to_recover_s < 0.001 ? "warm at once" : `warm again ${duration(facts.time_to_recover_s * 1000)} after the edge` : isNumber(facts.censored_at_s) ? `not warm again within ${duration(facts.censored_at_s * 1000)}` : null,
    isNumber(facts.send_skew_ms) ? `sent within ${duration(facts.send_skew_ms)}` : null,
    burst.thinned_from ? `${count(burst.part.length)} of ${count(burst.thinned_from)} requests drawn` : null,
  ].filter(Boolean);
  const card = html("article", { class: "card" },
    html("h4", {}, `${name ? name + ": burst" : "Burst"} ${burst.index}, ${count(facts.requests ?? edge.length)} requests at once`, term("cold")),
    html("p", { class: "note" }, told.join(" · ")));
  const values = burst.ttft ? [...edge, ...control, ...hold].map(ttft).filter((v) => isNumber(v) && v > 0) : [];
  const y = (height, margin) => {
    const span = [height - margin.bottom, margin.top];
    return choices.scale === "log" ? logarithmic(around(values, 1.3), span) : linear(fromZero(values), span);
  };
  const margin = { left: 58, right: 16, top: 24, bottom: 38 };
  const state = (k) => burst.part[k] === "control" ? "warm again" : burst.cold && burst.cold[k] === true ? "cold" : burst.cold && burst.cold[k] === false ? "not cold" : "edge";
  const look = { cold: [0, 1, true], "not cold": [1, 0, true], edge: [0, 0, true], "warm again": [1, 5, false] };
  const title = (k) => `place ${burst.rank[k] === null ? NONE : burst.rank[k] + 1}, ${state(k)}: TTFT ${duration(ttft(k))}, ${burst.outcome[k]}`;
  const point = (root, k, x, scaleY) => {
    if (!isNumber(ttft(k))) {
      const mark = svg("path", { d: CROSS, class: "failedmark", transform: `translate(${x},${root.bottom - 6})` });
      mark.append(svg("title", {}, `place ${burst.rank[k] === null ? NONE : burst.rank[k] + 1}: ${burst.outcome[k]}`));
      root.root.append(mark);
      return;
    }
    const [shape, tone, filled] = look[state(k)] || look.edge;
    const mark = symbol(shape, x, scaleY(ttft(k)), { stroke: colour(tone), fill: filled ? colour(tone) : "var(--bg)", class: "mark small" });
    mark.append(svg("title", {}, title(k)));
    root.root.append(mark);
  };
  const present = [...new Set([...edge, ...control].map(state))];
  const legend = html("span", { class: "legend" }, present.map((s) => html("span", { class: "key" }, svg("svg", { width: 12, height: 12, viewBox: "-6 -6 12 12", "aria-hidden": "true" },
    svg("path", { d: SYMBOLS[look[s][0]](4), stroke: colour(look[s][1]), fill: look[s][2] ? colour(look[s][1]) : "var(--bg)" })), s)));

  const most = Math.max(1, ...[...edge, ...control].map((k) => (burst.rank[k] ?? 0) + 1));
  card.append(figure({
    title: "By place in the queue", unit: "TTFT", about: "ttft", controls: [legend],
    draw(width) {
      const height = 220;
      const x = linear([0.5, most + 0.5], [margin.left, width - margin.right]);
      const scaleY = y(height, margin);
      const ticks = niceTicks(1, most, Math.min(8, width / 60)).filter((v) => Number.isInteger(v) && v >= 1);
      const plot = frame({ width, height, x, y: scaleY, xTicks: [1, ...ticks.filter((v) => v > 1)], yTicks: scaleY.ticks(5), xFormat: tick, yFormat: durationTick, xLabel: "place in the burst", margin });
      for (const k of [...control, ...edge]) point(plot, k, x((burst.rank[k] ?? 0) + 1), scaleY);
      return plot.root;
    },
    table: () => ({
      head: ["place", "part", "written after", "TTFT", "ended after", "cold", "outcome", "sequence"],
      rows: [...edge, ...control].map((k) => [String((burst.rank[k] ?? 0) + 1), burst.part[k] === "control" ? "warm again" : "edge", duration(burst.written && burst.written[k]), duration(ttft(k)), duration(burst.ended && burst.ended[k]), burst.cold[k] === null ? NONE : burst.cold[k] ? "yes" : "no", burst.outcome[k], String(burst.sequence[k])]),
    }),
    description: () => told.join(", "),
  }));
  if (hold.length) {
    card.append(figure({
      title: "Until it was warm again", unit: "TTFT by the time a request was sent",
      draw(width) {
        const height = 190;
        const last = Math.max(...hold.map((k) => burst.dispatched[k]), 1) / 1000;
        const x = linear([0, last * 1.02], [margin.left, width - margin.right]);
        const scaleY = y(height, margin);
        const ticks = timeTicks(0, last, Math.max(3, Math.floor(width / 80)));
        const plot = frame({ width, height, x, y: scaleY, xTicks: ticks, yTicks: scaleY.ticks(4), xFormat: (v) => instant(v, ticks.step), yFormat: durationTick, xLabel: "since the edge", margin });
        if (isNumber(facts.recovery_threshold_ms)) {
          const band = scaleY(facts.recovery_threshold_ms);
          if (band > plot.top && band < plot.bottom) {
            plot.root.append(svg("line", { class: "threshold", x1: plot.left, x2: plot.right, y1: band, y2: band }));
            plot.root.append(svg("text", { class: "fitlabel", x: plot.right - 4, y: band - 5, "text-anchor": "end" }, `warm: up to ${duration(facts.recovery_threshold_ms)}`));
          }
        }
        if (isNumber(facts.time_to_recover_s)) plot.root.append(svg("line", { class: "knee", x1: x(facts.time_to_recover_s), x2: x(facts.time_to_recover_s), y1: plot.top, y2: plot.bottom }));
        for (const k of [...edge, ...hold]) point(plot, k, x(burst.dispatched[k] / 1000), scaleY);
        return plot.root;
      },
      table: () => ({ head: ["sent after", "TTFT", "outcome", "sequence"], rows: hold.map((k) => [duration(burst.dispatched[k]), duration(ttft(k)), burst.outcome[k], String(burst.sequence[k])]) }),
    }));
  }
  return card;
}
