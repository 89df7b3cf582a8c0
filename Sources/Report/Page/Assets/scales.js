// From values to places on the page.
function linear([low, high], [from, to]) {
  const span = high - low || 1;
  const scale = (value) => from + (value - low) / span * (to - from);
  scale.invert = (place) => low + (place - from) / (to - from) * span;
  scale.domain = [low, high];
  scale.ticks = (wanted) => niceTicks(low, high, wanted);
  return scale;
}

function logarithmic([low, high], [from, to]) {
  const a = Math.log(low);
  const span = Math.log(high) - a || 1;
  const scale = (value) => from + (Math.log(Math.max(value, low * 1e-3)) - a) / span * (to - from);
  scale.invert = (place) => Math.exp(a + (place - from) / (to - from) * span);
  scale.domain = [low, high];
  scale.isLog = true;
  scale.ticks = (wanted) => logTicks(low, high, wanted);
  return scale;
}

function niceTicks(low, high, wanted = 5) {
  const raw = (high - low || 1) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999) || 10 * power;
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

// 1, 2, 5 of each decade where there is room, else 1 alone.
function logTicks(low, high, wanted = 6) {
  const decades = Math.log10(high / low);
  const steps = decades * 3 <= wanted * 1.6 ? [1, 2, 5] : decades * 2 <= wanted * 1.6 ? [1, 3] : [1];
  const every = Math.max(1, Math.ceil(decades / Math.max(1, wanted)));
  const ticks = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
    if (steps.length === 1 && ((p % every) + every) % every !== 0) continue;
    for (const m of steps) {
      const value = Number((m * 10 ** p).toPrecision(6));
      if (value >= low * 0.9999 && value <= high * 1.0001) ticks.push(value);
    }
  }
  return ticks.length >= 2 ? ticks : niceTicks(low, high, wanted).filter((v) => v > 0);
}

const TIME_STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

function timeTicks(low, high, wanted) {
  const step = TIME_STEPS.find((s) => (high - low) / s <= wanted) || TIME_STEPS[TIME_STEPS.length - 1];
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) ticks.push(k * step);
  ticks.step = step;
  return ticks;
}

// A domain that begins at 0 and ends above the largest value.
function fromZero(values) {
  const most = Math.max(0, ...values.filter(isNumber));
  const ticks = niceTicks(0, most || 1, 4);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  return [0, most ? Math.ceil(most * 1.04 / step) * step : 1];
}

function around(values, factor = 1.15) {
  const some = values.filter((v) => isNumber(v) && v > 0);
  if (!some.length) return [1, 10];
  let low = Math.min(...some) / factor;
  let high = Math.max(...some) * factor;
  if (high / low < 3) { const middle = Math.sqrt(low * high); low = middle / 1.8; high = middle * 1.8; }
  return [low, high];
}
