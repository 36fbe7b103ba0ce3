"use strict";

/** What the pages ask of the server that they come from. */
const server = {
  /** The key of servers that need one. It is kept for this tab, until it is closed. */
  get key() { return sessionStorage.getItem("antipode-key") ?? ""; },
  set key(value) { sessionStorage.setItem("antipode-key", value); },

  /**
   * A reply.
   * @throws {Error} The server's own words for what was wrong.
   */
  async fetch(path, { headers = {}, ...options } = {}) {
    const authorization = this.key === "" ? {} : { Authorization: `Bearer ${this.key}` };
    let reply;
    try {
      reply = await fetch(path, { ...options, cache: "no-store", headers: { ...authorization, ...headers } });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("The server does not answer. Is `serve` still running?");
    }
    if (reply.ok) return reply;
    if (reply.status === 401) this.askForKey();
    let message = `The server answered with status ${reply.status}.`;
    try {
      message = (await reply.json()).error.message;
    } catch {
      // What is no error of ours has no words.
    }
    throw Object.assign(new Error(message), { status: reply.status });
  },

  async json(path, options) { return (await this.fetch(path, options)).json(); },

  async post(path, body, options = {}) {
    return this.fetch(path, {
      ...options, method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
    });
  },

  /** A link to a report. A server that wants a key does not answer links: then the script fetches it, as a file. */
  link(path, text) {
    return element("a", {
      href: path,
      click: async (event) => {
        if (this.key === "") return;
        event.preventDefault();
        const url = URL.createObjectURL(await (await this.fetch(path)).blob());
        element("a", { href: url, download: "report.html" }).click();
        URL.revokeObjectURL(url);
      },
    }, text);
  },

  /** One covered text of an experiment. The header is what no link can send. */
  async coveredText(experiment, name) {
    const path = `/antipode/experiments/${experiment}/answers/${encodeURIComponent(name)}`;
    return (await this.json(path, { headers: { "Antipode-Uncover": name } })).text;
  },

  /** Asks for the key, once, above the page. */
  askForKey() {
    if (document.querySelector("form.key")) return;
    const field = element("input", { type: "password", autocomplete: "off", required: true });
    document.getElementById("page").before(element(
      "form.key", {
        submit: (event) => {
          event.preventDefault();
          this.key = field.value;
          location.reload();
        },
      },
      element("label.field", {}, element("span", {}, "This server needs its API key"), field),
      element("button", { type: "submit" }, "Use this key")));
  },
};

/** What stands behind the # of the page's address, as names and values. */
const fragment = {
  read() { return new URLSearchParams(location.hash.slice(1)); },

  /** Writes it in place, so that the way back leads to the page before. */
  write(values) { history.replaceState(null, "", `#${values}`); },
};
