// Success and durations over time, by uPlot. Both charts move and zoom together.
const DAY = 86400;
const BUSIEST = 6; // lines that can be told apart
const HEIGHT = 240;
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
  return plot(place, days, lines.map((line) => ({ ...line, told })), {
    range: (_, __, most) => [0, (most || 1) * 1.1],
    incrs: STEPS,
    tick: briefly,
  });
}

// 3600 → "1h": an axis has round numbers and little room.
const briefly = (seconds) => duration(seconds).replace(/ 00[ms]$/, "").replace(".0s", "s");

function plot(place, days, lines, { range, incrs, tick }) {
  const [quiet, edge] = [color("--quiet"), color("--edge")];
  const axis = { stroke: quiet, grid: { stroke: edge, width: 1 }, ticks: { stroke: edge, width: 1, size: 4 } };
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const options = {
    width: place.clientWidth,
    height: HEIGHT,
    padding: [10, 28, 0, 0],
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "Etc/UTC"),
    cursor: { sync: { key: "days" }, y: false, points: { size: 8 } },
    scales: { y: { range } },
    axes: [
      { ...axis, font, size: 32, space: 60, incrs: [1, 2, 7, 14, 28, 91, 182, 364].map((count) => count * DAY), values: (_, times) => times.map(day) },
      { ...axis, font, size: 58, incrs, values: (_, values) => values.map(tick) },
    ],
    series: [{ label: "Day", value: (_, time) => (time == null ? UNKNOWN : day(time)) }, ...lines.map(series)],
  };
  return new uPlot(options, [days, ...lines.map(({ values }) => values)], place);

  function series({ label, told, dash }, index) {
    const stroke = color(`--series-${index + 1}`);
    const points = days.length <= SPAN ? { show: true, size: 5, fill: stroke } : {};
    return { label, stroke, dash, value: told, width: 2, points };
  }
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
