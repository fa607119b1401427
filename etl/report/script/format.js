// Values as people read them, as etl/report/formats.py writes them.
const UNKNOWN = "–";
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const two = (number) => String(number).padStart(2, "0");

const thousands = (value) => Math.round(value).toLocaleString("en-US");

function percent(rate) {
  let shown = Math.round(rate * 1000) / 10;
  if (rate > 0 && rate < 1) shown = Math.min(Math.max(shown, 0.1), 99.9);
  return `${shown.toFixed(1)} %`;
}

function duration(seconds) {
  if (Math.round(seconds * 10) / 10 < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

// An instant of ISO 8601 or Unix seconds as its day in UTC: "23 Nov".
function day(time) {
  const date = new Date(time * 1000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

// The time of day in UTC: "14:03".
const clock = (time) => new Date(time * 1000).toISOString().slice(11, 16);

const WRITERS = { COUNT: thousands, MINUTES: thousands, HOURS: (value) => duration(value * 3600), RATE: percent, DURATION: duration };

function written(value, kind) {
  if (value === null) return UNKNOWN;
  if (kind === "TIME" || kind === "COMMIT") return value.slice(0, 10);
  return typeof value === "number" ? WRITERS[kind](value) : value;
}
