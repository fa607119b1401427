// A page of the report: of a workflow, a job, a test or a failure. The parts are composed where the report is
// written; here they are drawn.
const KIND_NAMES = ["Workflow", "Job", "Test", "Failure"];

// A name that leads to its page, if it has one: `page` is its place in the index.
function named(text, page, attributes = { class: "called" }) {
  if (page === null || page === undefined) return element("span", attributes, text);
  return element("a", { ...attributes, href: library.address(page) }, text);
}

// Draws a page in its place; returns what draws it again for a theme or for paper.
function drawPage(place, page, days) {
  const redraws = [];
  const heading = element("h2", { tabindex: -1 }, page.entry[CALLED]);
  const sections = (page.parts ?? []).map((part) => partElement(part, days, redraws));
  place.replaceChildren(trailElement(page), headElement(page, heading), ...sections.map(({ section }) => section));
  // What measures itself is drawn where it stands.
  sections.forEach(({ draw }) => draw?.());
  return { heading, draw: (most) => redraws.forEach((redraw) => redraw(most)) };
}

// What the thing is in, of which some has a page: a repository and a suite have none.
function trailElement({ entry, within = [] }) {
  const pages = new Map(within);
  const names = new Set([...entry[WHERE], ...pages.keys()]);
  const steps = [...names].map((name) => element("li", {}, named(name, pages.get(name), {})));
  steps.unshift(element("li", {}, element("a", { href: "#/" }, "Overview")));
  return element("nav", { class: "trail", "aria-label": "Where this page is" }, element("ol", {}, ...steps));
}

function headElement(page, heading) {
  const state = page.state ? element("span", { class: "badge", "data-state": page.state }, page.state) : null;
  const self = element("a", { class: "self", href: `#${page.entry[ADDRESS]}`, "aria-label": "Link to this page", title: "Link to this page" }, "#");
  const owner = page.owner ? element("p", { class: "note" }, "Owned by ", element("span", { class: "owner" }, page.owner)) : null;
  const isLong = page.template && page.template.trim() !== page.entry[CALLED];
  return element(
    "section",
    { class: "head" },
    element("p", { class: "kind" }, KIND_NAMES[page.entry[KIND]]),
    element("div", { class: "title" }, heading, state, self),
    owner,
    isLong ? element("pre", {}, page.template) : null,
    page.findings ? element("ul", { class: "priorities" }, ...page.findings.map(findingElement)) : null,
    element("dl", { class: "figures" }, ...(page.figures ?? []).map(figureElement)),
  );
}

function figureElement([title, value]) {
  return element("div", {}, element("dt", {}, title), element("dd", { class: "now" }, value));
}

function findingElement({ name, page, text, tone, url }) {
  const subject = name ? [named(name, page), tone === "ended" ? ": " : " "] : [];
  const change = url ? [" ", link(url, "What changed")] : [];
  return element("li", { class: tone }, ...subject, text, ...change);
}

function partElement(part, days, redraws) {
  const body = element("div");
  const section = element("section", { class: part.half ? "half" : "" }, element("h3", {}, part.title), body);
  const draw = {
    chart: () => redraws.push(drawChart(body, days, part)),
    grid: () => redraws.push(drawGrid(body, part.field).draw),
    table: () => {
      body.className = part.columns.length > 2 ? "table" : "table narrow";
      drawTable(body, part.title, part, [], days);
      if (part.more) section.append(element("p", { class: "note" }, `${thousands(part.more)} more are not shown here.`));
    },
    messages: () => {
      body.replaceChildren(element("ul", { class: "messages" }, ...part.items.map(messageElement)));
      if (part.more) section.append(element("p", { class: "note" }, `${thousands(part.more)} older ones are not shown here.`));
    },
  }[part.type];
  return { section, draw };
}

function messageElement({ text, failure, said }) {
  const lines = said.map(sayingElement);
  if (failure !== null) lines[0].append(named("All like this", failure, {}));
  return element("li", {}, element("pre", {}, text), ...lines);
}

function sayingElement([time, where, what, url]) {
  const facts = [
    element("span", {}, `${day(time)} ${clock(time)} UTC`),
    where && named(...where, {}),
    what && named(...what, {}),
    url && link(url, "GitHub"),
  ];
  return element("p", { class: "facts" }, ...facts);
}
