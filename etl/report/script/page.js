const { tables, days, trends, grid } = JSON.parse(document.getElementById("data").textContent);

for (const place of document.querySelectorAll("[data-table]")) {
  drawTable(place, place.dataset.title, tables[place.dataset.table], trends, days);
}

const place = document.getElementById("charts");
const charts = place && drawCharts(place, days, trends);

const field = document.getElementById("cells");
const cells = field && drawGrid(field, grid);

const choices = document.querySelectorAll("input[name=theme]");
for (const choice of choices) {
  choice.checked = choice.value === theme.chosen;
  choice.addEventListener("change", () => {
    theme.chosen = choice.value;
    charts?.draw();
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts?.draw());

// Paper is light and narrower than a screen, and the charts' colours and sizes are in their pixels.
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("printing");
  theme.show("light");
  charts?.draw();
  cells?.draw(ON_PAPER);
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("printing");
  theme.show(theme.chosen);
  charts?.draw();
  cells?.draw();
});
