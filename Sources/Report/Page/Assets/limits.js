// What was left of each limit of the account, as its responses told it, on the axis of the whole run.

// Its whole: what is allowed, else the most that was seen to be left.
const wholeOf = (limit) => limit.allowed || Math.max(1, ...limit.left.filter(isNumber));
const limitName = (limit) => limit.name + (limit.allowed ? "" : " (of the most seen)");

function limitTracks(limits) {
  if (!limits.length) return [];
  const line = (limit, place) => {
    const whole = wholeOf(limit);
    return { name: short(limitName(limit), 36), values: limit.left.map((v) => isNumber(v) ? 100 * v / whole : null), place, gaps: true, thin: limits.length > 1 };
  };
  return [{ title: "Left of the rate limits, %", format: (v) => isNumber(v) ? fixed(v, 0) + NBSP + "%" : NONE, tickFormat: (v) => fixed(v, 0), height: 54, least: 100, named: true, lines: limits.map(line) }];
}

function limitsAt(limits, place) {
  const told = limits.filter((limit) => isNumber(limit.left[place]));
  return told.length ? "left: " + told.map((limit) => `${limit.name} ${percent(limit.left[place] / wholeOf(limit))}`).join(", ") : null;
}

// Columns of the table behind the chart: heads, and the cells of a bin.
const limitHeads = (limits) => limits.map((limit) => `left of ${limit.allowed ? count(limit.allowed) + " " : ""}${limit.name}`);
const limitCells = (limits, place) => limits.map((limit) => count(limit.left[place]));
