// The whole run on one time axis: stacked tracks with one cursor and one zoom, which the requests below share.

const view = {
  from: 0, to: 1, whole: [0, 1], cursor: null, listeners: new Set(),
  set(from, to) {
    const least = Math.max(1e-3, (view.whole[1] - view.whole[0]) / 5000);
    if (to - from < least) { const middle = (from + to) / 2; from = middle - least / 2; to = middle + least / 2; }
    const span = Math.min(to - from, view.whole[1] - view.whole[0]);
    view.from = Math.max(view.whole[0], Math.min(from, view.whole[1] - span));
    view.to = view.from + span;
    view.tell("zoom");
  },
  point(seconds) { view.cursor = seconds === null ? null : Math.max(view.from, Math.min(view.to, seconds)); view.tell("cursor"); },
  tell(what) { for (const listener of view.listeners) listener(what); },
};

// Zoom and cursor by pointer and by keys, the same in every chart over time. `scale()` is the present x scale.
function steer(element, scale) {
  element.setAttribute("tabindex", "0");
  const at = (event) => scale().invert(event.clientX - element.getBoundingClientRect().left);
  let began = null;
  element.addEventListener("pointermove", (event) => { view.point(at(event)); if (began !== null) view.tell("brush"); });
  element.addEventListener("pointerleave", () => { if (began === null) view.point(null); });
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    began = view.brush = at(event);
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointerup", (event) => {
    if (began === null) return;
    const [a, b] = [began, at(event)].sort((p, q) => p - q);
    began = view.brush = null;
    const wide = scale()(b) - scale()(a) > 6;
    if (wide) view.set(a, b); else view.tell("brush");
  });
  element.addEventListener("dblclick", () => view.set(...view.whole));
  element.addEventListener("keydown", (event) => {
    const span = view.to - view.from;
    const middle = view.cursor === null ? (view.from + view.to) / 2 : view.cursor;
    const sign = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (sign && event.shiftKey) { view.set(view.from + sign * span / 8, view.to + sign * span / 8); view.point(view.cursor); }
    else if (sign) view.point(middle + sign * Math.max(view.bin || 0, span / 200));
    else if (event.key === "+" || event.key === "=") { view.set(middle - span / 4, middle + span / 4); view.point(middle); }
    else if (event.key === "-") { view.set(middle - span, middle + span); view.point(middle); }
    else if (event.key === "0") view.set(...view.whole);
    else if (event.key === "Escape") view.point(null);
    else if (event.key === "Home") view.point(view.from);
    else if (event.key === "End") view.point(view.to);
    else return;
    event.preventDefault();
  });
}

function zoomButtons() {
  const button = (text, label, act) => html("button", { type: "button", "aria-label": label, onclick: act }, text);
  const middle = () => (view.from + view.to) / 2;
  const span = () => view.to - view.from;
  return [
    button("+", "Zoom in", () => view.set(middle() - span() / 4, middle() + span() / 4)),
    button("−", "Zoom out", () => view.set(middle() - span(), middle() + span())),
    button("whole run", "Show the whole run", () => view.set(...view.whole)),
  ];
}

// What the server says of itself, on the same axis: all replicas together, and its KV caches one by one where there are several.
function serverTracks(server) {
  if (!server) return [];
  const tracks = [];
  const { running, waiting, kv } = server.all;
  if (running || waiting) {
    tracks.push({ title: "Server: requests", format: rate, height: 74, lines: [
      { name: "running", values: running || [], place: 2, gaps: true, area: true }, { name: "waiting", values: waiting || [], place: 1, gaps: true }] });
  }
  if (kv) {
    const share = (values) => (values || []).map((v) => isNumber(v) ? 100 * v : v);
    const each = server.replicas.filter((r) => r.kv);
    tracks.push({ title: each.length > 1 ? "Server: KV cache in use, %, by replica" : "Server: KV cache in use, %", format: (v) => isNumber(v) ? fixed(v, 0) + NBSP + "%" : NONE, tickFormat: (v) => fixed(v, 0), height: 54, least: 100,
      lines: each.length > 1 ? each.map((r, k) => ({ name: short(r.name, 24), values: share(r.kv), place: k, gaps: true, thin: true })) : [{ name: "in use", values: share(kv), place: 4, gaps: true, area: true }] });
  }
  if (server.up && server.up.some((v) => v > 1 || v === 0)) {
    tracks.push({ title: "Server: replicas up", format: rate, height: 40, lines: [{ name: "up", values: server.up, place: 3, gaps: true, area: true }] });
  }
  return tracks;
}

function serverAt(server, place) {
  if (!server) return null;
  const { running, waiting, kv } = server.all;
  const parts = [running && `${rate(running[place])} running`, waiting && `${rate(waiting[place])} waiting`, kv && isNumber(kv[place]) && `KV cache ${fixed(100 * kv[place], 0)}${NBSP}%`].filter(Boolean);
  return parts.length ? `server: ${parts.join(", ")}` : null;
}

// Stretches in which something other than the server's usual work went on.
function bandsOf(data) {
  const bands = [];
  const seen = new Set();
  for (const target of data.summary.targets) for (const phase of target.phases) for (const incident of phase.incidents || []) {
    const key = incident.kind + incident.start_s;
    if (seen.has(key)) continue;
    seen.add(key);
    const ours = incident.side === "client" || ["stall", "suspend", "client_stop", "clock_step"].includes(incident.kind);
    bands.push({ from: incident.start_s, to: incident.end_s ?? incident.start_s, kind: incident.kind.replace(/_/g, " "),
      side: ours ? "client" : incident.side || (["silence", "outage", "throttling"].includes(incident.kind) ? "server" : "run"), detail: incident.detail || "", streams: incident.streams, of: incident.of });
  }
  const figures = { ttft: ["TTFT", duration], ttft_p95: ["TTFT p95", duration], e2e: ["e2e", duration], output_tokens_per_second: ["tokens/s", rate], error_rate: ["share of failures", percent] };
  for (const target of data.summary.targets) for (const phase of target.phases) for (const change of phase.change_points || []) {
    const [name, format] = figures[change.figure] || [change.figure, String];
    bands.push({ from: change.at_s, to: change.at_s, kind: "change", side: "run", detail: `${name} ${change.after > change.before ? "rose" : "fell"} from ${format(change.before)} to ${format(change.after)} (window ${change.window} of ${change.windows})` });
  }
  return bands.sort((a, b) => a.from - b.from);
}

// What was asked for at a time: the levels of a target's steps.
function askedOf(target) {
  return target.phases.filter((p) => p.kind !== "trickle").flatMap((phase) => phase.steps.map((step) => ({
    from: step.start, to: step.window_end ?? step.end, step, phase,
    streams: step.kind === "arrivals" || step.kind === "idle" || step.kind === "pause" || step.kind === "drain" ? 0 : step.concurrency,
  }))).filter((s) => isNumber(s.from) && isNumber(s.to) && s.to > s.from);
}

const stepTitle = (step) => step.kind === "arrivals" ? `${rate(step.rps)} req/s`
  : step.kind === "edge" ? `burst of ${step.concurrency}` : step.kind === "control" ? "warm again"
  : ["idle", "pause", "drain", "warmup"].includes(step.kind) ? step.kind : `${step.concurrency}`;

function timeChart(slot, data) {
  const charts = data.charts;
  if (!charts || !charts.targets.length) return;
  const isWhole = view.from === view.whole[0] && view.to === view.whole[1];
  view.whole = [0, charts.duration_s];
  if (isWhole) [view.from, view.to] = view.whole;
  view.target = 0;
  view.bin = charts.bin_s;
  let shown = 0;
  const target = () => charts.targets[shown];
  const bands = bandsOf(data);
  const width = charts.bin_s;
  const at = (place) => (place + 0.5) * width;
  const inSecond = (value, place) => value / Math.min(width, Math.max(1e-9, charts.duration_s - place * width));
  const perSecond = (values) => values.map(inSecond);
  const readout = html("p", { class: "readout", "aria-live": "off" });
  let scale = null;
  let overlay = null;
  let geometry = null;

  const tracks = () => {
    const series = target().series;
    const slow = [];
    const bad = [["✕ failed", series.failed, 1, CROSS], ["✕ throttled", series.throttled, 3, CROSS], ["▵ sent again", series.again || [], 4, HAT]].filter(([, values]) => values.some((v) => v > 0))
      .map(([name, values, place, spikes]) => ({ name, values: perSecond(values), place, spikes }));
    const requests = target().requests;
    if (requests.ttft) for (let k = 0; k < requests.at.length; k++) if (requests.slow[k] && isNumber(requests.ttft[k])) slow.push([requests.at[k], requests.ttft[k]]);
    const list = [
      { title: "Streams", about: "inflight", format: rate, height: 74, lines: [{ name: "held", values: series.in_flight, area: true, place: 0 }], asked: askedOf(target()) },
      { title: "Requests per second", format: rate, height: 74, lines: [
        { name: "sent", values: perSecond(series.starts), place: 5, thin: true },
        { name: "answered", values: perSecond(series.success), place: 2 },
      ].concat(bad) },
      { title: "Time to first token", about: "ttft", format: duration, tickFormat: durationTick, height: 96, log: choices.scale === "log", lines: [
        { name: "p95", values: series.ttft_p95 || [], place: 1, gaps: true, thin: true }, { name: "p50", values: series.ttft_p50 || [], place: 0, gaps: true }],
        band: [series.ttft_p50 || [], series.ttft_p95 || []], dots: slow },
      { title: "Tokens per second" + (series.token_bin_s > width ? `, known to ${duration(series.token_bin_s * 1000)}` : ""), about: "throughput", format: rate, height: 74, lines: [{ name: "tokens/s", values: perSecond(series.tokens), area: true, place: 3 }] },
    ];
    list.push(...serverTracks(target().server), ...limitTracks(target().limits));
    const generator = charts.generator;
    if (generator.cpu_percent || generator.wake_lag_p99_ms) {
      list.push({ title: "Load generator: one core busy, %", about: "generator", format: (v) => isNumber(v) ? fixed(v, 0) + NBSP + "%" : NONE, tickFormat: (v) => fixed(v, 0), height: 54, least: 100,
        lines: [{ name: "busy", values: generator.cpu_percent || [], place: 5, gaps: true, area: true }] });
    }
    return list;
  };

  function draw(pixels) {
    const margin = { left: 58, right: 16 };
    const list = tracks();
    const strip = 34;
    const space = 26;
    let height = strip + 6;
    for (const track of list) { track.head = trackHead(track, pixels - margin.left - margin.right); track.top = height + space + HEAD_LINE * (track.head.length - 1); track.bottom = track.top + track.height; height = track.bottom; }
    height += 30;
    const x = linear([view.from, view.to], [margin.left, pixels - margin.right]);
    scale = x;
    const root = svg("svg", { width: pixels, height, viewBox: `0 0 ${pixels} ${height}`, class: "time" });
    const clip = "clip-" + Math.floor(pixels);
    root.append(svg("defs", {}, svg("clipPath", { id: clip }, svg("rect", { x: margin.left, y: 0, width: pixels - margin.left - margin.right, height })),
      svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "hatch" }))));
    const inside = svg("g", { "clip-path": `url(#${clip})` });
    root.append(inside);
    const last = list[list.length - 1].bottom;

    // Phases and steps above, their borders through all tracks.
    for (const phase of target().phases) {
      if (!isNumber(phase.start) || !isNumber(phase.end) || phase.kind === "trickle") continue;
      const [a, b] = [x(phase.start), x(phase.end)];
      if (b < margin.left || a > pixels - margin.right) continue;
      const [ca, cb] = [Math.max(a, margin.left), Math.min(b, pixels - margin.right)];
      inside.append(svg("rect", { class: "phase " + phase.kind, x: a, y: 2, width: Math.max(1, b - a - 1), height: 15, rx: 2 }));
      if (cb - ca > phase.name.length * 6.4 + 8) inside.append(svg("text", { class: "phasename", x: ca + 5, y: 13.5 }, phase.name));
      for (const step of phase.steps) {
        if (!isNumber(step.start)) continue;
        const end = step.end ?? step.window_end ?? step.start;
        const [sa, sb] = [x(step.start), x(end)];
        const edge = step.kind === "edge" || step.kind === "control";
        if (sb > margin.left && sa < pixels - margin.right) {
          inside.append(svg("line", { class: edge ? "edge" : "step", x1: sa, x2: sa, y1: 19, y2: last }));
          const text = stepTitle(step);
          if (sb - sa > text.length * 6 + 6) inside.append(svg("text", { class: "stepname", x: Math.max(sa, margin.left) + 4, y: 30 }, text));
        }
      }
    }
    for (const band of bands) {
      const [a, b] = [x(band.from), x(band.to)];
      const rect = svg("rect", { class: "band " + band.side, x: a, y: strip + space - 2, width: Math.max(2, b - a), height: last - strip - space + 2 });
      rect.append(svg("title", {}, bandText(band)));
      inside.append(rect);
      if (band.side === "client") inside.append(svg("rect", { fill: "url(#hatch)", x: a, y: strip + space - 2, width: Math.max(2, b - a), height: last - strip - space + 2, "pointer-events": "none" }));
    }

    const ticks = timeTicks(view.from, view.to, Math.max(3, Math.floor(pixels / 90)));
    for (const track of list) drawTrack(root, inside, track, x, ticks, margin, pixels, width, at);
    const axis = svg("g", { class: "axis" });
    for (const value of ticks) {
      axis.append(svg("line", { x1: x(value), x2: x(value), y1: last, y2: last + 4 }));
      if (x(value) < pixels - margin.right - 4) axis.append(svg("text", { x: x(value), y: last + 18, "text-anchor": "middle" }, instant(value, ticks.step)));
    }
    root.append(axis);
    overlay = svg("svg", { width: pixels, height, viewBox: `0 0 ${pixels} ${height}`, class: "cover", "aria-hidden": "true" });
    root.cover = overlay;
    geometry = { list, x, last, left: margin.left, right: pixels - margin.right, top: strip };
    steer(root, () => scale);
    root.addEventListener("focus", () => { if (view.cursor === null) view.point((view.from + view.to) / 2); });
    mark();
    return root;
  }

  // Only the cursor's own few elements are made anew when it moves, over the picture, which is not painted again for them.
  function mark() {
    if (!overlay) return;
    clear(overlay);
    if (view.brush !== null && view.brush !== undefined && view.cursor !== null) {
      const [a, b] = [geometry.x(view.brush), geometry.x(view.cursor)].sort((p, q) => p - q);
      overlay.append(svg("rect", { class: "brush", x: a, width: b - a, y: geometry.top, height: geometry.last - geometry.top }));
    }
    if (view.cursor === null) { readout.replaceChildren(html("span", { class: "dim hint" }, hint)); return; }
    const place = Math.min(charts.bins - 1, Math.floor(view.cursor / width));
    const x = geometry.x(view.cursor);
    overlay.append(svg("line", { class: "cursor", x1: x, x2: x, y1: geometry.top, y2: geometry.last }));
    const series = target().series;
    const here = askedOf(target()).filter((s) => s.from <= view.cursor && view.cursor < s.to);
    const asked = here.reduce((sum, s) => sum + s.streams, 0);
    for (const track of geometry.list) for (const line of track.lines) {
      const value = line.values[place];
      if (isNumber(value) && track.y) overlay.append(svg("circle", { cx: x, cy: track.y(Math.max(value, track.log ? track.y.domain[0] : value)), r: 3, fill: colour(line.place), class: "dot" }));
    }
    const phase = target().phases.find((p) => p.kind !== "trickle" && isNumber(p.start) && p.start <= view.cursor && view.cursor < p.end);
    const band = bands.find((b) => b.from <= view.cursor && view.cursor <= Math.max(b.to, b.from + width));
    const one = (values) => values ? values[place] : null;
    const parts = [
      html("b", {}, instant(view.cursor, Math.min(width, (view.to - view.from) / 300))), phase ? phase.name : null, here[0] ? stepTitle(here[0].step) + (here[0].streams && here[0].step.kind === "level" ? " streams asked" : "") : null,
      `${rate(one(series.in_flight))} held`, `in this bin ${count(one(series.starts))} sent${one(series.again) ? ` (${count(one(series.again))} again)` : ""}, ${count(one(series.success))} answered`,
      one(series.failed) + one(series.throttled) ? html("span", { class: "bad" }, `${count(one(series.failed))} failed, ${count(one(series.throttled))} throttled`) : null,
      `TTFT p50 ${duration(one(series.ttft_p50))}, p95 ${duration(one(series.ttft_p95))}`,
      `${rate(inSecond(one(series.tokens), place))} tokens/s`, serverAt(target().server, place), limitsAt(target().limits, place), band ? html("span", { class: band.side === "server" ? "bad" : "caution" }, bandText(band)) : null,
    ].filter(Boolean);
    readout.replaceChildren(...parts.flatMap((part, k) => k ? [" · ", part] : [part]));
  }
  const hint = matchMedia("(pointer: coarse)").matches ? "Touch a time to read it; + and − zoom." : "Point at a time, or use ← and →. Drag to zoom, + and − do the same, 0 shows the whole run.";

  const picker = charts.targets.length > 1 && choice("Target", charts.targets.map((t, k) => [k, t.name]), 0, (k) => { shown = k; element.redraw(); view.target = k; view.tell("target"); });
  const element = figure({
    title: "Everything over time", unit: `bins of ${duration(width * 1000)}${width > 1 ? ", wider than a second so that the whole run fits" : ""}`, wide: true, draw, controls: [picker, zoomButtons()],
    table: () => {
      const { series, limits } = target();
      const rows = [];
      for (let k = 0; k < charts.bins; k++) {
        if (at(k) < view.from || at(k) > view.to) continue;
        rows.push([instant(k * width, width), rate(series.in_flight[k]), count(series.starts[k]), count(series.success[k]), count(series.failed[k]), count(series.throttled[k]), count(series.excluded[k]),
          duration(series.ttft_p50 && series.ttft_p50[k]), duration(series.ttft_p95 && series.ttft_p95[k]), rate(inSecond(series.tokens[k], k)), ...(series.again ? [count(series.again[k])] : []), ...limitCells(limits, k)]);
      }
      return { head: ["from", "in flight", "sent", "answered", "failed", "throttled", "not counted", "TTFT p50", "TTFT p95", "tokens/s", ...(series.again ? ["sent again"] : []), ...limitHeads(limits)], rows };
    },
    description: () => `Tracks over ${clock(charts.duration_s)}: streams, requests, time to first token, tokens, ${target().limits.length ? "what was left of the rate limits, " : ""}the load generator. ${bands.length ? bands.map(bandText).join(". ") : "No incident."}`,
  });
  element.insertBefore(readout, element.querySelector(".stage"));
  view.listeners.add((what) => { if (what === "zoom") element.redraw(); else mark(); });
  slot.append(element);
  if (bands.length) slot.append(html("ul", { class: "bands" }, bands.slice(0, 12).map((band) => html("li", {},
    html("button", { type: "button", class: "swatch " + band.side, onclick: () => { const pad = Math.max(2 * width, (band.to - band.from) * 2); view.set(band.from - pad, band.to + pad); view.point(band.from); } }, instant(band.from, width)),
    " " + bandText(band, true)))));
}

function bandText(band, withoutTime) {
  const sides = { client: "the load generator did not run", server: "server or network", run: "" };
  const length = band.to > band.from ? ` for ${duration((band.to - band.from) * 1000)}` : "";
  const streams = isNumber(band.streams) ? ` on ${count(band.streams)}${isNumber(band.of) ? " of " + count(band.of) : ""} streams` : "";
  return `${withoutTime ? "" : "at " + instant(band.from, 0.1) + " "}${band.kind}${length}${streams}${sides[band.side] ? " (" + sides[band.side] + ")" : ""}${band.detail ? ": " + band.detail : ""}`;
}

// Title and names of a track, in as many lines as its width makes of them.
const HEAD_LINE = 15;
function trackHead(track, width) {
  const names = track.lines.length > 1 || track.asked || track.named ? [...(track.asked ? [{ name: "asked", asked: true }] : []), ...track.lines] : [];
  const lines = [[]];
  let used = 0;
  for (const part of [{ text: track.title, title: true }, ...names.map((line) => ({ text: `${line.asked ? "┄ " : line.spikes ? "" : SIGNS[line.place % SIGNS.length] + " "}${line.name}`, fill: line.asked ? "var(--muted)" : colour(line.place) }))]) {
    const needs = part.text.length * 6.6 + 10;
    if (used && used + needs > width) { lines.push([]); used = 0; }
    lines[lines.length - 1].push(part);
    used += needs;
  }
  return lines;
}

function drawTrack(root, inside, track, x, ticks, margin, pixels, width, at) {
  const shown = (place) => (place + 1) * width >= view.from && place * width <= view.to;
  const values = track.lines.flatMap((line) => line.values.filter((v, place) => isNumber(v) && shown(place)));
  if (track.asked) values.push(...track.asked.filter((s) => s.to >= view.from && s.from <= view.to).map((s) => s.streams));
  const dots = (track.dots || []).filter(([t]) => t >= view.from && t <= view.to);
  values.push(...dots.map((d) => d[1]));
  const span = [track.bottom, track.top];
  const y = track.log ? logarithmic(around(values, 1.2), span) : linear(track.least ? [0, Math.max(track.least, ...values)] : fromZero(values), span);
  track.y = y;
  const grid = svg("g", { class: "grid" });
  for (const value of y.ticks(track.height > 80 ? 4 : 2)) {
    grid.append(svg("line", { x1: margin.left, x2: pixels - margin.right, y1: y(value), y2: y(value) }));
    grid.append(svg("text", { x: margin.left - 8, y: y(value) + 4, "text-anchor": "end" }, (track.tickFormat || tick)(value)));
  }
  root.insertBefore(grid, inside);
  track.head.forEach((parts, n) => root.append(svg("text", { class: "track", x: margin.left, y: track.top - 8 - HEAD_LINE * (track.head.length - 1 - n) },
    parts.map((part, k) => svg("tspan", { class: part.title ? "tracktitle" : null, dx: k ? 10 : null, fill: part.fill }, part.text)))));

  if (track.band) {
    const [low, high] = track.band;
    let run = [];
    const flush = () => {
      if (run.length) inside.append(svg("path", { class: "between", fill: colour(0), d: path([...run.map((k) => [x(at(k)), y(high[k])]), ...run.slice().reverse().map((k) => [x(at(k)), y(low[k])])]) + "z" }));
      run = [];
    };
    for (let k = 0; k < low.length; k++) if (isNumber(low[k]) && isNumber(high[k])) run.push(k); else flush();
    flush();
  }
  const floor = track.bottom;
  for (const line of track.lines) {
    const stroke = colour(line.place);
    if (line.spikes) {
      for (let k = 0; k < line.values.length; k++) if (line.values[k] > 0 && shown(k)) {
        inside.append(svg("line", { class: "spike", stroke, x1: x(at(k)), x2: x(at(k)), y1: floor, y2: y(line.values[k]) }));
        inside.append(svg("path", { class: "spikemark", stroke, d: line.spikes, transform: `translate(${x(at(k)).toFixed(1)},${y(line.values[k]).toFixed(1)}) scale(.8)` }));
      }
      continue;
    }
    if (track.lines.length > 1) signs(inside, line.values.flatMap((v, k) => isNumber(v) && shown(k) ? [[x(at(k)), y(v)]] : []), line.place);
    let run = [];
    const flush = () => {
      if (!run.length) return;
      if (line.area) inside.append(svg("path", { class: "fill", fill: stroke, d: path([[run[0][0], floor], ...run, [run[run.length - 1][0], floor]]) + "z" }));
      inside.append(svg("path", { class: line.thin ? "line thin" : "line", stroke, d: run.length > 1 ? path(run) : `M${run[0][0] - 1.5},${run[0][1]}h3` }));
      run = [];
    };
    for (let k = 0; k < line.values.length; k++) {
      if ((k + 2) * width < view.from || (k - 1) * width > view.to) continue;
      if (!isNumber(line.values[k])) { flush(); continue; }
      // Bins are steps where there is room to see them.
      if (line.gaps || x(width) - x(0) < 3) run.push([x(at(k)), y(line.values[k])]);
      else run.push([x(k * width), y(line.values[k])], [x((k + 1) * width), y(line.values[k])]);
    }
    flush();
  }
  for (const s of track.asked || []) if (s.streams) inside.append(svg("line", { class: "asked", x1: x(s.from), x2: x(s.to), y1: y(s.streams), y2: y(s.streams) }));
  for (const [t, value] of dots) inside.append(svg("circle", { class: "slow", cx: x(t), cy: y(value), r: 1.8 }));
  root.append(svg("line", { class: "base", x1: margin.left, x2: pixels - margin.right, y1: floor, y2: floor }));
}
