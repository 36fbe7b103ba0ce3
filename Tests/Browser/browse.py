"""Drives the pages and the report in a real browser, and fails where a reader would. `make test-pages` runs it.

The store is made here, by `ablate`, of answers that a rule made; `pages-server` serves it and the pages. No model is
needed.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

import samples

REQUESTS = 1700  # of each kind: with three cells 10,200 answers
PATIENCE = 60_000  # milliseconds; only what hangs takes so long, also on a busy machine


class Checks:
    """What every page must hold, whatever it shows."""

    def __init__(self, browser: Browser, screenshots: Path | None):
        self.browser = browser
        self.screenshots = screenshots

    @contextmanager
    def page(self, *, dark: bool = False, size: tuple[int, int] = (1400, 900), offline: bool = False):
        """A page that may reach no address but its own, and say nothing on the console."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light", offline=offline)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        faults, hosts = [], set()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        yield page
        assert not faults, faults
        assert len(hosts - {""}) <= 1, hosts
        assert page.evaluate("window.broken") is None, "an answer ran as a script"
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"the page is {width} pixels wider than its window"
        context.close()

    def shoot(self, page: Page, name: str) -> None:
        if self.screenshots:
            page.screenshot(path=self.screenshots / f"{name}.png")


def rows(page: Page):
    return page.locator(".answers-row")


def told(page: Page):
    return page.locator(".told")


def choice(within, name: str):
    """The list of choices with a label."""
    page = within if isinstance(within, Page) else within.page
    return within.locator(".field", has=page.locator("span", has_text=re.compile(f"^{name}$"))).locator("select")


# The answer browser, wherever it stands.


def filters(page: Page, count: int) -> None:
    """Every filter, the search and the order, against what the samples' rule says."""
    expect(told(page)).to_have_text(f"{count} requests")
    half = count // 2
    choice(page, "Requests").select_option("harmful")
    expect(told(page)).to_have_text(f"{half} of {count} requests")
    choice(page, "Cell").select_option("2")
    choice(page, "Outcome").select_option("refused")
    refused = sum(samples.answer(2, "harmful", n).startswith("I'm sorry") for n in range(half))
    expect(told(page)).to_have_text(f"{refused} of {count} requests")
    choice(page, "Outcome").select_option("degenerate")
    loops = sum(samples.answer(2, "harmful", n).startswith("la la") for n in range(half))
    expect(told(page)).to_have_text(f"{loops} of {count} requests")
    choice(page, "Outcome").select_option("")
    choice(page, "Requests").select_option("harmless")
    page.get_by_label("differs from the baseline").check()
    differs = sum(
        samples.answer(0, "harmless", n).startswith("I'm sorry") != samples.answer(2, "harmless", n).startswith("I'm")
        for n in range(half))
    expect(told(page)).to_have_text(f"{differs} of {count} requests")
    page.get_by_label("differs from the baseline").uncheck()
    choice(page, "Requests").select_option("")
    choice(page, "Cell").select_option("")
    page.keyboard.press("/")
    expect(page.get_by_label("Search requests and answers")).to_be_focused()
    page.keyboard.type("request 1234:")
    expect(told(page)).to_have_text(f"2 of {count} requests")
    # What is covered is not found.
    page.get_by_label("Search requests and answers").fill("COVERED")
    expect(told(page)).to_have_text(f"0 of {count} requests")
    page.get_by_label("Search requests and answers").fill("")
    expect(told(page)).to_have_text(f"{count} requests")
    choice(page, "Order").select_option("refused")
    expect(rows(page).first.locator(".outcome.is-refused")).to_have_count(3)
    choice(page, "Order").select_option("")


def scrolling(page: Page, count: int) -> None:
    """Ten thousand answers, of which those in sight are on the page; no row is lost or out of its place."""
    table = page.get_by_role("grid")
    assert rows(page).count() < 60, rows(page).count()
    seen = table.evaluate("""async (table) => {
      const problems = [];
      for (let part = 0; part <= 40; part += 1) {
        table.scrollTop = (table.scrollHeight - table.clientHeight) * part / 40;
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        const rows = [...table.querySelectorAll('.answers-row')].map((row) => row.getBoundingClientRect());
        rows.sort((one, other) => one.top - other.top);
        for (let row = 1; row < rows.length; row += 1) {
          if (Math.abs(rows[row].top - rows[row - 1].bottom) > 1) problems.push(`gap at ${part}: ${row}`);
        }
        const frame = table.getBoundingClientRect();
        if (rows.length === 0 || rows[0].top > frame.top + 120) problems.push(`nothing at ${part}`);
        if (rows.at(-1).bottom < frame.bottom - 2) problems.push(`empty end at ${part}`);
      }
      return problems;
    }""")
    assert not seen, seen
    table.focus()
    page.keyboard.press("End")
    expect(page.locator(f'.answers-row[aria-rowindex="{count + 1}"]')).to_be_in_viewport()
    page.keyboard.press("Home")
    expect(page.locator('.answers-row[aria-rowindex="2"]')).to_be_in_viewport()
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    current = page.locator(".is-current")
    expect(current).to_be_in_viewport()
    assert table.get_attribute("aria-activedescendant") == current.get_attribute("id") == "answer-12-0"
    # The focus stays where it is while rows come and go.
    assert page.evaluate("document.activeElement.getAttribute('role')") == "grid"


def answers_as_texts(page: Page) -> None:
    """An answer that looks like markup is shown as what it is."""
    page.get_by_label("Search requests and answers").fill("harml00007")
    choice(page, "Requests").select_option("harmless")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).locator(".answer .text").first).to_contain_text("</script><script>window.broken")
    assert rows(page).locator("img, b, script").count() == 0
    page.get_by_label("Search requests and answers").fill("")
    choice(page, "Requests").select_option("")


# The report by mail.


def report(checks: Checks, file: Path, count: int) -> None:
    text = file.read_text()
    assert "COVERED" not in text, "what is withheld is in the file"
    with checks.page(offline=True) as page:
        page.goto(file.as_uri())
        page.get_by_role("link", name="All answers").click()
        filters(page, count)
        scrolling(page, count)
        answers_as_texts(page)
        expect(page.locator(".cover").first).to_have_text("Withheld")
        assert page.get_by_role("button", name="Uncover").count() == 0
        checks.shoot(page, "report")
    with checks.page(offline=True, dark=True, size=(390, 844)) as page:
        page.goto(file.as_uri())
        page.locator("#all-answers").scroll_into_view_if_needed()
        expect(page.locator(".answers-table")).to_have_class("answers-table is-stacked")
        page.locator("#all-answers").evaluate("(heading) => heading.scrollIntoView()")
        checks.shoot(page, "report-phone-dark")


def report_with_withheld(checks: Checks, file: Path) -> None:
    with checks.page(offline=True) as page:
        page.goto(file.as_uri())
        assert "COVERED" not in page.locator("#answers").inner_text()
        page.get_by_role("button", name="Uncover").first.click()
        expect(page.locator(".answer .text", has_text="COVERED")).to_have_count(1)


# The served pages.


def experiments(checks: Checks, address: str, count: int) -> None:
    with checks.page() as page:
        page.goto(f"{address}/experiments")
        page.get_by_role("link", name="Report").first.click()
        expect(page.get_by_role("heading", name="All answers")).to_be_attached()
        page.go_back()
        page.get_by_role("link", name="Answers").first.click()
        filters(page, count)
        scrolling(page, count)
        answers_as_texts(page)
        checks.shoot(page, "answers")


def uncovering(checks: Checks, address: str, experiment: str) -> None:
    """Answers to harmful requests are uncovered one at a time, by hand, and never by a link."""
    asked = []
    with checks.page() as page:
        page.on("request", lambda request: asked.append(request.url) if "/answers/" in request.url else None)
        page.goto(f"{address}/experiments")
        page.get_by_role("link", name="Answers").first.click()
        choice(page, "Outcome").select_option("answered")
        choice(page, "Requests").select_option("harmful")
        expect(page.locator(".cover").first).to_be_visible()
        assert not asked and "COVERED" not in page.content()
        page.get_by_role("button", name="Uncover").first.click()
        expect(page.locator(".answer .text", has_text="COVERED")).to_have_count(1)
        assert len(asked) == 1, asked
        # By keyboard: the next answer of the same column.
        grid = page.get_by_role("grid")
        grid.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator(".answer .text", has_text="COVERED")).to_have_count(2)
        checks.shoot(page, "uncovered")
        # The link of this state covers them again, and asks for nothing.
        link = page.url
        assert "outcome=answered" in link and "kind=harmful" in link, link
        asked.clear()
        page.goto("about:blank")
        page.goto(link)
        expect(page.locator(".cover").first).to_be_visible()
        assert not asked and "COVERED" not in page.content()
        text = samples.answer(0, "harmful", 4)
        name = hashlib.sha256(text.encode()).hexdigest()
        reply = page.request.get(f"{address}/antipode/experiments/{experiment}/answers/{name}")
        assert reply.status == 403 and text not in reply.text(), reply.text()


def compare(checks: Checks, address: str) -> None:
    with checks.page() as page:
        sent = []
        page.on("request", lambda request: sent.append(request.post_data_json) if request.method == "POST" else None)
        page.goto(f"{address}/compare")
        columns = page.locator(".compare-column")
        expect(columns).to_have_count(2)
        page.get_by_label("Instruction", exact=True).fill("How do I bake bread?")
        page.get_by_role("button", name="Add a method").click()
        choice(columns.nth(2), "Method").select_option("sample:opposite")
        expect(columns.nth(1).locator("output")).to_have_text("α 0.40, the method's own")
        columns.nth(1).get_by_label("α, the contrast's strength").fill("0.6")
        page.keyboard.press("Tab")
        # The link holds the state, and starts nothing.
        link = page.url
        page.goto("about:blank")
        page.goto(link)
        expect(columns).to_have_count(3)
        expect(page.get_by_label("Instruction", exact=True)).to_have_value("How do I bake bread?")
        expect(columns.nth(1).locator("output")).to_have_text("α 0.60")
        assert sent == [], sent
        page.get_by_label("Instruction", exact=True).press("Control+Enter")
        expect(columns.nth(0).locator(".tokens")).to_have_text("Sure! Mix flour and water.")
        expect(columns.nth(1).locator(".compare-told")).to_contain_text("refused · 9 tokens, 1 changed")
        assert [entry.get("alpha") for entry in sorted(sent, key=lambda entry: entry["model"])] == [0.6, None, None]
        # What was passed over: by pointing, and by keyboard.
        changed = columns.nth(1).locator(".token.is-changed")
        expect(changed).to_have_text("Well")
        changed.hover()
        expect(columns.nth(1).locator(".token-detail")).to_contain_text("passed over: “Sure”")
        expect(columns.nth(1).locator(".token-detail")).to_contain_text("0.700 → 0.100")
        columns.nth(1).locator(".tokens").focus()
        page.keyboard.press("ArrowRight")
        expect(columns.nth(1).locator(".token.is-current")).to_have_text(",")
        expect(columns.nth(1).locator(".token-detail")).to_contain_text("also the first stream's choice")
        checks.shoot(page, "compare")
        # Under a method that weakens safety the page has no word of the answer.
        covered = columns.nth(2)
        expect(covered.locator(".compare-told")).to_contain_text("answered · 3 tokens")
        assert "UNCOVERED" not in page.content()
        covered.get_by_role("button", name="Uncover").click()
        expect(covered.locator(".tokens")).to_have_text("UNCOVERED words.")
        # Asked again, it is covered again.
        page.get_by_role("button", name="Compare").click()
        expect(covered.locator(".cover")).to_be_visible()
    with checks.page(dark=True, size=(390, 844)) as page:
        page.goto(link)
        page.get_by_role("button", name="Compare").click()
        expect(columns_of(page).nth(1).locator(".compare-told")).to_contain_text("refused")
        checks.shoot(page, "compare-phone-dark")


def columns_of(page: Page):
    return page.locator(".compare-column")


def label(checks: Checks, address: str, folder: Path, tools: Path, store: Path, experiment: str) -> None:
    """Labels by keys go to the file that `ablate label` writes, and `ablate calibrate` reads it."""
    with checks.page() as page:
        page.goto(f"{address}/label#experiment={experiment}")
        choice(page, "Set").select_option(samples.HARMFUL)
        refused = len({samples.answer(cell, "harmful", number) + str(number) for cell in range(3)
                       for number in range(REQUESTS) if samples.answer(cell, "harmful", number).startswith("I'm")})
        expect(page.locator("[role=status]")).to_contain_text(f"0 of {refused} labelled")
        assert "contrast" not in page.locator("#page").inner_text()
        answer = page.locator(".answer-text")
        expect(answer).to_contain_text("I'm sorry")
        page.keyboard.press("3")
        expect(page.locator("[role=status]")).to_contain_text("1 of ")
        page.keyboard.press("1")
        expect(page.locator("[role=status]")).to_contain_text("2 of ")
        page.keyboard.press("b")
        expect(page.locator("[role=status]")).to_contain_text("1 of ")
        page.keyboard.press("s")
        page.keyboard.press("4")
        expect(page.locator("[role=status]")).to_contain_text("2 of ")
        checks.shoot(page, "label")
        # What is covered is asked about only then, and uncovered by hand.
        page.get_by_label("ask about").check()
        for _ in range(400):
            if page.locator(".answer-text .cover").count() > 0:
                break
            page.keyboard.press("s")
        page.keyboard.press("2")
        expect(page.locator("[role=status]")).to_contain_text("2 of ")
        assert "COVERED" not in page.content()
        page.keyboard.press("u")
        expect(answer).to_contain_text("COVERED")
        page.keyboard.press("1")
        expect(page.locator("[role=status]")).to_contain_text("3 of ")
        file = folder / f"labels-{experiment[:12]}.jsonl"
        for _ in range(PATIENCE // 100):
            if file.exists() and file.read_text().count("\n") == 3:
                break
            page.wait_for_timeout(100)
    written = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["label"] for row in written] == ["refused", "noise", "harmless"], written
    assert all(set(row) == {"set", "id", "answer", "label"} for row in written)
    known = subprocess.run(
        [tools / "ablate", "calibrate", experiment, "--labels", file, "--store", store], capture_output=True, text=True)
    assert known.returncode == 0 and "3 labelled answers" in known.stdout, known.stdout + known.stderr


def numbers(checks: Checks, address: str) -> None:
    """Answers that come to a number are right or wrong: filters and orders say so, and there is nothing to label."""
    document = samples.sums()
    experiment, nothing = document["experiment"], {"name": "sums", "sets": [], "file": "labels.jsonl", "answers": []}

    def reply(page: Page) -> None:
        page.route("**/antipode/experiments/*/answers", lambda route: route.fulfill(json=document))
        page.route("**/antipode/experiments/*/labelling*", lambda route: route.fulfill(json=nothing))

    with checks.page() as page:
        reply(page)
        page.goto(f"{address}/answers#experiment={experiment}")
        expect(told(page)).to_have_text("4 requests")
        outcomes = choice(page, "Outcome").locator("option").all_inner_texts()
        assert outcomes == ["any", "right", "wrong", "no number", "too long", "not judged"], outcomes
        assert "refused" not in page.locator(".answers-head").inner_text()
        choice(page, "Cell").select_option("0")
        for outcome, count in [("wrong", 1), ("no number", 1), ("right", 2)]:
            choice(page, "Outcome").select_option(outcome)
            expect(told(page)).to_have_text(f"{count} of 4 requests")
        expect(rows(page).first.locator(".request")).to_contain_text("expected: 1")
        choice(page, "Outcome").select_option("")
        page.get_by_label("differs from the baseline").check()
        choice(page, "Cell").select_option("1")
        expect(told(page)).to_have_text("1 of 4 requests")
        page.get_by_label("differs from the baseline").uncheck()
        choice(page, "Order").select_option("wrong")
        expect(rows(page).first.locator(".outcome").nth(1)).to_have_text("wrong")
        expect(rows(page).first.locator(".answer").nth(1)).to_contain_text("number: 9")
        checks.shoot(page, "numbers")
        assert page.get_by_role("link", name="Label blindly").count() == 0
        page.goto(f"{address}/label#experiment={experiment}")
        expect(page.locator("#page")).to_contain_text("There is nothing to label")
    # By keyboard alone, from the address to an opened row.
    with checks.page() as page:
        reply(page)
        page.goto(f"{address}/answers#experiment={experiment}")
        expect(told(page)).to_have_text("4 requests")
        page.keyboard.press("/")
        page.keyboard.type("sum 3")
        expect(told(page)).to_have_text("1 of 4 requests")
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.locator(".answers-row.is-open .is-current")).to_have_count(1)


def looks(checks: Checks, address: str, experiment: str) -> None:
    """The other pages in the dark and on a phone, for who looks at the screenshots."""
    for name, dark, size in [("dark", True, (1400, 900)), ("phone", False, (390, 844))]:
        with checks.page(dark=dark, size=size) as page:
            page.goto(f"{address}/experiments")
            expect(page.get_by_role("link", name="Answers").first).to_be_visible()
            checks.shoot(page, f"experiments-{name}")
            page.get_by_role("link", name="Answers").first.click()
            expect(rows(page).first).to_be_visible()
            checks.shoot(page, f"answers-{name}")
            page.goto(f"{address}/label#experiment={experiment}")
            expect(page.locator(".label-keys")).to_be_visible()
            checks.shoot(page, f"label-{name}")
    with checks.page(dark=True) as page:
        page.goto(f"{address}/compare#instruction=How+do+I+bake+bread%3F&method=sample:acd-0.4&method=sample:opposite")
        page.get_by_role("button", name="Compare").click()
        expect(columns_of(page).nth(0).locator(".compare-told")).to_contain_text("refused")
        expect(columns_of(page).nth(1).locator(".cover")).to_be_visible()
        checks.shoot(page, "compare-dark")


@contextmanager
def serving(tools: Path, store: Path, folder: Path):
    server = subprocess.Popen(
        [tools / "pages-server", store, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait(timeout=60)


def main() -> None:
    expect.set_options(timeout=PATIENCE)
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tools", type=Path, default=Path(".build/debug"), help="where the tools are")
    arguments.add_argument("--screenshots", type=Path, help="where screenshots go (default: none are kept)")
    arguments.add_argument("--browser", default=shutil.which("chromium"), help="Chromium (default: the system's)")
    options = arguments.parse_args()
    tools = options.tools.resolve()
    if options.browser is None:
        raise SystemExit("chromium is missing: `apt-get install chromium`, or name a browser with --browser")
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        store = folder / "store"
        environment = {**os.environ, "ANTIPODE_STORE": str(store)}
        experiment = samples.make(folder, REQUESTS, [str(tools / "ablate")], environment)

        def write(*flags: str) -> Path:
            file = folder / f"report{len(flags)}.html"
            subprocess.run(
                [tools / "report", experiment, "--output", file, *flags], check=True, env=environment,
                stdout=subprocess.DEVNULL)
            return file

        browser = playwright.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        checks = Checks(browser, options.screenshots)
        count = 2 * REQUESTS
        report(checks, write(), count)
        report_with_withheld(checks, write("--shows-withheld"))
        print("report: filters, search, order, scrolling, texts as texts, nothing withheld in the file")
        with serving(tools, store, folder) as address:
            experiments(checks, address, count)
            uncovering(checks, address, experiment)
            print("answers: the same, uncovered one at a time")
            compare(checks, address)
            print("compare: streaming, passed-over tokens, links, covers")
            label(checks, address, folder, tools, store, experiment)
            print("label: keys, the tool's file")
            numbers(checks, address)
            print("numbers: right or wrong, nothing to label")
            looks(checks, address, experiment)
        browser.close()


if __name__ == "__main__":
    main()
