// The page: reads the numbers, fills the slots, offers the choices that hold for all charts.

function save(name, type, text) {
  const link = html("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

// RFC 4180; what a spreadsheet would take for a formula gets an apostrophe.
function csvCell(value) {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = "'" + text;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

// One row for each level, burst and phase, with the summary's own numbers.
function summaryCSV(summary) {
  const distributions = ["ttft_ms", "ttft_scheduled_ms", "wait_ms", "e2e_ms", "tpot_ms", "itl_ms", "decode_tps", "request_tps"];
  const statistics = ["count", "mean", "p50", "p90", "p95", "p99", "max"];
  const plain = ["output_tokens_per_second", "total_tokens_per_second", "requests_per_second", "error_rate", "throttle_rate", "input_tokens", "output_tokens"];
  const counts = ["scheduled", "success", "useful", "failed", "throttled", "excluded"];
  const rows = [["target", "phase", "window", "row", "concurrency", "rps", ...counts, ...plain, ...distributions.flatMap((d) => statistics.map((s) => d.replace(/_ms$/, "") + "_" + s + (/_ms$/.test(d) && s !== "count" ? "_ms" : "")))]];
  const add = (target, phase, row, load, stats) => stats && rows.push([target.name, phase.name, phase.window, row, load.concurrency, load.rps, ...counts.map((c) => stats.requests[c]), ...plain.map((p) => stats[p]), ...distributions.flatMap((d) => statistics.map((s) => stats[d] ? stats[d][s] : null))]);
  for (const target of summary.targets) for (const phase of target.phases) {
    add(target, phase, "phase", {}, phase.stats);
    for (const step of phase.steps || []) add(target, phase, "level", step, step.stats);
    for (const burst of phase.bursts || []) { add(target, phase, `burst ${burst.index}`, {}, burst.stats); add(target, phase, `burst ${burst.index}, warm again`, {}, burst.control); }
  }
  return rows.map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

function dataChart(slot, data) {
  const parts = [];
  if (data.summary) {
    parts.push(html("button", { type: "button", onclick: () => save("spate-summary.csv", "text/csv", summaryCSV(data.summary)) }, "Save as CSV"));
    parts.push(html("button", { type: "button", onclick: () => save("spate-summary.json", "application/json", JSON.stringify(data.summary, null, 2) + "\n") }, "Save summary.json"));
  }
  parts.push(html("button", { type: "button", onclick: () => save("spate-page.json", "application/json", document.getElementById("page-data").textContent) }, "Save all numbers of this page"));
  slot.append(html("p", { class: "buttons" }, parts));
}

function main() {
  choices.listeners.clear();
  view.listeners.clear();
  const data = JSON.parse(document.getElementById("page-data").textContent);
  const comparison = data.comparison || (data.summary && data.summary.comparison);
  const draw = {
    levels: (slot, phase) => levelCharts(slot, data, phase),
    time: (slot) => timeChart(slot, data),
    requests: (slot) => requestChart(slot, data),
    bursts: (slot, phase) => burstCards(slot, data, phase),
    distributions: (slot, phase) => distributionChart(slot, data, phase),
    heat: (slot, phase) => heatMaps(slot, data, phase),
    turns: (slot, phase) => turnChart(slot, data, phase),
    keepwarm: (slot, phase) => keepwarmChart(slot, data, phase),
    outcomes: (slot) => outcomeChart(slot, data),
    cost: (slot) => costChart(slot, data),
    generator: (slot) => generatorChart(slot, data),
    forest: (slot) => comparison && forestChart(slot, comparison, data.compared || []),
    frontier: (slot) => comparison && frontierChart(slot, comparison),
    data: (slot) => dataChart(slot, data),
  };
  for (const slot of document.querySelectorAll(".slot")) {
    // A chart that cannot be drawn must not take the others with it.
    const [target, phase] = (slot.dataset.phase || "").split(",").map(Number);
    const name = slot.dataset.phase ? data.summary.targets[target].phases[phase].name : null;
    try { draw[slot.dataset.chart](slot, name); } catch (error) { console.error(error); slot.append(html("p", { class: "note bad" }, "This chart could not be drawn: " + error.message)); }
  }
  if (data.charts) {
    document.querySelector("header").after(html("nav", { class: "choices", "aria-label": "For all charts" },
      html("label", {}, "Percentile ", choice("Percentile", PERCENTILES, choices.percentile, (value) => choose("percentile", value))),
      html("label", {}, "TTFT axes ", choice("TTFT axes", [["log", "logarithmic"], ["linear", "from 0"]], choices.scale, (value) => choose("scale", value)))));
  }
  document.documentElement.dataset.ready = "yes";
}

// What is bound to the document stays when its content is replaced.
function bind() {
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") for (const open of document.querySelectorAll("details.term[open]")) open.open = false; });
  document.addEventListener("click", (event) => { for (const open of document.querySelectorAll("details.term[open]")) if (!open.contains(event.target)) open.open = false; });
  // On paper nothing can be opened.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open]):not(.term):not(.table)")];
    for (const closed of unfolded) closed.open = true;
  });
  addEventListener("afterprint", () => { for (const each of unfolded) each.open = false; });
  // Canvases do not follow the colour scheme by themselves.
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", () => choose("scale", choices.scale));
}

main();
bind();
