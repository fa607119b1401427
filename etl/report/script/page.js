async function start() {
  const [{ tables, days, trends, grid }] = await Promise.all([unpack(held("data")), library.open()]);

  for (const place of document.querySelectorAll("[data-table]")) {
    drawTable(place, place.dataset.title, tables[place.dataset.table], trends, days);
  }
  for (const name of document.querySelectorAll("[data-page]")) {
    name.replaceWith(named(name.textContent, Number(name.dataset.page)));
  }

  const place = document.getElementById("charts");
  const charts = place && drawCharts(place, days, trends);

  const field = document.getElementById("cells");
  const cells = field && drawGrid(field, grid);

  const report = document.getElementById("report");
  const routes = startRoutes({ report, place: document.getElementById("page"), days, title: document.title });
  startSearch(document.querySelector("header"));

  const draw = (most) => {
    charts?.draw();
    cells?.draw(most);
    routes.draw(most);
  };
  const choices = document.querySelectorAll("input[name=theme]");
  for (const choice of choices) {
    choice.checked = choice.value === theme.chosen;
    choice.addEventListener("change", () => {
      theme.chosen = choice.value;
      draw();
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());

  // Paper is light and narrower than a screen, and the charts' colours and sizes are in their pixels.
  addEventListener("beforeprint", () => {
    document.documentElement.classList.add("printing");
    theme.show("light");
    draw(ON_PAPER);
  });
  addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    theme.show(theme.chosen);
    draw();
  });

  await routes.go();
  document.documentElement.dataset.drawn = "";
}

start();
