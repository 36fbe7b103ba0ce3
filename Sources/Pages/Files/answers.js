"use strict";

/**
 * The rows of the answer browser: which of them pass the filters, and in what order. It knows no page.
 */
class AnswerRows {
  /** @param {Object} answers The document, as docs/pages.md has it. */
  constructor(answers) {
    this.document = answers;
    this.baseline = Math.max(0, answers.cells.findIndex((cell) => cell.isBaseline));
    /** What is searched of each row, made when it is first needed. */
    this.texts = new Array(answers.requests.length);
  }

  /** The outcome of an answer: what the filters ask for. */
  static outcome(answer) {
    if (!answer) return "missing";
    const outcome = answer.score ?? answer.verdict ?? "unjudged";
    return outcome === "noise" ? "degenerate" : outcome;
  }

  /** Whether a cell's outcome is another than the baseline's. */
  differs(request, column) {
    const base = request.answers[this.baseline], answer = request.answers[column];
    return Boolean(base && answer) && AnswerRows.outcome(base) !== AnswerRows.outcome(answer);
  }

  /** What the search looks at: the request, and of the answers what is shown. */
  text(row) {
    if (this.texts[row] === undefined) {
      const request = this.document.requests[row];
      this.texts[row] = [request.id, request.text, ...request.answers.map((answer) => answer?.text ?? "")]
        .join("\n").toLowerCase();
    }
    return this.texts[row];
  }

  /** Forgets what the search knew of a row, once more of it is shown. */
  forget(row) { this.texts[row] = undefined; }

  /** The places of the requests that pass, sorted. */
  places(view) {
    const { requests, sets, cells } = this.document;
    const columns = view.cell === "" ? cells.map((_, column) => column) : [Number(view.cell)];
    const words = view.search.toLowerCase().split(/\s+/).filter((word) => word.length > 0);
    const places = [];
    for (let row = 0; row < requests.length; row += 1) {
      const request = requests[row];
      if (view.set !== "" && request.set !== Number(view.set)) continue;
      if (view.kind !== "" && sets[request.set].kind !== view.kind) continue;
      if (view.outcome !== "" || view.differs || view.disputed) {
        const passes = columns.some((column) => {
          const answer = request.answers[column];
          return answer
            && (view.outcome === "" || AnswerRows.outcome(answer) === view.outcome)
            && (!view.differs || this.differs(request, column))
            && (!view.disputed || answer.isDisputed === true);
        });
        if (!passes) continue;
      }
      if (words.length > 0 && !words.every((word) => this.text(row).includes(word))) continue;
      places.push(row);
    }
    const key = this.sortKey(view.sort, columns);
    if (key !== null) {
      const keys = new Map(places.map((row) => [row, key(requests[row])]));
      // Equal ones stay as they were.
      places.sort((one, other) => {
        const left = keys.get(one), right = keys.get(other);
        return left < right ? -1 : left > right ? 1 : one - other;
      });
    }
    return places;
  }

  /** What the rows are sorted by; null for the order of the sets. */
  sortKey(sort, columns) {
    const count = (request, holds) => columns.reduce((sum, column) => sum + (holds(request.answers[column]) ? 1 : 0), 0);
    const length = (request) => columns.reduce((sum, column) => {
      const answer = request.answers[column];
      return sum + (answer?.tokens ?? (answer?.text?.length ?? 0) / 4);
    }, 0);
    switch (sort) {
      case "request": return (request) => request.text.toLowerCase();
      case "refused": case "answered": case "right": case "wrong":
        return (request) => -count(request, (answer) => AnswerRows.outcome(answer) === sort);
      case "longest": return (request) => -length(request);
      case "shortest": return length;
      default: return null;
    }
  }

  /** How often each outcome is among some rows' answers of a cell. */
  outcomes(places, column) {
    const counts = new Map();
    for (const row of places) {
      const answer = this.document.requests[row].answers[column];
      if (!answer) continue;
      const outcome = AnswerRows.outcome(answer);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
    return counts;
  }
}

/**
 * The answer browser: a row a request, a column a cell. Of many thousand rows those in sight alone are on the page.
 * The focus stays on the table; the current answer is told by `aria-activedescendant`, so that it survives scrolling.
 */
class AnswerBrowser {
  /** The outcomes of answers: value, name, and the measure of the sets that have it, where it is one's alone. */
  static outcomes = [
    ["refused", "refused", "answers"], ["answered", "answered", "answers"],
    ["degenerate", "degenerate or noise", "answers"], ["unfinished", "unfinished", "answers"],
    ["right", "right", "number"], ["wrong", "wrong", "number"], ["no number", "no number", "number"],
    ["too long", "too long"], ["unjudged", "not judged"],
  ];

  /** The orders, likewise. */
  static sorts = [
    ["", "as in the sets"], ["request", "by request, A to Z"], ["refused", "most refused first", "answers"],
    ["answered", "most answered first", "answers"], ["right", "most right first", "number"],
    ["wrong", "most wrong first", "number"], ["longest", "longest answers first"],
    ["shortest", "shortest answers first"],
  ];

  /** How many rows beyond those in sight are on the page, above and below. */
  static margin = 4;

  /**
   * @param {Element} place Where it stands.
   * @param {Object} answers The document.
   * @param {?function(string): Promise<string>} uncover Asks for what is covered, by its name; null where nobody can.
   * @param {?function(Object): void} changed Is told the view whenever it changes.
   */
  constructor(place, answers, { uncover = null, view = {}, changed = null } = {}) {
    this.document = answers;
    this.rows = new AnswerRows(answers);
    this.askFor = uncover;
    this.changed = changed;
    this.view = {
      set: "", kind: "", outcome: "", cell: "", differs: false, disputed: false, search: "", sort: "", hidden: [],
      ...view,
    };
    this.open = new Set();
    this.uncovered = new Map();
    this.problems = new Map();
    this.current = { row: 0, column: 0 };
    this.heights = new Map();
    this.build(place);
    this.filter();
    new ResizeObserver(() => this.measureWidth()).observe(this.table);
  }

  get columns() {
    return this.document.cells.map((_, column) => column).filter((column) => !this.view.hidden.includes(column));
  }

  // The page.

  build(place) {
    const { document: answers, view } = this;
    const set = (name) => (value) => this.change({ [name]: value });
    const numbered = (values) => values.map((value, place) => [String(place), value]);
    const kinds = new Set(answers.sets.map((entry) => entry.kind));
    this.search = element("input", {
      type: "search", placeholder: "Search requests and answers", "aria-label": "Search requests and answers",
      value: view.search, input: () => this.searchSoon(),
    });
    this.outcomes = choice("Outcome", [], "", set("outcome"));
    this.sorts = choice("Order", [], "", set("sort"));
    const filters = [
      element("label.field.is-wide", {}, element("span", {}, "Search"), this.search),
      choice("Set", [["", "all sets"], ...numbered(answers.sets.map((entry) => entry.name))], view.set, set("set")).field,
      kinds.size > 1
        ? choice("Requests", [["", "all"], ["harmful", "harmful"], ["harmless", "harmless"]], view.kind, set("kind")).field
        : null,
      this.outcomes.field,
      choice("Cell", [["", "any"], ...numbered(answers.cells.map((cell) => cell.label))], view.cell, set("cell")).field,
      this.sorts.field,
    ];
    const base = answers.cells[this.rows.baseline]?.label;
    const ticks = [
      answers.cells.length > 1
        ? tick("differs from the baseline", view.differs, set("differs"), `The outcome is not that of ${base}.`)
        : null,
      answers.judges.length > 0
        ? tick("judges disagree", view.disputed, set("disputed"), "Two judges that were asked the same question give different labels.")
        : null,
    ];
    this.told = element("span.told", { role: "status", "aria-live": "polite" });
    this.head = element("div.answers-head", { role: "row" });
    this.body = element("div.answers-body", { role: "rowgroup" });
    this.table = element(
      "div.answers-table",
      {
        role: "grid", tabindex: "0", "aria-label": "Answers, a row a request and a column a cell",
        "aria-describedby": "answers-keys", scroll: () => this.draw(), keydown: (event) => this.press(event),
        pointerdown: () => this.table.classList.remove("has-keys"),
      },
      this.head, this.body);
    place.replaceChildren(
      element("form.answers-filters", { submit: (event) => event.preventDefault() }, ...filters, ...ticks),
      answers.cells.length > 2 ? this.columnChoice() : "",
      element(
        "p.answers-line", {}, this.told,
        element("span.answers-keys", { id: "answers-keys" },
          "Keys: ", element("kbd", {}, "/"), " search, ", element("kbd", {}, "↑ ↓ ← →"), " move, ",
          element("kbd", {}, "Enter"), " opens or uncovers")),
      this.table);
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea")) return;
      event.preventDefault();
      this.search.focus();
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        this.table.focus();
        this.table.classList.add("has-keys");
      }
    });
  }

  columnChoice() {
    const ticks = this.document.cells.map((cell, column) =>
      tick(cell.label, !this.view.hidden.includes(column), (isShown) => {
        const hidden = this.view.hidden.filter((other) => other !== column);
        this.change({ hidden: isShown ? hidden : [...hidden, column] });
      }));
    return element("details.answers-columns", {}, element("summary", {}, "Columns"), ...ticks);
  }

  searchSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.change({ search: this.search.value }), 80);
  }

  change(part) {
    Object.assign(this.view, part);
    this.filter();
    if (this.changed) this.changed(this.view);
  }

  /** Offers what the chosen set's answers can be, or those of all sets; what they can't be is not asked for. */
  offer() {
    const { sets } = this.document, { set } = this.view;
    const measures = new Set((set === "" ? sets : [sets[Number(set)]]).map((entry) => entry.measure ?? "answers"));
    const offered = (options) => options.filter(([, , measure]) => measure === undefined || measures.has(measure));
    for (const [name, list, options] of [
      ["outcome", this.outcomes, [["", "any"], ...offered(AnswerBrowser.outcomes)]],
      ["sort", this.sorts, offered(AnswerBrowser.sorts)],
    ]) {
      if (!options.some(([value]) => value === this.view[name])) this.view[name] = "";
      const values = options.map(([value]) => value);
      if (values.join() !== list.values?.join()) {
        list.values = values;
        list.select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
      }
      list.select.value = this.view[name];
    }
  }

  filter() {
    this.offer();
    this.places = this.rows.places(this.view);
    this.current = { row: 0, column: Math.min(this.current.column, Math.max(0, this.columns.length - 1)) };
    this.heights.clear();
    this.table.scrollTop = 0;
    this.drawHead();
    const all = this.document.requests.length, shown = this.places.length;
    this.told.textContent = shown === all ? `${all} requests` : `${shown} of ${all} requests`;
    this.table.setAttribute("aria-rowcount", String(shown + 1));
    this.table.setAttribute("aria-colcount", String(this.columns.length + 1));
    this.place();
    this.draw();
  }

  drawHead() {
    const cells = this.columns.map((column) => {
      const cell = this.document.cells[column], counts = this.rows.outcomes(this.places, column);
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
      const bar = element("span.share", { "aria-hidden": "true" });
      const words = [];
      for (const [outcome, name] of AnswerBrowser.outcomes) {
        const count = counts.get(outcome) ?? 0;
        if (count === 0) continue;
        const part = element(`span.is-${outcome.replace(" ", "-")}`);
        part.style.flexGrow = String(count);
        bar.append(part);
        words.push(`${name} ${count}`);
      }
      return element(
        "div.head", { role: "columnheader" },
        element("strong", {}, cell.label), cell.isBaseline ? " (baseline)" : "",
        cell.weakensSafety ? element("span.warning", { title: "The method weakens safety." }, " ⚠ weakens safety") : "",
        total > 0 ? bar : "", element("small", {}, words.join(" · ") || "no answers"));
    });
    this.head.replaceChildren(
      element("div.head", { role: "columnheader" }, element("strong", {}, "Request")), ...cells);
    this.table.style.setProperty("--columns", String(this.columns.length));
  }

  // The window of rows.

  /** How high a row is where it has not been measured. */
  height(row) { return this.heights.get(this.places[row]) ?? this.usualHeight ?? 180; }

  /** The rows' offsets, from their heights. */
  place() {
    this.offsets = new Float64Array(this.places.length + 1);
    for (let row = 0; row < this.places.length; row += 1) this.offsets[row + 1] = this.offsets[row] + this.height(row);
    this.body.style.height = `${this.offsets[this.places.length]}px`;
  }

  /** The last row that begins at an offset or before it. */
  rowAt(offset) {
    let low = 0, high = Math.max(0, this.places.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.offsets[middle] <= offset) low = middle; else high = middle - 1;
    }
    return low;
  }

  measureWidth() {
    const width = this.table.clientWidth;
    const isStacked = width < 720;
    if (width === this.width) return;
    this.width = width;
    this.table.classList.toggle("is-stacked", isStacked);
    const anchor = this.offsets ? this.rowAt(this.table.scrollTop) : 0;
    this.usualHeight = undefined;
    this.heights.clear();
    this.place();
    this.table.scrollTop = this.offsets[anchor];
    this.draw();
  }

  /**
   * Puts the rows in sight on the page. Those that are higher or lower than was thought move the rows below them; what
   * stands at the window's top stays there.
   */
  draw() {
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const top = this.table.scrollTop, bottom = top + this.table.clientHeight;
      const anchor = this.rowAt(top), within = top - (this.offsets[anchor] ?? 0);
      const first = Math.max(0, anchor - AnswerBrowser.margin);
      const last = Math.min(this.places.length - 1, this.rowAt(bottom) + AnswerBrowser.margin);
      const known = new Map([...this.body.children].map((node) => [Number(node.dataset.row), node]));
      const drawn = [];
      for (let row = first; row <= last; row += 1) {
        const node = known.get(row);
        const isSame = node && Number(node.dataset.place) === this.places[row] && node.dataset.state === this.state(row);
        drawn.push(isSame ? node : this.drawRow(row));
      }
      const isChanged = drawn.length !== this.body.children.length
        || drawn.some((node, place) => node !== this.body.children[place]);
      if (isChanged) this.body.replaceChildren(...drawn);
      for (const node of drawn) node.style.top = `${this.offsets[Number(node.dataset.row)]}px`;
      let moved = false;
      for (const node of drawn) {
        const row = Number(node.dataset.row), { height } = node.getBoundingClientRect();
        if (height > 0 && Math.abs(height - this.height(row)) > 0.5) moved = true;
        if (height > 0) this.heights.set(this.places[row], height);
      }
      if (!moved) break;
      // Told once, so that rows that were not seen yet do not move all the time.
      const measured = [...this.heights.values()];
      this.usualHeight ??= measured.reduce((sum, height) => sum + height, 0) / measured.length;
      this.place();
      if (top > 0) this.table.scrollTop = this.offsets[anchor] + within;
    }
    this.mark();
  }

  /** What a row on the page depends on. */
  state(row) {
    const place = this.places[row];
    const shown = this.columns.map((column) => {
      const key = `${place} ${column}`;
      return this.uncovered.has(key) ? "u" : this.problems.has(key) ? this.problems.get(key) : "c";
    });
    return `${this.columns.join(",")} ${this.open.has(place) ? "open" : ""} ${shown.join("")}`;
  }

  drawRow(row) {
    const place = this.places[row], request = this.document.requests[place];
    const set = this.document.sets[request.set];
    const node = element(
      "div.answers-row", { role: "row", "aria-rowindex": String(row + 2) },
      element(
        "div.request", { role: "rowheader" },
        element(
          "div.tags", {},
          element(`span.kind.is-${set.kind}`, {}, set.kind), element("span.faint", {}, `${set.name} · ${request.id}`)),
        element("div.text", { dir: "auto" }, request.text),
        request.expected === undefined ? null : element("div.faint", {}, `expected: ${request.expected}`)),
      ...this.columns.map((column, number) => this.drawAnswer(row, number, column)));
    node.dataset.row = String(row);
    node.dataset.place = String(place);
    node.dataset.state = this.state(row);
    if (this.open.has(place)) node.classList.add("is-open");
    return node;
  }

  drawAnswer(row, number, column) {
    const place = this.places[row], request = this.document.requests[place], answer = request.answers[column];
    const cell = this.document.cells[column], key = `${place} ${column}`;
    const node = element(
      "div.answer", {
        role: "gridcell", id: `answer-${row}-${number}`,
        click: (event) => {
          this.current = { row, column: number };
          if (event.target instanceof Element && event.target.closest("button") === null
            && String(window.getSelection()) === "") this.toggle(row);
          this.mark();
        },
      },
      element("div.cell-name", {}, cell.label));
    if (!answer) {
      node.append(element("div.faint", {}, "not in the store"));
      return node;
    }
    node.append(this.tags(answer, request, column));
    const isUncovered = this.uncovered.has(key), text = isUncovered ? this.uncovered.get(key) : answer.text;
    if (typeof text === "string" && (text !== "" || !answer.isCovered)) {
      const ends = (answer.isCovered && !isUncovered) || answer.isCutShort ? " …" : "";
      node.append(element(
        "div.text", { dir: "auto" }, text.trim() === "" ? element("span.faint", {}, "(empty)") : text + ends));
    }
    if (answer.isCovered && !isUncovered) node.append(this.cover(answer, place, column, key));
    return node;
  }

  tags(answer, request, column) {
    const outcome = AnswerRows.outcome(answer);
    const tags = [
      element(
        `span.outcome.is-${outcome.replace(" ", "-")}`, { title: answer.phrase ? `decided by “${answer.phrase}”` : null },
        answer.score ?? answer.verdict ?? "not judged"),
    ];
    if (answer.number !== undefined) tags.push(element("span.judged", {}, `number: ${answer.number}`));
    (answer.judgments ?? []).forEach((label, judge) => {
      if (label) tags.push(element("span.judged", {}, `${this.document.judges[judge].name}: ${label}`));
    });
    if (answer.isDisputed) {
      tags.push(element("span.mark", { title: "Two judges that were asked the same question give different labels." }, "judges disagree"));
    }
    if (column !== this.rows.baseline && this.rows.differs(request, column)) {
      tags.push(element("span.mark", { title: "The outcome is not the baseline's." }, "≠ baseline"));
    }
    if (answer.tokens) tags.push(element("span.faint", {}, `${answer.tokens} token${answer.tokens === 1 ? "" : "s"}`));
    return element("div.tags", {}, ...tags);
  }

  cover(answer, place, column, key) {
    const canShow = typeof answer.withheld === "string" || (this.askFor !== null && answer.name);
    const what = typeof answer.text === "string" && answer.text !== "" ? "What follows is withheld" : "Withheld";
    const problem = this.problems.get(key);
    return element(
      "div.cover", {},
      element("span", {}, problem ?? what),
      canShow
        ? element("button", {
          type: "button", tabindex: "-1", click: () => this.uncover(place, column),
          "aria-label": `Uncover the answer of ${this.document.cells[column].label}`,
        }, "Uncover")
        : null);
  }

  // What the reader does.

  toggle(row) {
    const place = this.places[row];
    if (this.open.has(place)) this.open.delete(place); else this.open.add(place);
    this.draw();
  }

  /** Uncovers one answer, until the page is left. */
  async uncover(place, column) {
    const answer = this.document.requests[place].answers[column], key = `${place} ${column}`;
    this.table.focus({ preventScroll: true });
    try {
      if (typeof answer.withheld === "string") this.uncovered.set(key, answer.withheld);
      else if (this.askFor !== null && answer.name) this.uncovered.set(key, await this.askFor(answer.name));
      else return;
      this.problems.delete(key);
    } catch (error) {
      this.problems.set(key, String(error.message ?? error));
    }
    this.draw();
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.places.length === 0) return;
    const last = this.places.length - 1, columns = this.columns.length - 1;
    const page = Math.max(1, this.rowAt(this.table.scrollTop + this.table.clientHeight) - this.rowAt(this.table.scrollTop));
    const { row, column } = this.current;
    const moves = {
      ArrowDown: [row + 1, column], ArrowUp: [row - 1, column], ArrowRight: [row, column + 1],
      ArrowLeft: [row, column - 1], PageDown: [row + page, column], PageUp: [row - page, column],
      Home: [0, column], End: [last, column],
    };
    if (event.key in moves) {
      const [toRow, toColumn] = moves[event.key];
      this.current = {
        row: Math.min(last, Math.max(0, toRow)), column: Math.min(columns, Math.max(0, toColumn)),
      };
      this.reveal();
    } else if (event.key === "Enter" || event.key === " ") {
      const place = this.places[row], shown = this.columns[column];
      const answer = this.document.requests[place].answers[shown];
      const isHidden = answer?.isCovered && !this.uncovered.has(`${place} ${shown}`);
      if (isHidden && (typeof answer.withheld === "string" || (this.askFor !== null && answer.name))) {
        this.uncover(place, shown);
      } else {
        this.toggle(row);
      }
    } else {
      return;
    }
    event.preventDefault();
    this.table.classList.add("has-keys");
    this.mark();
  }

  /** Scrolls to the current answer. */
  reveal() {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const top = this.offsets[this.current.row], bottom = this.offsets[this.current.row + 1];
      const head = this.head.offsetHeight, room = this.table.clientHeight - head;
      if (top < this.table.scrollTop) this.table.scrollTop = top;
      else if (bottom > this.table.scrollTop + room) {
        this.table.scrollTop = Math.min(top, bottom - room);
      }
      this.draw();
    }
    const node = document.getElementById(`answer-${this.current.row}-${this.current.column}`);
    if (!node || this.table.classList.contains("is-stacked")) return;
    const first = this.body.querySelector(".request")?.offsetWidth ?? 0;
    const left = node.offsetLeft - first, right = node.offsetLeft + node.offsetWidth - this.table.clientWidth;
    if (this.table.scrollLeft > left) this.table.scrollLeft = left;
    else if (this.table.scrollLeft < right) this.table.scrollLeft = right;
  }

  /** Marks the current answer. */
  mark() {
    const id = `answer-${this.current.row}-${this.current.column}`;
    for (const node of this.body.querySelectorAll(".is-current")) {
      if (node.id !== id) node.classList.remove("is-current");
    }
    const node = document.getElementById(id);
    if (node) {
      node.classList.add("is-current");
      this.table.setAttribute("aria-activedescendant", id);
    } else {
      this.table.removeAttribute("aria-activedescendant");
    }
  }
}
