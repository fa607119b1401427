// A table that sorts and filters. Only as many rows as the reader asked for are in the page, so that
// ten thousand of them cost no more than the first few.
const FEW = 8; // rows that need no filter, and all that a phone shows at first
const FIRST = matchMedia("screen and (max-width: 720px)").matches ? FEW : 25;
const MORE = 4; // how many times as many the next step shows
const collator = new Intl.Collator("en", { numeric: true });

// Rows of a table as its data has them: what a row is called, its values, what it unfolds, its links, the address
// of its page, and of a test in several jobs what these are called, their states and their own rows.
const NAMES = 0;
const CELLS = 1;
const DETAIL = 2;
const LINKS = 3;
const PAGE = 4;
const JOBS = 5;
const STATES_OF_JOBS = 6;
const WITHIN = 7;
const MOST_SIGNS = 16;

function drawTable(place, title, table, trends, days) {
  const columns = [{ key: "name", title: table.name, kind: "NAME" }, ...table.columns];
  const valueOf = (row, index) => (index ? row[CELLS][index - 1] : row[NAMES].at(-1));
  const state = { rows: table.rows, words: [], sorted: -1, falling: false, most: FIRST, open: new Set() };

  const body = element("tbody");
  const heads = columns.map(({ title: text, kind }, index) => {
    if (kind === "TREND") return element("th", { scope: "col", class: "trend" }, text);
    const button = element("button", { type: "button" }, text);
    button.addEventListener("click", () => sortBy(index));
    return element("th", { scope: "col", class: kindClass(kind), "aria-sort": "none" }, button);
  });
  if (table.links.length) heads.push(element("th", { scope: "col" }, "Links"));

  const filter = element("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${title}` });
  filter.addEventListener("input", () => {
    state.words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    state.most = FIRST;
    show();
  });
  const order = element("select", { class: "order", "aria-label": `Sort ${title}` });
  order.append(element("option", { value: "-1" }, "Sort by …"));
  columns.forEach(({ title: text, kind }, index) => {
    if (kind !== "TREND") order.append(element("option", { value: index }, text));
  });
  order.addEventListener("change", () => sortBy(Number(order.value)));

  const count = element("span", { class: "found", role: "status" });
  const more = element("button", { type: "button", class: "more" });
  more.addEventListener("click", () => {
    state.most *= MORE;
    show();
  });

  const tools = element("div", { class: "tools" }, filter, order, count);
  tools.hidden = table.rows.length <= FEW;
  place.replaceChildren(
    tools,
    element("table", { "aria-label": title }, element("thead", {}, element("tr", {}, ...heads)), body),
    more,
  );
  show();

  // A second time turns the order around; numbers and times start with the greatest, texts with the first.
  function sortBy(index) {
    const again = index === state.sorted;
    state.falling = again ? !state.falling : !["NAME", "TEXT"].includes(columns[index]?.kind);
    state.sorted = index;
    state.rows = index < 0 ? table.rows : [...table.rows].sort((a, b) => compare(a, b, index));
    heads.forEach((head, at) => {
      if (!head.hasAttribute("aria-sort")) return;
      head.setAttribute("aria-sort", at !== index ? "none" : state.falling ? "descending" : "ascending");
    });
    show();
  }

  // What is unknown stands last, whatever the direction.
  function compare(a, b, index) {
    const [left, right] = [valueOf(a, index), valueOf(b, index)];
    if (left === null || right === null) return (left === null) - (right === null);
    const order = typeof left === "number" ? left - right : collator.compare(left, right);
    return state.falling ? -order : order;
  }

  function show() {
    const found = state.words.length ? state.rows.filter(matches) : state.rows;
    body.replaceChildren(...found.slice(0, state.most).flatMap(rowElements));
    count.textContent = `${thousands(found.length)} of ${thousands(table.rows.length)}`;
    const left = found.length - state.most;
    more.hidden = left <= 0;
    const next = Math.min(left, state.most * (MORE - 1));
    more.textContent = `Show ${thousands(next)} more${next < left ? ` of ${thousands(left)}` : ""}`;
  }

  function matches(row) {
    const texts = row[CELLS].filter((cell) => typeof cell === "string");
    const within = (row[WITHIN] ?? []).map((one) => one[NAMES].at(-1));
    const text = [...row[NAMES], ...texts, row[DETAIL] ?? "", ...within].join("\n").toLowerCase();
    return state.words.every((word) => text.includes(word));
  }

  // A row, and those of its jobs where the reader unfolded them.
  function rowElements(row) {
    const line = rowElement(row);
    if (!row[WITHIN]) return [line];
    const within = row[WITHIN].map(rowElement);
    within.forEach((one) => one.classList.add("within"));
    const button = jobsElement(row);
    button.setAttribute("aria-expanded", state.open.has(row));
    button.addEventListener("click", () => {
      const isOpen = state.open.delete(row);
      if (!isOpen) state.open.add(row);
      button.setAttribute("aria-expanded", !isOpen);
      if (isOpen) within.forEach((one) => one.remove());
      else line.after(...within);
    });
    line.querySelector("td.name").append(button);
    return state.open.has(row) ? [line, ...within] : [line];
  }

  function rowElement(row) {
    const cells = table.columns.map((column, index) => cellElement(column, row[CELLS][index]));
    const line = element("tr", {}, nameElement(row), ...cells);
    if (table.links.length) {
      const links = table.links.map((text, at) => row[LINKS][at] && link(row[LINKS][at], text));
      line.append(element("td", { class: "links" }, ...links.filter(Boolean)));
    }
    return line;
  }

  function cellElement({ key, title: text, kind }, value) {
    const cell = element("td", { class: kindClass(kind), "data-title": text });
    cell.classList.toggle("unknown", value === null);
    if (kind === "TREND") {
      if (value !== null) cell.append(sparkline(trends[value], days.length));
    } else if (key === "success_rate") {
      cell.append(bar(value), element("span", { class: "rated" }, written(value, kind)));
    } else if (key === "state" && value !== null) {
      cell.append(element("span", { class: "badge", "data-state": value }, value));
    } else {
      cell.append(written(value, kind));
    }
    return cell;
  }
}

function nameElement(row) {
  const called = named(row[NAMES].at(-1), row[PAGE]);
  const path = row[NAMES].slice(0, -1).join(" › ");
  if (!row[DETAIL]) return element("td", { class: "name" }, called, path ? element("span", { class: "where" }, path) : null);
  const head = element("summary", {}, path ? `${path} · message` : "Message");
  return element("td", { class: "name" }, called, element("details", {}, head, element("pre", {}, row[DETAIL])));
}

// A sign for each job of a test, as in the grid, and what they are called together.
const SIGNS = { broken: 1, failing: 1, flaky: 2, quiet: 3, passing: 0 };

function jobsElement(row) {
  const states = row[STATES_OF_JOBS];
  const told = row[WITHIN].map((one, at) => `${one[NAMES].at(-1)}: ${states[at]}`).join("\n");
  const places = new Map();
  states.slice(0, MOST_SIGNS).forEach((state, at) => {
    const outcome = SIGNS[state] ?? 2;
    places.set(outcome, [...(places.get(outcome) ?? []), [at * 16, 1]]);
  });
  const width = Math.min(states.length, MOST_SIGNS) * 16;
  const size = { viewBox: `0 0 ${width} 15`, width: width * 0.7, height: 10.5, "aria-hidden": "true" };
  return element("button", { type: "button", class: "jobs", title: told }, drawing("svg", size, ...shapes(places)), row[JOBS]);
}

const isNumber = (kind) => ["COUNT", "RATE", "DURATION", "MINUTES", "HOURS"].includes(kind);

const kindClass = (kind) => (isNumber(kind) ? `number ${kind.toLowerCase()}` : kind.toLowerCase());

function bar(rate) {
  const part = element("span", { class: "part" });
  part.style.width = `${(rate ?? 0) * 100}%`;
  return element("span", { class: "bar", "aria-hidden": "true" }, part);
}

// The success rate of each day from 0 to 100 %; a day on which nothing ran is a gap.
function sparkline({ name, success, total }, count) {
  const [width, height, edge] = [96, 22, 3];
  const x = (day) => edge + (day / Math.max(1, count - 1)) * (width - 2 * edge);
  const y = (rate) => height - edge - rate * (height - 2 * edge);
  const runs = [[]];
  total.forEach((all, day) => {
    if (all) runs.at(-1).push(`${x(day).toFixed(1)},${y(success[day] / all).toFixed(1)}`);
    else if (runs.at(-1).length) runs.push([]);
  });
  // A day between two gaps is a line from itself to itself, which round ends make a dot.
  const lines = runs
    .filter((run) => run.length)
    .map((run) => drawing("polyline", { points: [run[0], ...run].join(" ") }));
  const label = `success over time of ${name}`;
  return drawing("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...lines);
}
