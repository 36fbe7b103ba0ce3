"use strict";

/** The page of what the store holds. */
async function showExperiments() {
  const page = document.getElementById("page");
  try {
    const experiments = await server.json("/antipode/experiments");
    const rows = experiments.map((experiment) => {
      const state = [
        experiment.done === experiment.cells ? `${experiment.cells}` : `${experiment.done} of ${experiment.cells}`,
        experiment.failed > 0 ? ` (${experiment.failed} failed)` : "",
      ].join("");
      return element(
        "tr", {},
        element(
          "td", {}, element("a", { href: `/answers#experiment=${experiment.hash}` }, experiment.name),
          element("div.faint", {}, experiment.question)),
        element("td", { "data-name": "cells" }, state),
        element("td", { "data-name": "started" }, new Date(experiment.created).toLocaleString()),
        element("td", { "data-name": "hash" }, element("code", { title: experiment.hash }, experiment.hash.slice(0, 12))),
        element(
          "td", {}, element("a", { href: `/answers#experiment=${experiment.hash}` }, "Answers"), " · ",
          server.link(`/antipode/experiments/${experiment.hash}/report`, "Report"), " · ",
          element("a", { href: `/label#experiment=${experiment.hash}` }, "Label")));
    });
    page.replaceChildren(
      element("h1", {}, "Experiments"),
      experiments.length === 0
        ? element("p", {}, "The store holds no experiment yet. ", element("code", {}, "swift run ablate Experiments/alpha.json"),
          " runs one.")
        : element(
          "div.wide", {},
          element(
            "table.is-cards", {},
            element(
              "thead", {},
              element("tr", {}, ...["experiment", "cells", "started", "hash", ""].map((name) => element("th", {}, name)))),
            element("tbody", {}, ...rows))));
  } catch (error) {
    page.replaceChildren(element("p.problem", { role: "alert" }, error.message));
  }
}

showExperiments();
