"use strict";

/** One method's answer to the instruction, as it comes. */
class CompareColumn {
  /** How far a token was moved, by the ratio of its probability in the combination to that under the first stream. */
  static shifts = [
    [0.25, "is-far-down", "to less than ¼"], [2 / 3, "is-down", "down"], [1.5, "", "as it was"], [4, "is-up", "up"],
    [Infinity, "is-far-up", "to more than 4 times"],
  ];

  static shift(token) {
    const ratio = (token.probability + 1e-6) / ((token.streams[0] ?? 0) + 1e-6);
    return CompareColumn.shifts.find(([bound]) => ratio < bound)?.[1] ?? "";
  }

  static shown(text) { return text.replaceAll("\n", "⏎").replaceAll("\t", "⇥"); }

  static share(value) { return value > 0 && value < 0.001 ? "< 0.001" : value.toFixed(3); }

  /**
   * @param {Object[]} models The server's methods.
   * @param {{model: string, alpha: ?number}} choice
   * @param {{changed: function(), removed: function(CompareColumn)}} told
   */
  constructor(models, { model, alpha }, told) {
    this.models = models;
    this.alpha = alpha;
    this.told = told;
    this.tokens = [];
    this.build(model);
  }

  get model() { return this.models.find((model) => model.id === this.select.value); }

  /** The method's own α, which its identifier ends with. */
  get ownAlpha() { return Number(/-([\d.]+)$/.exec(this.model?.id ?? "")?.[1] ?? NaN); }

  build(model) {
    const names = this.models.map((entry) => [
      entry.id, `${entry.id} · ${entry.title}${entry.weakens_safety ? " ⚠" : ""}`,
    ]);
    const { select, field } = choice("Method", names, model, () => this.chosen());
    this.select = select;
    this.remove = element(
      "button.plain", { type: "button", "aria-label": "Remove this method", click: () => this.told.removed(this) }, "✕");
    this.slider = element("input", {
      type: "range", min: "0", max: "2", step: "0.05", "aria-label": "α, the contrast's strength",
      input: () => this.setAlpha(Number(this.slider.value)),
    });
    this.alphaText = element("output");
    this.reset = element("button.plain", { type: "button", click: () => this.setAlpha(null) }, "reset");
    this.alphaLine = element("div.compare-alpha", {}, this.slider, this.alphaText, this.reset);
    this.warning = element("div.warning", {}, "⚠ This method makes the model answer harmful requests that it would refuse by itself.");
    this.status = element("div.compare-told", { role: "status" });
    this.answer = element("div.tokens", {
      tabindex: "0", role: "group", keydown: (event) => this.press(event),
      pointerover: (event) => this.point(event), click: (event) => this.point(event),
    });
    this.detail = element("div.token-detail", { "aria-live": "polite" });
    this.node = element(
      "section.compare-column", { "aria-label": "A method and its answer" },
      element("div.compare-head", {}, field, this.remove), this.alphaLine, this.warning, this.status, this.answer,
      this.detail);
    this.chosen(false);
  }

  chosen(isByReader = true) {
    this.alphaLine.classList.toggle("is-hidden", !this.model?.takes_alpha);
    this.warning.classList.toggle("is-hidden", !this.model?.weakens_safety);
    this.clear();
    this.setAlpha(isByReader ? null : this.alpha, isByReader);
  }

  setAlpha(alpha, isByReader = true) {
    this.alpha = alpha;
    const own = this.ownAlpha, shown = alpha ?? (Number.isFinite(own) ? own : 0);
    this.slider.max = String(Math.max(2, Number.isFinite(own) ? 2 * own : 0, shown));
    this.slider.value = String(shown);
    this.alphaText.textContent = `α ${shown.toFixed(2)}${alpha === null ? ", the method's own" : ""}`;
    this.reset.classList.toggle("is-hidden", alpha === null);
    if (isByReader) this.told.changed();
  }

  clear() {
    this.tokens = [];
    this.current = null;
    this.isUncovered = false;
    this.end = null;
    this.status.replaceChildren();
    this.answer.replaceChildren();
    this.detail.replaceChildren();
    this.isCovered = Boolean(this.model?.weakens_safety);
    this.answer.setAttribute("aria-label", `Answer of ${this.model?.id ?? "no method"}; arrow keys walk over its tokens`);
  }

  /** Asks, and shows the tokens as they come. */
  async run(instruction, maximumTokens, signal) {
    this.clear();
    this.status.textContent = "waiting …";
    const asked = { model: this.model.id, instruction, max_tokens: maximumTokens };
    if (this.model.takes_alpha && this.alpha !== null) asked.alpha = this.alpha;
    try {
      const reply = await server.post("/antipode/compare", asked, { signal });
      for await (const event of CompareColumn.events(reply)) {
        if (event.error) throw new Error(event.error.message);
        if (event.done) this.finish(event); else this.add(event);
      }
      if (this.end === null) throw new Error("The answer broke off.");
    } catch (error) {
      this.status.replaceChildren(
        error.name === "AbortError" ? "stopped" : element("span.problem", { role: "alert" }, error.message));
    }
  }

  /** The events of a stream (`text/event-stream`), each a JSON value. */
  static async *events(reply) {
    const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        const data = part.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
        if (data.length === 0) continue;
        if (data[0] === "[DONE]") return;
        yield JSON.parse(data.join("\n"));
      }
    }
  }

  add(token) {
    this.tokens.push(token);
    if (this.isCovered) this.cover(); else this.draw(token, this.tokens.length - 1);
    this.status.textContent = `${this.tokens.length} token${this.tokens.length === 1 ? "" : "s"} …`;
  }

  finish(end) {
    this.end = end;
    if (end.weakens_safety && !this.isUncovered) this.isCovered = true;
    if (this.isCovered) this.cover();
    const changed = this.tokens.filter((token) => token.token !== token.favorite).length;
    const isContrast = this.tokens.some((token) => token.streams.length > 1);
    this.status.replaceChildren(
      element(`span.outcome.is-${end.refused ? "refused" : "answered"}`, {}, end.refused ? "refused" : "answered"),
      ` · ${this.tokens.length} token${this.tokens.length === 1 ? "" : "s"}`,
      isContrast ? `, ${changed} changed` : "", end.ended ? "" : " · cut off at the longest length");
    if (this.tokens.length === 0) this.answer.replaceChildren(element("span.faint", {}, "(empty)"));
  }

  /** Of a covered answer the page has no word. */
  cover() {
    if (this.answer.querySelector(".cover")) return;
    this.answer.replaceChildren(element(
      "div.cover", {}, "Covered: an answer under a method that weakens safety",
      element("button", { type: "button", click: () => this.uncover() }, "Uncover")));
  }

  uncover() {
    this.isCovered = false;
    this.isUncovered = true;
    this.answer.replaceChildren();
    this.tokens.forEach((token, place) => this.draw(token, place));
    this.answer.focus();
  }

  draw(token, place) {
    const classes = ["token", CompareColumn.shift(token), token.token !== token.favorite ? "is-changed" : ""];
    const node = element("span", { class: classes.filter((name) => name !== "").join(" ") }, token.text);
    node.dataset.place = String(place);
    this.answer.append(node);
  }

  // What was passed over.

  point(event) {
    const node = event.target instanceof Element ? event.target.closest(".token") : null;
    if (node) this.look(Number(node.dataset.place));
  }

  press(event) {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (this.isCovered || this.tokens.length === 0 || event.target !== this.answer) return;
    const last = this.tokens.length - 1;
    if (event.key in steps) this.look(Math.min(last, Math.max(0, (this.current ?? -1) + steps[event.key])));
    else if (event.key === "Home") this.look(0);
    else if (event.key === "End") this.look(last);
    else return;
    event.preventDefault();
  }

  look(place) {
    this.answer.querySelector(".is-current")?.classList.remove("is-current");
    this.answer.children[place]?.classList.add("is-current");
    this.current = place;
    const token = this.tokens[place], share = CompareColumn.share;
    const quoted = (text) => element("b", {}, `“${CompareColumn.shown(text)}”`);
    const lines = [element("div", {}, quoted(token.text), ` ${share(token.probability)}`,
      token.streams.length > 1
        ? ` combined; ${token.streams.map((value, stream) => `${share(value)} under stream ${stream + 1}`).join(", ")}` : "")];
    if (token.token !== token.favorite) {
      lines.push(element(
        "div", {}, "passed over: ", quoted(token.favorite_text), ", the first stream's choice, ",
        `${share(token.favorite_before)} → ${share(token.favorite_after)}`));
    } else if (token.streams.length > 1) {
      lines.push(element("div", {}, "also the first stream's choice"));
    }
    this.detail.replaceChildren(...lines);
  }
}

/** The page: one instruction, two to four methods side by side. A link fills it in, and starts nothing. */
class ComparePage {
  static fewest = 2;
  static most = 4;

  constructor(page, models) {
    this.page = page;
    this.models = models;
    this.columns = [];
    this.build();
    this.fillIn();
    window.addEventListener("hashchange", () => this.fillIn());
  }

  build() {
    this.instruction = element("textarea", {
      rows: "2", "aria-label": "Instruction", placeholder: "What the model is asked",
      input: () => this.remember(),
      keydown: (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.run();
      },
    });
    this.length = element("input", { type: "number", min: "1", max: "4096", value: "64", input: () => this.remember() });
    this.start = element("button.is-main", { type: "submit" }, "Compare");
    this.stop = element("button", { type: "button", disabled: true, click: () => this.abort?.abort() }, "Stop");
    this.more = element("button", { type: "button", click: () => this.addColumn() }, "Add a method");
    this.place = element("div.compare-columns");
    const legend = CompareColumn.shifts.map(([, style, name]) =>
      element("span", {}, element(`span${style ? `.${style}` : ""}`, {}, "token"), ` ${name}`));
    this.page.replaceChildren(
      element("h1", {}, "Compare"),
      element(
        "form.compare-form", {
          submit: (event) => {
            event.preventDefault();
            this.run();
          },
        },
        element("label.field", {}, element("span", {}, "Instruction (Ctrl+Enter compares)"), this.instruction),
        element("label.field", {}, element("span", {}, "Longest answer, tokens"), this.length), this.start, this.stop,
        this.more),
      this.place,
      element(
        "p.compare-legend", {}, "Color: how the contrast moved the token's probability, against the first stream alone.", ...legend,
        element("span", {}, element("span.is-changed", {}, "token"), " not the first stream's choice")));
  }

  /** Takes what the address says; nothing runs. */
  fillIn() {
    const values = fragment.read();
    const alphas = values.getAll("alpha");
    const named = values.getAll("method").map((id, place) => {
      const alpha = alphas[place] === undefined || alphas[place] === "" ? NaN : Number(alphas[place]);
      return { model: id, alpha: Number.isFinite(alpha) ? Math.min(20, Math.max(0, alpha)) : null };
    }).filter(({ model }) => this.models.some((known) => known.id === model)).slice(0, ComparePage.most);
    this.abort?.abort();
    this.instruction.value = values.get("instruction") ?? "";
    const length = Number(values.get("tokens"));
    this.length.value = String(Number.isInteger(length) && length > 0 ? Math.min(length, 4096) : 64);
    this.columns = [];
    this.place.replaceChildren();
    for (const entry of named) this.addColumn(entry, false);
    while (this.columns.length < ComparePage.fewest) this.addColumn(null, false);
  }

  /** A method that no column has: first the plain model, then the contrast. */
  unused() {
    const used = this.columns.map((column) => column.model?.id);
    const left = this.models.filter((model) => !used.includes(model.id) && !model.weakens_safety);
    const ranks = [/:base$/, /:acd/, /:sp$/, /:safe$/];
    const rank = (model) => {
      const place = ranks.findIndex((pattern) => pattern.test(model.id));
      return place < 0 ? ranks.length : place;
    };
    return ([...left].sort((one, other) => rank(one) - rank(other))[0] ?? this.models[0]).id;
  }

  addColumn(entry = null, isByReader = true) {
    if (this.columns.length >= ComparePage.most) return;
    const column = new CompareColumn(this.models, entry ?? { model: this.unused(), alpha: null }, {
      changed: () => this.remember(),
      removed: (removed) => {
        this.columns = this.columns.filter((other) => other !== removed);
        removed.node.remove();
        this.count();
        this.remember();
      },
    });
    this.columns.push(column);
    this.place.append(column.node);
    this.count();
    if (isByReader) this.remember();
  }

  count() {
    this.more.disabled = this.columns.length >= ComparePage.most;
    for (const column of this.columns) {
      column.remove.classList.toggle("is-hidden", this.columns.length <= ComparePage.fewest);
    }
  }

  /** Puts the state into the address, so that its link brings it back. */
  remember() {
    const values = new URLSearchParams({ instruction: this.instruction.value, tokens: this.length.value });
    for (const column of this.columns) {
      values.append("method", column.model.id);
      values.append("alpha", column.alpha === null ? "" : String(column.alpha));
    }
    fragment.write(values);
  }

  async run() {
    const instruction = this.instruction.value, length = Number(this.length.value);
    if (instruction.trim() === "" || !this.length.reportValidity()) {
      this.instruction.focus();
      return;
    }
    this.remember();
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.stop.disabled = false;
    await Promise.all(this.columns.map((column) => column.run(instruction, length, abort.signal)));
    if (this.abort === abort) this.stop.disabled = true;
  }
}

async function showCompare() {
  const page = document.getElementById("page");
  try {
    const models = await server.json("/antipode/models");
    if (models.length === 0) throw new Error("The server has no method.");
    new ComparePage(page, models);
  } catch (error) {
    // The server answers before its model is loaded.
    const isLoading = error.status === 503;
    page.replaceChildren(element(isLoading ? "p.lead" : "p.problem", { role: "alert" }, error.message));
    if (isLoading) setTimeout(showCompare, 1000);
  }
}

showCompare();
