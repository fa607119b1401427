// The grid: commits across, the newest first, jobs and failing tests down. All cells of one outcome are one
// path, so that thousands cost no more than a few; the one link lies where the pointer or the cursor is.
const PITCH = 16; // from one cell to the next
const SIDE = 13;
const LINE = 20; // from one row to the next
const AXIS = 22; // what the days take above the rows
const APART = 46; // days that can be read side by side
const OUTCOMES = [
  { name: "passed", label: "Passed" },
  { name: "failed", label: "Failed" },
  { name: "flaked", label: "Failed and passed" },
  { name: "left-out", label: "Cancelled or skipped" },
];
const KINDS = ["broken", "flaky", "slower", "waits", "unreliable"];
const STATES = ["broken", "flaky", "slower", "waits longer", "less reliable"];
const ON_PAPER = 28; // columns

const cellX = (column) => column * PITCH + 1.5;
const lineY = (line) => AXIS + line * LINE;

function drawGrid(place, { branches, sheets: packed, left_out: leftOut }) {
  const sheets = packed.map((sheet) => ({ ...sheet, rows: sheet.rows.map((row) => ({ ...row, cells: withIds(row.cells) })) }));
  const tip = element("div", { class: "tip", role: "status" });
  tip.hidden = true;
  const picker = element("select", { "aria-label": "Branch" });
  branches.forEach((name, index) => picker.append(element("option", { value: index }, branchName(name))));
  const tools = element("div", { class: "tools" }, picker);
  tools.hidden = branches.length < 2;
  const body = element("div");
  place.replaceChildren(element("div", { class: "key" }, tools, legend(sheets)), body, tip);
  picker.addEventListener("change", () => draw());

  function draw(most = Infinity) {
    tip.hidden = true;
    const branch = Number(picker.value);
    const found = sheets.filter((sheet) => sheet.branch === branch).map((sheet) => drawSheet(sheet, branchName(branches[branch]), most, tip));
    const more = leftOut[branch];
    const note = `${more} more ${more === 1 ? "workflow" : "workflows"} with fewer failures left out: a report of one repository has room for more.`;
    if (more) found.push(element("p", { class: "note" }, note));
    body.replaceChildren(...found);
  }

  draw();
  return { draw };
}

// The cells with the ids of their runs and jobs, in place of the differences to the cell before.
function withIds(cells) {
  let [run, job] = [0, 0];
  return cells.map(([column, outcome, runs, jobs, text]) => [column, outcome, (run += runs), (job += jobs), text]);
}

const branchName = (name) => ({ "(pull request)": "Pull requests", "(other)": "Other branches" })[name] ?? name;

// Each outcome, and each kind of mark that there is.
function legend(sheets) {
  const marks = sheets.flatMap((sheet) => [...sheet.marks, ...sheet.rows.flatMap((row) => row.marks)]);
  const kinds = new Set(marks.filter(isDrawn).map((mark) => mark[3]));
  const samples = OUTCOMES.map(({ label }, outcome) => sample(label, ...shapes(new Map([[outcome, [[0, 0]]]]))));
  const lines = [...kinds].sort().map((kind) => sample(`${STATES[kind]} since`, ...markShapes([0, 1, true, kind], -1, 1)));
  return element("ul", { class: "legend" }, ...samples, ...lines);
}

function sample(label, ...drawn) {
  const picture = drawing("svg", { viewBox: "0 0 17 20", width: 17, height: 20, "aria-hidden": "true" }, ...drawn);
  return element("li", {}, picture, label);
}

function drawSheet({ name, page, address, columns, older, marks, rows, left_out: leftOut }, branch, most, tip) {
  const shown = columns.slice(0, most);
  const lines = []; // rows, and the names of groups before the first of each
  rows.forEach((row) => {
    if (row.group && row.group !== lines.at(-1)?.group) lines.push({ group: row.group, heading: true });
    lines.push({ ...row, at: new Map(row.cells.map((cell) => [cell[0], cell])) });
  });
  const [width, height] = [shown.length * PITCH + 4, lineY(lines.length) + 4];
  const label = `${name ? `${name}: ` : ""}outcomes of ${rows.length} jobs and tests on ${shown.length} commits of ${branch}; arrow keys move from cell to cell`;
  const picture = drawing(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    ...axis(shown),
    ...shapes(places(lines, shown.length)),
    ...[{ marks }, ...lines].flatMap((line, index) => allMarks(line.marks ?? [], lineY(index - 1), shown.length)),
  );
  const cursor = element("a", { class: "cursor", rel: "noopener noreferrer nofollow", target: "_blank", tabindex: -1 });
  cursor.hidden = true;
  const plot = element("div", { class: "plot", tabindex: 0, role: "group", "aria-label": label }, picture, cursor);
  follow(plot, cursor, tip, { address, columns: shown, lines });
  const commits = `${shown.length} ${shown.length === 1 ? "commit" : "commits"}`;
  const size = `${branch}, ${older || shown.length < columns.length ? "newest " : ""}${commits}${leftOut ? `; left out: ${leftOut}` : ""}`;
  return element(
    "div",
    { class: "sheet" },
    name ? element("h3", {}, named(name, page, {}), " ", element("span", { class: "where" }, size)) : element("p", { class: "where" }, size),
    element("div", { class: "scroll" }, element("div", { class: "labels" }, ...lines.map(labelElement)), plot),
  );
}

// A row's name, and its state by the gravest finding that lasts.
function labelElement({ heading, group, name, title, page, marks = [] }) {
  if (heading) return element("div", { class: "group" }, group);
  const state = marks.find(([start]) => start === 0)?.[3];
  const tag = state === undefined ? null : element("span", { class: `tag ${KINDS[state]}` }, STATES[state]);
  return element("div", { class: group ? "member" : "" }, named(name, page, { class: "short", title }), tag);
}

// Where the cells of each outcome are.
function places(lines, most) {
  const found = new Map();
  lines.forEach(({ cells = [] }, index) => {
    for (const [column, outcome] of cells) {
      if (column >= most) continue;
      if (!found.has(outcome)) found.set(outcome, []);
      found.get(outcome).push([cellX(column), lineY(index) + 2]);
    }
  });
  return found;
}

// A square for each place, and in it the outcome's own sign, which needs no colour.
function shapes(found) {
  const square = ([x, y]) => `M${x + 2.5} ${y}h8a2.5 2.5 0 0 1 2.5 2.5v8a2.5 2.5 0 0 1-2.5 2.5h-8a2.5 2.5 0 0 1-2.5-2.5v-8a2.5 2.5 0 0 1 2.5-2.5z`;
  const signs = {
    failed: ([x, y]) => `M${x + 3.5} ${y + 3.5}l6 6m0-6l-6 6`,
    flaked: ([x, y]) => `M${x + 1} ${y + SIDE - 1}v-8.5a2.5 2.5 0 0 1 2.5-2.5h8.5z`,
    "left-out": ([x, y]) => `M${x + 4} ${y + 6.5}h5`,
  };
  return [...found].flatMap(([outcome, all]) => {
    const { name } = OUTCOMES[outcome];
    const sign = signs[name];
    return [
      drawing("path", { class: `cell ${name}`, d: all.map(square).join("") }),
      sign ? drawing("path", { class: `sign ${name}`, d: all.map(sign).join("") }) : null,
    ].filter(Boolean);
  });
}

// What began before the first column and lasts is said beside the name: a line would tell no more.
const isDrawn = ([start, , began]) => began || start > 0;

// Two lines have room below the cells of a row.
function allMarks(marks, y, most) {
  return marks.filter(isDrawn).slice(0, 2).flatMap((mark, index) => markShapes(mark, y + index * 2.5, most));
}

// A line below the cells for as long as a finding lasts, and a bar where it began.
function markShapes([start, stop, began, kind], y, most) {
  if (start >= most) return [];
  const [left, right, bottom] = [cellX(start), Math.min(stop, most) * PITCH, y + LINE - 2.5];
  const line = drawing("path", { class: `mark ${KINDS[kind]}`, d: `M${right} ${bottom}H${left}` });
  const bar = drawing("path", { class: `start ${KINDS[kind]}`, d: `M${right} ${y + 1}V${bottom}` });
  return began && stop <= most ? [line, bar] : [line];
}

function axis(columns) {
  let last = -Infinity;
  const drawn = [];
  columns.forEach(([, time], column) => {
    const isNew = column === 0 || day(columns[column - 1][1]) !== day(time);
    if (!isNew || column * PITCH - last < APART) return;
    last = column * PITCH;
    drawn.push(drawing("text", { x: cellX(column), y: 12 }, day(time)));
  });
  return drawn;
}

// Keeps the link and what it tells where the pointer is, or where the arrow keys went.
function follow(plot, cursor, tip, { address, columns, lines }) {
  let [line, column] = [-1, -1];
  let isFirstTap = false; // a finger cannot hover: its first tap reads, and the next one follows the link

  function go(toLine, toColumn) {
    const cell = lines[toLine]?.at?.get(toColumn);
    cursor.hidden = tip.hidden = !cell;
    if (!cell) {
      [line, column] = [-1, -1];
      return false;
    }
    [line, column] = [toLine, toColumn];
    cursor.style.left = `${cellX(column) - 2}px`;
    cursor.style.top = `${lineY(line)}px`;
    if (address && cell[2] && cell[3]) cursor.href = `${address}${cell[2]}/job/${cell[3]}`;
    else cursor.removeAttribute("href");
    tip.replaceChildren(...told(lines[line], cell, columns[column]));
    cursor.setAttribute("aria-label", [...tip.children].map((part) => part.textContent).join("; "));
    put(tip, cursor.getBoundingClientRect());
    return true;
  }

  plot.addEventListener("pointermove", track);
  plot.addEventListener("pointerdown", (event) => {
    isFirstTap = track(event) && event.pointerType === "touch";
  });
  plot.addEventListener("click", (event) => isFirstTap && event.preventDefault());
  plot.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && go(-1, -1));
  plot.addEventListener("blur", () => go(-1, -1));
  plot.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Enter" && cursor.href) cursor.click();
    if (event.key === "Escape") go(-1, -1);
    if (!step) return;
    event.preventDefault();
    if (column < 0) first();
    else next(step);
    cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  function track(event) {
    const box = plot.getBoundingClientRect();
    const [toLine, toColumn] = [(event.clientY - box.top - AXIS) / LINE, (event.clientX - box.left) / PITCH].map(Math.floor);
    const isOther = toLine !== line || toColumn !== column;
    if (isOther) go(toLine, toColumn);
    return isOther;
  }

  function first() {
    const found = lines.findIndex(({ cells }) => cells?.length);
    if (found >= 0) go(found, lines[found].cells[0][0]);
  }

  // The next cell in a direction, over what has none; at the end it stays.
  function next([down, right]) {
    let [toLine, toColumn] = [line + down, column + right];
    while (lines[toLine] && columns[toColumn]) {
      if (lines[toLine].at?.has(toColumn)) return go(toLine, toColumn);
      [toLine, toColumn] = [toLine + down, toColumn + right];
    }
    return false;
  }
}

function told({ title, marks }, [column, outcome, , , text], [commit, time]) {
  const during = marks.filter(([start, stop]) => start <= column && column < stop);
  return [
    element("div", { class: "called" }, title),
    element("div", { class: `outcome ${OUTCOMES[outcome].name}` }, text ?? OUTCOMES[outcome].label),
    element("div", { class: "where" }, `${commit} · ${day(time)} ${clock(time)} UTC`),
    ...during.map((mark) => element("div", { class: "since" }, mark[4])),
  ];
}

// Above a place, or below it where there is no room above.
function put(tip, { left, top, bottom }) {
  const { width, height } = tip.getBoundingClientRect();
  const room = document.documentElement.clientWidth - width - 8;
  tip.style.left = `${Math.max(8, Math.min(left - 12, room))}px`;
  tip.style.top = `${top - height - 8 > 0 ? top - height - 8 : bottom + 8}px`;
}
