// Single requests on the run's time axis: the slowest and a sample, each in the first free lane, by what it waited for.

const PARTS = [["connect", "--connect"], ["wait", "--wait"], ["reasoning", "--reasoning"], ["text", "--text"], ["ending", "--ending"]];
const FAILED = new Set(["ok", "ok_length"]);

function requestChart(slot, data) {
  const charts = data.charts;
  if (!charts || !charts.targets.some((t) => t.requests.at && t.requests.at.length)) return;
  let which = "all";
  let chosen = -1;
  const requests = () => charts.targets[view.target || 0].requests;
  const facts = html("div", { class: "facts-panel", "aria-live": "polite" });
  let canvas = null;
  let cursor = null;
  let layout = { rows: [], x: null, lane: 6 };

  const value = (name, k) => requests()[name] ? requests()[name][k] : null;
  const end = (k) => (value("ended", k) ?? value("last", k) ?? 0) / 1000;

  function select() {
    const r = requests();
    const places = [];
    for (let k = 0; k < r.at.length; k++) {
      if (which === "slow" && !r.slow[k]) continue;
      if (which === "sample" && !r.sampled[k]) continue;
      if (which === "failed" && FAILED.has(r.outcome[k])) continue;
      if (r.at[k] > view.to || r.at[k] + end(k) < view.from) continue;
      places.push(k);
    }
    return places;
  }

  // First free lane; lanes beyond the picture's height share the last ones.
  function lanes(places, most) {
    const free = [];
    return places.map((k) => {
      const from = requests().at[k];
      let lane = free.findIndex((t) => t <= from);
      if (lane < 0) lane = free.length < most ? free.length : free.indexOf(Math.min(...free));
      free[lane] = from + Math.max(end(k), (view.to - view.from) / 400);
      return lane;
    });
  }

  function draw(width) {
    const places = select();
    const margin = { left: 58, right: 16 };
    const most = 130;
    const where = lanes(places, most);
    const count = Math.max(1, ...where.map((lane) => lane + 1));
    const lane = Math.max(3, Math.min(12, Math.floor(360 / count)));
    const height = Math.max(60, count * lane + 34);
    const box = html("div", { class: "canvasbox", role: "application", "aria-label": "Requests over time. Up and down arrows choose one; its facts follow below." });
    const ratio = window.devicePixelRatio || 1;
    canvas = html("canvas", { width: Math.round(width * ratio), height: Math.round(height * ratio), "aria-hidden": "true" });
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const x = linear([view.from, view.to], [margin.left, width - margin.right]);
    layout = { places, where, lane, x, height, width, margin };
    paint();
    cursor = html("div", { class: "cursorline", "aria-hidden": "true" });
    cursor.style.height = height - 24 + "px";
    box.append(canvas, cursor);
    place();
    steer(box, () => layout.x);
    box.addEventListener("click", (event) => {
      const rect = box.getBoundingClientRect();
      pick(hit(event.clientX - rect.left, event.clientY - rect.top));
    });
    box.addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
      if (!by || !places.length) return;
      event.preventDefault();
      const now = layout.places.indexOf(chosen);
      pick(layout.places[(now + by + places.length) % places.length]);
    });
    return box;
  }

  // The cursor lies over the picture, which is not painted again for it.
  function place() {
    if (!cursor) return;
    cursor.hidden = view.cursor === null;
    if (view.cursor !== null) cursor.style.transform = `translateX(${layout.x(view.cursor).toFixed(1)}px)`;
  }

  function hit(px, py) {
    let best = -1;
    let nearest = 14;
    for (const [n, k] of layout.places.entries()) {
      const y = 4 + layout.where[n] * layout.lane + layout.lane / 2;
      const [a, b] = [layout.x(requests().at[k]), layout.x(requests().at[k] + end(k))];
      const dx = px < a ? a - px : px > b ? px - b : 0;
      const distance = Math.hypot(dx, (py - y) * 1.5);
      if (distance < nearest) { nearest = distance; best = k; }
    }
    return best;
  }

  function paint() {
    const { places, where, lane, x, width, height, margin } = layout;
    const context = canvas.getContext("2d");
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const paints = Object.fromEntries(PARTS.map(([name, variable]) => [name, style(variable)]));
    const bad = style("--bad");
    context.save();
    context.beginPath();
    context.rect(margin.left - 4, 0, width - margin.left - margin.right + 8, height - 24);
    context.clip();
    const thick = Math.max(2, lane - 2);
    for (const [n, k] of places.entries()) {
      const y = 4 + where[n] * lane;
      const start = requests().at[k];
      const marks = [0, value("connected", k) || 0, value("reasoning", k), value("first", k), value("last", k), value("ended", k)];
      const part = (from, to, name) => {
        if (!isNumber(from) || !isNumber(to) || to <= from) return;
        const [a, b] = [x(start + from / 1000), x(start + to / 1000)];
        context.fillStyle = paints[name];
        context.fillRect(a, y, Math.max(b - a, 0.7), thick);
      };
      const answer = marks[3] ?? marks[2] ?? marks[4] ?? marks[5];
      const reasoned = isNumber(marks[2]) && isNumber(value("visible", k)) && value("visible", k) > marks[2];
      part(0, marks[1], "connect");
      part(marks[1], answer, "wait");
      if (reasoned) { part(marks[2], value("visible", k), "reasoning"); part(value("visible", k), marks[4], "text"); }
      else part(answer, marks[4], "text");
      part(marks[4] ?? answer, marks[5], "ending");
      const close = x(start + end(k));
      if (!FAILED.has(requests().outcome[k])) {
        context.strokeStyle = bad;
        context.lineWidth = 1.5;
        context.beginPath();
        const c = y + thick / 2;
        context.moveTo(close - 3, c - 3); context.lineTo(close + 3, c + 3); context.moveTo(close - 3, c + 3); context.lineTo(close + 3, c - 3);
        context.stroke();
      }
      if (k === chosen) {
        context.strokeStyle = style("--fg");
        context.lineWidth = 1.5;
        context.strokeRect(x(start) - 1.5, y - 1.5, Math.max(4, close - x(start)) + 3, thick + 3);
      }
    }
    context.restore();
    context.fillStyle = style("--muted");
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    const ticks = timeTicks(view.from, view.to, Math.max(3, Math.floor(width / 90)));
    for (const t of ticks) {
      context.fillRect(x(t), height - 22, 1, 4);
      if (x(t) < width - margin.right - 4) context.fillText(instant(t, ticks.step), x(t), height - 5);
    }
  }

  function pick(k) {
    chosen = k;
    if (canvas) paint();
    if (k < 0) { facts.replaceChildren(); return; }
    const r = requests();
    const name = (charts.targets[view.target || 0].phases.find((p) => p.id === r.phase[k]) || {}).name;
    const rows = [
      ["request", `sequence ${r.sequence[k]}, attempt ${r.attempt[k]}`], ["phase", name], ["streams", r.concurrency[k]], ["burst", r.burst[k] === null ? null : r.burst[k]],
      ["sent at", instant(r.at[k], 0.001)], ["left late by", duration(value("lag", k))], ["connection set up in", value("connected", k) ? duration(value("connected", k)) : "reused"],
      ["request written after", duration(value("written", k))], ["first token after", duration(value("first", k))], ["first visible token after", duration(value("visible", k))],
      ["last token after", duration(value("last", k))], ["longest gap", duration(value("gap", k))], ["ended after", duration(value("ended", k))],
      ["outcome", r.outcome[k] + (r.detail[k] ? " · " + r.detail[k] : "") + (value("http", k) ? " · HTTP " + value("http", k) : "")],
      ["tokens", `${count(value("input", k))} in, ${count(value("output", k))} out` + (value("reasoning_tokens", k) ? `, ${count(value("reasoning_tokens", k))} of them reasoning` : "") + (value("cached", k) ? `, ${count(value("cached", k))} cached` : "")],
      ["server's words", r.error && r.error[k] !== null ? r.texts[r.error[k]] : null],
    ].filter(([, text]) => text !== null && text !== undefined && text !== NONE);
    facts.replaceChildren(html("dl", {}, rows.flatMap(([head, text]) => [html("dt", {}, head), html("dd", {}, text)])),
      html("p", { class: "dim" }, "In run.sqlite: ", html("code", {}, `SELECT * FROM requests WHERE sequence = ${r.sequence[k]} AND attempt = ${r.attempt[k]}`)));
  }

  const legend = html("span", { class: "legend" }, PARTS.map(([name]) => html("span", { class: "key " + name }, name)), html("span", { class: "key failed" }, "✕ not answered"));
  const element = figure({
    title: "Single requests", unit: "", about: "sample", wide: true, draw,
    controls: [choice("Requests shown", [["all", "all kept"], ["slow", "slowest"], ["sample", "sample"], ["failed", "not answered"]], which, (w) => { which = w; element.redraw(); })],
    note: null,
    table: () => ({
      head: ["sequence", "sent at", "streams", "connected", "first token", "last token", "ended", "outcome"],
      rows: select().map((k) => [String(requests().sequence[k]), instant(requests().at[k], 0.001), count(requests().concurrency[k]), duration(value("connected", k)), duration(value("first", k)), duration(value("last", k)), duration(value("ended", k)), requests().outcome[k]]),
    }),
  });
  const kept = () => { const r = requests(); return `${count(r.at.length)} of ${count(r.count)} requests are kept here: the slowest, a random sample${r.outcome.some((o) => !FAILED.has(o)) ? " and some that were not answered" : ""}. `; };
  const note = html("p", { class: "note" }, kept(), html("span", { class: "hint" }, "Click one, or use ↑ and ↓, for its facts. "), legend);
  element.insertBefore(note, element.querySelector(".stage"));
  element.insertBefore(facts, element.querySelector("details.table"));
  view.listeners.add((what) => { if (what === "cursor" || what === "brush") place(); else element.redraw(); });
  slot.append(element);
}
