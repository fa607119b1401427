// The search: `/` opens it from anywhere, and it finds workflows, jobs, tests and failures by name.
const GROUPS = ["Workflows", "Jobs", "Tests", "Failures"];
const MOST_FOUND = 6; // of each group

function startSearch(header) {
  const input = element("input", {
    type: "search", role: "combobox", placeholder: "Find a workflow, job, test or failure", "aria-label": "Search",
    "aria-expanded": "true", "aria-controls": "found", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  });
  const list = element("div", { id: "found", role: "listbox", "aria-label": "Found" });
  const note = element("p", { class: "note", role: "status" });
  const dialog = element("dialog", { class: "search", "aria-label": "Search" }, input, list, note);
  const button = element("button", { type: "button", class: "find", "aria-keyshortcuts": "/" }, "Search ", element("kbd", { "aria-hidden": "true" }, "/"));
  header.querySelector(".theme").before(button);
  document.body.append(dialog);
  const { index } = library;
  const texts = index.pages.map((one) => [one[CALLED], ...one[WHERE]].join("\n").toLowerCase());
  let chosen = -1;

  button.addEventListener("click", open);
  addEventListener("keydown", (event) => {
    const isWriting = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isWriting) return;
    event.preventDefault();
    open();
  });
  addEventListener("hashchange", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  // The page that is open already: its address does not change.
  list.addEventListener("click", (event) => event.target.closest("a") && dialog.close());
  input.addEventListener("input", find);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === "Enter") options()[chosen]?.click();
    else return;
    event.preventDefault();
  });

  function open() {
    if (dialog.open) return;
    input.value = "";
    dialog.showModal();
    find();
  }

  function find() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = GROUPS.map(() => []);
    texts.forEach((text, at) => words.every((word) => text.includes(word)) && groups[index.pages[at][KIND]].push(at));
    list.replaceChildren(...groups.map((found, kind) => groupElement(best(found, words), found.length, kind)).filter(Boolean));
    const count = groups.flat().length;
    note.textContent = count ? "" : [`Nothing is called “${input.value.trim()}”.`, ...leftOut()].join(" ");
    choose(0);
  }

  // What begins with what was asked comes first, then what has it in its own name; equals stay as important as they are.
  function best(found, words) {
    if (!words.length) return found;
    const rank = (at) => {
      const name = index.pages[at][CALLED].toLowerCase();
      if (name.startsWith(words[0])) return 0;
      return words.every((word) => name.includes(word)) ? 1 : 2;
    };
    return found.map((at) => [rank(at), at]).sort(([a, i], [b, j]) => a - b || i - j).map(([, at]) => at);
  }

  function groupElement(found, count, kind) {
    if (!count) return null;
    const more = count - MOST_FOUND;
    const head = element("div", { class: "group", id: `found-${kind}` }, GROUPS[kind], more > 0 ? element("span", {}, `${thousands(more)} more`) : null);
    const options = found.slice(0, MOST_FOUND).map((at) =>
      element(
        "a",
        { role: "option", id: `found-at-${at}`, tabindex: -1, href: library.address(at), "aria-selected": "false" },
        element("span", { class: "called" }, index.pages[at][CALLED]),
        element("span", { class: "where" }, index.pages[at][WHERE].join(" › ")),
      ),
    );
    return element("div", { role: "group", "aria-labelledby": `found-${kind}` }, head, ...options);
  }

  function leftOut() {
    return index.left_out.filter(([count]) => count).map(([count, question]) => `${thousands(count)} less important ${question} are not in this report: ci-health show ${question} lists all.`);
  }

  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(place) {
    const all = options();
    chosen = all.length ? (place + all.length) % all.length : -1;
    all.forEach((one, at) => one.setAttribute("aria-selected", at === chosen));
    if (chosen >= 0) {
      input.setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }
}
