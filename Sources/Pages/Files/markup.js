"use strict";

/**
 * An element. Texts become text nodes, never markup.
 * @param {string} tag The tag, with classes behind dots: "div.answer.is-covered".
 * @param {Object} attributes Attributes; a function is a listener for the event of its name, `false` and null are left out.
 * @param {...(Node|string|null)} children What it holds.
 */
function element(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length > 0) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key, value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A choice among options, each a pair of value and text, with its label. */
function choice(label, options, value, changed) {
  const select = element(
    "select", { change: () => changed(select.value) },
    ...options.map(([option, text]) => element("option", { value: option, selected: option === value }, text)));
  return { select, field: element("label.field", {}, element("span", {}, label), select) };
}

/** A box to tick, with its label. */
function tick(label, isTicked, changed, title = null) {
  const box = element("input", { type: "checkbox", checked: isTicked, change: () => changed(box.checked) });
  return element("label.tick", { title }, box, element("span", {}, label));
}
