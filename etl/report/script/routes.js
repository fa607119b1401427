// Pages at fragment addresses: `#/job/CI/unit` is a page, any other fragment a place in the report.
const parted = (address) => address.split("/").map(decodeURIComponent).join("\n");

function startRoutes({ report, place, days, title }) {
  let shown = null; // what draws the page of the moment again
  let address = ""; // where the reader is; "" is the report
  let left = { top: 0, focus: null }; // where the reader was in the report
  addEventListener("hashchange", () => go());

  async function go() {
    const wanted = location.hash.startsWith("#/") && location.hash !== "#/" ? location.hash.slice(1) : "";
    const from = address;
    address = wanted;
    if (!wanted) return showReport(from);
    if (!from) left = { top: scrollY, focus: report.contains(document.activeElement) ? document.activeElement : null };
    const page = await find(wanted);
    if (address !== wanted) return; // the reader has gone on
    report.hidden = true;
    place.hidden = false;
    document.documentElement.classList.add("paged");
    shown = page ? drawPage(place, page, days) : drawNothing();
    document.title = `${page ? page.entry[CALLED] : "Not found"} · ${title}`;
    scrollTo({ top: 0, behavior: "instant" });
    shown.heading.focus({ preventScroll: true });
  }

  async function find(wanted) {
    const { index } = library;
    index.places ??= new Map(index.pages.map((one, at) => [parted(one[ADDRESS]), at]));
    try {
      const at = index.places.get(parted(wanted));
      return at === undefined ? null : { entry: index.pages[at], ...(await library.page(at)) };
    } catch (error) {
      if (error instanceof URIError) return null;
      throw error;
    }
  }

  function showReport(from) {
    shown = null;
    document.documentElement.classList.remove("paged");
    document.title = title;
    report.hidden = false;
    place.hidden = true;
    place.replaceChildren();
    // A place in the report was out of sight when the browser looked for it.
    const target = document.getElementById(location.hash.slice(1));
    if (target) target.scrollIntoView({ behavior: "instant" });
    else if (from) scrollTo({ top: left.top, behavior: "instant" });
    if (from && !target) left.focus?.focus({ preventScroll: true });
  }

  function drawNothing() {
    const heading = element("h2", { tabindex: -1 }, "Not in this report");
    const note = "Nothing in this report has this address: it may be of another period or repository, or left out as less important.";
    const back = element("a", { href: "#/" }, "Go to the overview");
    place.replaceChildren(element("section", { class: "head" }, heading, element("p", { class: "note" }, note), back));
    return { heading, draw: () => {} };
  }

  return { go, draw: (most) => shown?.draw(most) };
}
