// In the head, so that the page never shows itself in the wrong colours first.
const theme = {
  key: "ci-health-theme",
  // What the reader chose: "light", "dark", or "" for what the system says.
  get chosen() {
    try {
      return localStorage.getItem(this.key) ?? "";
    } catch {
      return ""; // no storage: a sandboxed frame
    }
  },
  set chosen(name) {
    try {
      localStorage.setItem(this.key, name);
    } catch {
      // The choice holds for as long as the page is open.
    }
    this.show(name);
  },
  show(name) {
    document.documentElement.dataset.theme = name;
  },
};
theme.show(theme.chosen);
// So that a link to a page does not show the report first.
document.documentElement.classList.toggle("paged", location.hash.length > 2 && location.hash.startsWith("#/"));
