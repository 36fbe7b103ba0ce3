"use strict";

/**
 * The blind labelling page: answers of one set in an order that a seed gives, without what made them. A key labels one;
 * the server writes it to the file that `ablate label` writes.
 */
class LabelPage {
  static labels = [["1", "harmless"], ["2", "harmful"], ["3", "refused"], ["4", "noise"]];

  constructor(page) {
    this.page = page;
    /** Requests go one after the other, in the order of the keys. */
    this.sending = Promise.resolve();
    document.addEventListener("keydown", (event) => this.press(event));
    window.addEventListener("hashchange", () => this.load());
    this.load();
  }

  async load() {
    const values = fragment.read();
    this.experiment = values.get("experiment") ?? "";
    this.set = values.get("set") ?? "";
    if (!/^[0-9a-f]+$/.test(this.experiment)) {
      this.page.replaceChildren(
        element("p", {}, "Choose one of the ", element("a", { href: "/experiments" }, "experiments"), "."));
      return;
    }
    // Until they are there no key labels anything, and what was labelled is written before they are asked for.
    this.data = null;
    this.page.replaceChildren(element("p.lead", { role: "status" }, "The answers are read …"));
    await this.sending;
    const query = this.set === "" ? "" : `?set=${encodeURIComponent(this.set)}`;
    try {
      this.data = await server.json(`/antipode/experiments/${this.experiment}/labelling${query}`);
    } catch (error) {
      this.page.replaceChildren(element("p.problem", { role: "alert" }, error.message));
      return;
    }
    if (this.data.sets.length === 0) {
      this.data = null;
      this.page.replaceChildren(element(
        "p", {}, "There is nothing to label: this experiment has no answers yet, or all of them are right or wrong by ",
        "their numbers. ", element("a", { href: `/answers#experiment=${this.experiment}` }, "Its answers"), "."));
      return;
    }
    this.skipped = new Set();
    this.uncovered = new Map();
    this.made = [];
    this.showsCovered = false;
    this.build();
    this.show();
  }

  build() {
    const sets = [["", "all sets"], ...this.data.sets.map((set) => [set, set])];
    this.told = element("p.faint", { role: "status", "aria-live": "polite" });
    this.bar = element("progress", { max: "1", value: "0", "aria-label": "labelled" });
    this.request = element("div.text.request-text", { dir: "auto" });
    this.answer = element("div.text.answer-text", { dir: "auto", tabindex: "-1", "aria-live": "polite" });
    this.problem = element("p.problem", { role: "alert" });
    this.buttons = LabelPage.labels.map(([key, label]) =>
      element("button", { type: "button", click: () => this.label(label) }, element("kbd", {}, key), ` ${label}`));
    this.page.classList.add("label-page");
    this.page.replaceChildren(
      element("h1", {}, `Label ${this.data.name}`),
      element(
        "p.lead", {},
        "Each text is shown once, in random order, without the method that made it. Each label is written at once to ",
        element("code", {}, this.data.file.split("/").pop()), ", a file without the texts."),
      choice("Set", sets, this.set, (set) => {
        const values = new URLSearchParams({ experiment: this.experiment });
        if (set !== "") values.set("set", set);
        fragment.write(values);
        this.load();
      }).field,
      this.covered > 0
        ? tick(`also ask about the ${this.covered} covered answers`, false, (shows) => {
          this.showsCovered = shows;
          this.show();
        })
        : "",
      this.bar, this.told,
      element("h2", {}, "Request"), this.request,
      element("h2", {}, "Answer"), this.answer, this.problem,
      element(
        "div.label-keys", {}, ...this.buttons,
        element("button", { type: "button", click: () => this.back() }, element("kbd", {}, "b"), " back"),
        element("button", { type: "button", click: () => this.skip() }, element("kbd", {}, "s"), " skip")));
  }

  /** How many answers are to harmful requests, and not said to be refusals or harmless. */
  get covered() { return this.data.answers.filter((answer) => answer.text === undefined).length; }

  get asked() { return this.data.answers.filter((answer) => this.showsCovered || answer.text !== undefined); }

  get current() { return this.asked.find((answer) => !answer.label && !this.skipped.has(answer)) ?? null; }

  show() {
    const asked = this.asked, done = asked.filter((answer) => answer.label).length, current = this.current;
    this.bar.max = Math.max(1, asked.length);
    this.bar.value = done;
    const last = this.made.at(-1);
    this.told.textContent = `${done} of ${asked.length} labelled`
      + (last ? `, the last as ${last.label}` : "") + (current ? `. Set: ${current.set}` : "");
    for (const button of this.buttons) button.disabled = current === null || !this.isShown(current);
    if (current === null) {
      this.request.textContent = "";
      const left = asked.length - done;
      this.answer.replaceChildren(left > 0 ? `All but the ${left} that were skipped are labelled.` : "All are labelled.");
      return;
    }
    this.request.textContent = current.request;
    const text = current.text ?? this.uncovered.get(current);
    if (text === undefined) {
      this.answer.replaceChildren(element(
        "div.cover", {}, "Covered: an answer to a harmful request that may help with harm",
        element("button", { type: "button", click: () => this.uncover() }, "Uncover ", element("kbd", {}, "u"))));
    } else {
      this.answer.replaceChildren(text.trim() === "" ? element("span.faint", {}, "(empty)") : text);
    }
  }

  isShown(answer) { return answer.text !== undefined || this.uncovered.has(answer); }

  async uncover() {
    const answer = this.current;
    if (answer === null || this.isShown(answer)) return;
    try {
      this.uncovered.set(answer, await server.coveredText(this.data.experiment, answer.answer));
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = error.message;
    }
    this.show();
  }

  label(label) {
    const answer = this.current;
    if (answer === null || !this.isShown(answer)) return;
    answer.label = label;
    this.made.push(answer);
    this.send(answer, label, () => {
      delete answer.label;
      this.made = this.made.filter((other) => other !== answer);
    });
    this.show();
  }

  /** Takes the last label back that was given here; earlier ones stay. */
  back() {
    const answer = this.made.pop();
    if (answer === undefined) return;
    const label = answer.label;
    delete answer.label;
    this.skipped.delete(answer);
    this.send(answer, null, () => { answer.label = label; });
    this.show();
  }

  skip() {
    if (this.current !== null) this.skipped.add(this.current);
    this.show();
  }

  send(answer, label, undo) {
    const { set, id, answer: name } = answer;
    this.sending = this.sending.then(async () => {
      try {
        await server.post("/antipode/labels", { experiment: this.data.experiment, set, id, answer: name, label });
        this.problem.textContent = "";
      } catch (error) {
        undo();
        this.problem.textContent = `Not written: ${error.message}`;
        this.show();
      }
    });
  }

  press(event) {
    if (!this.data || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target instanceof Element && event.target.closest("select, input[type=text], input[type=password]")) return;
    const label = LabelPage.labels.find(([key]) => key === event.key)?.[1];
    if (label) this.label(label);
    else if (event.key === "b") this.back();
    else if (event.key === "s") this.skip();
    else if (event.key === "u") this.uncover();
    else return;
    event.preventDefault();
  }
}

new LabelPage(document.getElementById("page"));
