"use strict";

/** The page of an experiment's answers: `/answers#experiment=HASH`, with the filters behind it. */
async function showAnswers() {
  const page = document.getElementById("page"), values = fragment.read(), hash = values.get("experiment") ?? "";
  if (!/^[0-9a-f]+$/.test(hash)) {
    page.replaceChildren(
      element("p", {}, "Choose one of the ", element("a", { href: "/experiments" }, "experiments"), "."));
    return;
  }
  page.replaceChildren(element("p.lead", { role: "status" }, "The answers are read …"));
  try {
    const answers = await server.json(`/antipode/experiments/${hash}/answers`);
    document.title = `${answers.name} · Antipode`;
    const place = element("div", { id: "answers" });
    page.replaceChildren(
      element("h1", {}, answers.name),
      element(
        "p.lead", {}, answers.question === "" ? "" : `${answers.question} `,
        server.link(`/antipode/experiments/${answers.experiment}/report`, "Report"),
        // Numbers are right or wrong; nobody need say which.
        ...(answers.sets.some((set) => set.measure !== "number")
          ? [" · ", element("a", { href: `/label#experiment=${answers.experiment}` }, "Label blindly")] : [])),
      place);
    if (answers.requests.length === 0) {
      place.append(element("p", {}, "No cell of this experiment has answers yet."));
      return;
    }
    new AnswerBrowser(place, answers, {
      uncover: (name) => server.coveredText(answers.experiment, name),
      view: answersView(values, answers),
      changed: (view) => fragment.write(answersFragment(hash, view)),
    });
  } catch (error) {
    page.replaceChildren(element("p.problem", { role: "alert" }, error.message));
  }
}

/** What a link says of the filters; what it can't mean is passed over. */
function answersView(values, answers) {
  const place = (name, list) => (list[Number(values.get(name) ?? NaN)] === undefined ? "" : values.get(name));
  const among = (name, known) => (known.includes(values.get(name)) ? values.get(name) : "");
  return {
    set: place("set", answers.sets), cell: place("cell", answers.cells),
    kind: among("kind", ["harmful", "harmless"]),
    outcome: among("outcome", AnswerBrowser.outcomes.map(([outcome]) => outcome)),
    sort: among("sort", AnswerBrowser.sorts.map(([sort]) => sort)),
    differs: values.get("differs") === "yes", disputed: values.get("disputed") === "yes",
    search: values.get("search") ?? "",
    hidden: (values.get("hidden") ?? "").split(",").filter((column) => column !== "").map(Number)
      .filter((column) => answers.cells[column] !== undefined),
  };
}

function answersFragment(hash, view) {
  const values = new URLSearchParams({ experiment: hash });
  for (const name of ["set", "cell", "kind", "outcome", "sort", "search"]) {
    if (view[name] !== "") values.set(name, view[name]);
  }
  for (const name of ["differs", "disputed"]) if (view[name]) values.set(name, "yes");
  if (view.hidden.length > 0) values.set("hidden", view.hidden.join(","));
  return values;
}

window.addEventListener("hashchange", showAnswers);
showAnswers();
