// Numbers as the other reports write them: three figures, a unit, a no-break space between the two.
const NONE = "–";
const NBSP = "\u00a0";

function grouped(digits) {
  const [whole, rest] = digits.split(".");
  const parts = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return rest === undefined ? parts : parts + "." + rest;
}

// Half away from zero, as the terminal's.
function fixed(value, decimals) {
  const scale = 10 ** decimals;
  const whole = Math.floor(Math.abs(value) * scale + 0.5);
  let digits = String(whole).padStart(decimals + 1, "0");
  if (decimals > 0) digits = digits.slice(0, -decimals) + "." + digits.slice(-decimals);
  return (value < 0 && whole > 0 ? "-" : "") + digits;
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const three = (value, most = 2) => grouped(fixed(value, Math.min(value < 9.995 ? 2 : value < 99.95 ? 1 : 0, most)));

function duration(ms) {
  if (!isNumber(ms)) return NONE;
  if (ms < 0) return "-" + duration(-ms);
  if (ms === 0) return "0" + NBSP + "ms";
  if (ms < 0.001) return fixed(ms * 1e6, 0) + NBSP + "ns";
  if (ms < 0.0995) return three(ms * 1000, 1) + NBSP + "µs";
  if (ms < 999.5) return three(ms) + NBSP + "ms";
  if (ms < 59950) return three(ms / 1000) + NBSP + "s";
  return clock(ms / 1000);
}

function clock(seconds) {
  if (!isNumber(seconds)) return NONE;
  if (seconds < 0) return "-" + clock(-seconds);
  const whole = Math.round(seconds);
  const parts = whole < 60 ? [[whole, "s"]]
    : whole < 3600 ? [[Math.floor(whole / 60), "min"], [whole % 60, "s"]]
    : whole < 86400 ? [[Math.floor(whole / 3600), "h"], [Math.floor(whole % 3600 / 60), "min"]]
    : [[Math.floor(whole / 86400), "d"], [Math.floor(whole % 86400 / 3600), "h"]];
  return parts.filter((part, place) => place === 0 || part[0] > 0).map(([n, unit]) => n + NBSP + unit).join(NBSP);
}

// An instant of the run, as fine as the axis it is read from.
function instant(seconds, step) {
  if (step >= 1 || seconds >= 60) {
    const whole = step >= 1 ? Math.round(seconds) : seconds;
    const minutes = Math.floor(whole / 60);
    const rest = whole - 60 * minutes;
    const text = step >= 1 ? fixed(rest, 0) : fixed(rest, step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3);
    if (minutes === 0) return text + NBSP + "s";
    if (minutes >= 60) return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${text.padStart(2, "0")}`;
    return `${minutes}:${/^\d(\.|$)/.test(text) ? "0" + text : text}`;
  }
  return fixed(seconds, step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3) + NBSP + "s";
}

const count = (value) => isNumber(value) ? grouped(String(Math.round(value))) : NONE;

function rate(value) {
  if (!isNumber(value)) return NONE;
  if (value < 0) return "-" + rate(-value);
  if (value < 0.995) return value === 0 ? "0" : value < 0.005 ? "<0.01" : fixed(value, 2);
  if (value < 9.995) return fixed(value, 2);
  return value < 999.95 ? fixed(value, 1) : grouped(fixed(value, 0));
}

function percent(share) {
  if (!isNumber(share)) return NONE;
  const value = share * 100;
  if (value < 0) return "-" + percent(-share);
  if (value === 0 || value === 100) return fixed(value, 0) + NBSP + "%";
  if (value < 0.005) return "<0.01" + NBSP + "%";
  if (value >= 99.995 && value < 100) return ">99.99" + NBSP + "%";
  const atAnEnd = value < 0.995 || (value >= 99.95 && value < 100);
  const nearAnEnd = value < 9.95 || (value >= 90.05 && value < 100);
  return grouped(fixed(value, atAnEnd ? 2 : nearAnEnd ? 1 : 0)) + NBSP + "%";
}

// Two decimals, or two figures below ten cents, as the terminal's.
function dollars(value) {
  if (!isNumber(value)) return NONE;
  if (value < 0) return "-" + dollars(-value);
  if (value === 0 || value >= 0.1) return "$" + grouped(fixed(value, 2));
  let decimals = 3;
  for (let scale = 0.01; value < scale * 0.995 && decimals < 12; scale /= 10) decimals += 1;
  return "$" + fixed(value, decimals);
}

function interval(bounds, format) {
  if (!bounds || (!isNumber(bounds[0]) && !isNumber(bounds[1]))) return "";
  if (!isNumber(bounds[1])) return format(bounds[0]) + " or more";
  if (!isNumber(bounds[0])) return format(bounds[1]) + " or less";
  return format(bounds[0]) + " to " + format(bounds[1]);
}

const plural = (n, word) => count(n) + NBSP + word + (n === 1 ? "" : "s");

// Short ticks: no unit where the axis has one.
function tick(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e9) return trimmed(value / 1e9) + "G";
  if (size >= 1e6) return trimmed(value / 1e6) + "M";
  if (size >= 1e4) return trimmed(value / 1e3) + "k";
  return grouped(trimmed(value));
}
const trimmed = (value) => String(Number(value.toPrecision(6)));

function durationTick(ms) {
  if (ms === 0) return "0";
  if (ms < 0.9995) return trimmed(ms * 1000) + NBSP + "µs";
  if (ms < 999.5) return trimmed(ms) + NBSP + "ms";
  if (ms < 59950) return trimmed(ms / 1000) + NBSP + "s";
  return clock(ms / 1000);
}
