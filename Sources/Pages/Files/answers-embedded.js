"use strict";

// The browser in a page that stands alone: its data stand in the page, and there is nobody to ask for more.
new AnswerBrowser(
  document.getElementById("answers"), JSON.parse(document.getElementById("answers-document").textContent));
