// Success and durations over time, by uPlot. Both charts move and zoom together.
const DAY = 86400;
const BUSIEST = 6; // lines that can be told apart
const HEIGHT = 240;
const LOW = 180; // a chart of a page
const SPAN = 60; // days up to which each has a dot
const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

function drawCharts(place, days, trends) {
  const success = element("div", { class: "chart" });
  const durations = element("div", { class: "chart" });
  const picker = element("select", { "aria-label": "Workflow" });
  trends.forEach(({ name }, index) => picker.append(element("option", { value: index }, name)));
  place.replaceChildren(
    element("div", { class: "tools" }, picker),
    element("h3", {}, "Success rate"),
    success,
    element("h3", {}, "Duration"),
    durations,
  );
  let plots = [];

  function draw() {
    const trend = trends[picker.value];
    const lines = Number(picker.value) ? percentiles(trend) : medians(trends);
    plots.forEach((plot) => plot.destroy());
    plots = [plotRates(success, days, trend), plotDurations(durations, days, lines)];
  }

  function resize() {
    plots.forEach((plot) => plot.setSize({ width: plot.root.parentElement.clientWidth, height: HEIGHT }));
  }

  picker.addEventListener("change", draw);
  new ResizeObserver(resize).observe(success);
  draw();
  return { draw, resize };
}

function percentiles({ p50, p95 }) {
  const lines = [
    { label: "p50", values: p50 },
    { label: "p95", values: p95, dash: [6, 4] },
  ];
  return lines.filter(({ values }) => values.some((value) => value !== null));
}

// The medians of the workflows that ran most: there is no median of all of them.
function medians(trends) {
  const runs = ({ total }) => total.reduce((sum, all) => sum + all, 0);
  const busiest = trends.slice(1).sort((a, b) => runs(b) - runs(a)).slice(0, BUSIEST);
  return busiest.map(({ name, p50 }) => ({ label: `${name}, p50`, values: p50 }));
}

function plotRates(place, days, { success, total }) {
  const rates = total.map((all, day) => (all ? success[day] / all : null));
  const told = (_, rate, __, day) => (rate == null ? UNKNOWN : `${percent(rate)} (${success[day]} of ${total[day]})`);
  const lowest = Math.min(1, ...rates.filter((rate) => rate !== null));
  const floor = Math.max(0, Math.floor(lowest * 10) / 10 - 0.1);
  return plot(place, days, [{ label: "Success", values: rates, told }], {
    range: () => [floor, 1],
    incrs: [0.01, 0.02, 0.05, 0.1, 0.2, 0.25],
    tick: (rate) => `${Math.round(rate * 100)} %`,
  });
}

function plotDurations(place, days, lines) {
  const told = (_, seconds) => (seconds == null ? UNKNOWN : duration(seconds));
  return plot(place, days, lines.map((line) => ({ ...line, told })), DURATIONS);
}

// 3600 → "1h": an axis has round numbers and little room.
const briefly = (seconds) => duration(seconds).replace(/ 00[ms]$/, "").replace(".0s", "s");

const DURATIONS = { range: (_, __, most) => [0, (most || 1) * 1.1], incrs: STEPS, tick: briefly };
const COUNTS = { range: (_, __, most) => [0, Math.max(1, most) * 1.1], incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000], tick: thousands };

// A chart of a page: lines, or bars with the values of a day on each other. Returns what draws it again.
function drawChart(place, days, { style, unit, lines, marks }) {
  place.className = "chart low";
  const axis = unit === "duration" ? DURATIONS : COUNTS;
  const write = unit === "duration" ? duration : thousands;
  let drawn = null;

  function draw() {
    drawn?.destroy();
    const shown = style === "lines" ? lines.map(told) : stacked(lines, days).map(told);
    drawn = plot(place, days, shown, { ...axis, style, marks, height: LOW });
  }

  function told({ own, ...line }) {
    const values = own ?? line.values;
    return { ...line, told: (_, __, ___, at) => (values[at] == null ? UNKNOWN : write(values[at])) };
  }

  new ResizeObserver(() => drawn?.setSize({ width: place.clientWidth, height: LOW })).observe(place);
  draw();
  return draw;
}

// Each line on those before it, the highest first: what is drawn later lies over it.
function stacked(lines, days) {
  const sums = days.map(() => null);
  const layers = lines.map(({ label, values }, index) => {
    values.forEach((value, day) => value != null && (sums[day] = (sums[day] ?? 0) + value));
    return { label, own: values, values: [...sums], tone: TONES[label] ?? `--series-${index + 1}` };
  });
  return layers.reverse();
}

const TONES = { Passed: "--part", Failed: "--bad", Times: "--bad" };

function plot(place, days, lines, { range, incrs, tick, style = "lines", height = HEIGHT, marks = [] }) {
  const [quiet, edge] = [color("--quiet"), color("--edge")];
  const axis = { stroke: quiet, grid: { stroke: edge, width: 1 }, ticks: { stroke: edge, width: 1, size: 4 } };
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const options = {
    width: place.clientWidth,
    height,
    padding: [10, 28, 0, 0],
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC"),
    cursor: { sync: { key: "days" }, y: false, points: { size: 8 } },
    scales: { y: { range }, ...(style === "bars" ? { x: { range: (_, first, last) => [first - DAY / 2, last + DAY / 2] } } : {}) },
    axes: [
      { ...axis, font, size: 32, space: 60, incrs: [1, 2, 7, 14, 28, 91, 182, 364].map((count) => count * DAY), values: (_, times) => times.map(day) },
      { ...axis, font, size: 58, incrs, values: (_, values) => values.map(tick) },
    ],
    hooks: { draw: [(self) => drawMarks(self, marks, quiet, font)] },
    series: [{ label: "Day", value: (_, time) => (time == null ? UNKNOWN : day(time)) }, ...lines.map(series)],
  };
  return new uPlot(options, [days, ...lines.map(({ values }) => values)], place);

  function series({ label, told, dash, tone }, index) {
    const stroke = color(tone ?? `--series-${index + 1}`);
    if (style === "bars") return { label, stroke, fill: stroke, value: told, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 48] }) };
    const points = days.length <= SPAN ? { show: true, size: 5, fill: stroke } : {};
    return { label, stroke, dash, value: told, width: 2, points };
  }
}

// A line where a finding began, with what it is called beside it.
function drawMarks({ ctx, bbox, valToPos }, marks, stroke, font) {
  const ratio = devicePixelRatio;
  ctx.save();
  [ctx.strokeStyle, ctx.fillStyle, ctx.lineWidth, ctx.font] = [stroke, stroke, ratio, font.replace("12px", `${12 * ratio}px`)];
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  for (const [time, kind] of marks) {
    const x = Math.round(valToPos(time, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const isLate = x > bbox.left + bbox.width * 0.8;
    ctx.textAlign = isLate ? "right" : "left";
    ctx.fillText(kind, x + (isLate ? -5 : 5) * ratio, bbox.top + 11 * ratio);
  }
  ctx.restore();
}

// A colour of the style sheet as it is in the theme of the moment; a canvas cannot read variables.
function color(name) {
  const probe = element("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
