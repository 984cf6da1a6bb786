"""The topic browser in a real page: by mouse, by keyboard and from Python; narrow, dark, hostile, offline, and without a kernel."""

import os

import pytest
from checks import axe, unreadable
from harness import block_network

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.corpus import load_corpus
from ntm_widgets.data.vectorize import BowVectorizer
from ntm_widgets.ui.report import report

ROOT = ".ntm-topics"
READY = f"{ROOT}[data-state=ready][data-proof=ready]"
EVIL = "<img src=x onerror=\"window.ntmBroken=1\"></script><script>window.ntmBroken=1</script>"
MODEL = f"""import numpy as np
import ntm_widgets as ntm
EVIL = {EVIL!r}
THEMES = ["hockey team goalie season ice puck", "orbit moon launch rocket shuttle nasa", "church faith bible gospel prayer heaven", "chip key cipher secret code agency"]
texts = [f"{{theme}} {{theme}} number{{i % 9}} {{EVIL}}" for i in range(60) for theme in THEMES]
corpus = ntm.load_corpus(texts)
corpus.labels, corpus.label_names = np.arange(len(corpus)) % 4, ["sports", EVIL, "religion", "privacy"]
bow = ntm.BowVectorizer(tokenizer="regex", min_doc_words=1).fit_transform(corpus)
bow.vocabulary[bow.vocabulary.index("number3")] = EVIL
model = ntm.NTM(num_topics=4, epochs=6).fit(bow)"""
SENT = """() => { window.ntmSent = 0; const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) { window.ntmSent += 1; return send.call(this, data); }; }"""
SLIDE = """async () => { const slider = document.querySelector('.tb-slider');
    for (let at = 0; at <= 100; at += 5) { slider.value = String(at / 100);
        slider.dispatchEvent(new Event('input', {bubbles: true})); await new Promise(requestAnimationFrame); } }"""


def first_words(page):
    return page.locator(f"{ROOT} .tb-bar:not([hidden]) .tb-word").all_inner_texts()[:5]


def test_by_mouse_and_by_keyboard(notebook):
    """Point, open, move λ without a message, walk by arrows, rename, search, all by keyboard too; nothing hostile runs."""
    shown = "from ntm_widgets.ui.topic_browser import TopicBrowser\nTopicBrowser(model, bow, corpus, words=6)"
    notebook.open([MODEL, shown]).run_all()
    page = notebook.page
    page.wait_for_selector(READY, timeout=60_000)
    page.wait_for_function(f"() => Number(document.querySelector('{ROOT}').dataset.clouds) === 4", timeout=20_000)
    orbit = page.locator(f"{ROOT} .tb-cloud text", has_text="orbit").first
    orbit.hover()
    assert "probability" in page.locator(f"{ROOT} .tb-tip").inner_text()
    topic = int(orbit.evaluate("word => word.closest('.tb-card').dataset.topic"))
    orbit.click()
    page.wait_for_selector(f"{ROOT}[data-topic='{topic}'] .tb-across:not([hidden])")
    assert "orbit" in page.locator(f"{ROOT} .tb-across").inner_text()

    page.evaluate(SENT)
    before = first_words(page)
    page.evaluate(SLIDE)
    page.wait_for_function(f"() => document.querySelector('{ROOT}').dataset.relevance === '1.00'")
    assert page.evaluate("() => window.ntmSent") == 0 and len(first_words(page)) == len(before)

    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{ROOT}[data-topic='']")
    page.locator(f"{ROOT} .tb-open").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{ROOT}[data-topic='1']")
    page.keyboard.press("Escape")
    page.keyboard.press("F2")
    page.keyboard.type(EVIL)
    page.keyboard.press("Enter")
    page.wait_for_function(f"evil => document.querySelectorAll('{ROOT} .tb-card .tb-label')[1].textContent === evil", arg=EVIL)
    assert page.evaluate("() => window.ntmBroken") is None
    page.keyboard.press("F2")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => document.querySelectorAll('{ROOT} .tb-card .tb-label')[1].textContent.split(', ').length === 3")
    for key in ("Enter", "Escape"):
        page.locator(f"{ROOT} .tb-card .tb-label").nth(1).click()
        page.keyboard.press(key)
        assert page.evaluate("() => document.activeElement.matches('.tb-label')")

    page.keyboard.press("?")
    assert page.locator(f"{ROOT} .ntm-keys dl").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("moon")
    page.wait_for_function(f"() => document.querySelectorAll('{ROOT} .tb-card:not([hidden])').length < 4")
    assert "moon" in page.locator(f"{ROOT} .tb-card:not([hidden]) .tb-hits").first.inner_text()
    assert set(page.locator(f"{ROOT} .tb-card:not([hidden]) .tb-found").all_text_contents()) == {"moon"}
    hidden = page.locator(f"{ROOT} .tb-card[hidden]").first
    assert hidden.is_hidden() and hidden.locator("text").first.is_hidden()
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => !document.querySelector('{ROOT} :is(.tb-card[hidden], .tb-asleep, .tb-found)')")
    assert page.locator(f"{ROOT} .tb-cloud text").last.is_visible()
    page.keyboard.type("moon")
    for pane, muted in (("map", ".tb-node.tb-missed"), ("labels", "td.tb-missed")):
        page.locator(f"{ROOT} .tb-panes [data-pane={pane}]").click()
        page.wait_for_selector(f"{ROOT} {muted}")
        assert axe(page, ROOT) == []
    page.locator(f"{ROOT} .tb-panes [data-pane=clouds]").click()
    page.locator(f"{ROOT} .tb-card:not([hidden]) .tb-open").first.focus()
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => !document.querySelector('{ROOT} .tb-card[hidden]')")


def test_far_topic_comes_into_sight(notebook):
    """A topic chosen in Python that never was on the screen stands there as a whole."""
    many = "browser = TopicBrowser(ntm.NTM(num_topics=80, recipe='sagemaker', epochs=1).fit(bow))"
    notebook.open([MODEL, f"from ntm_widgets.ui.topic_browser import TopicBrowser\n{many}\nbrowser", "browser.topic = 71"]).run_all()
    notebook.page.wait_for_selector(f"{READY}[data-topic='71']", timeout=60_000)
    inside = """root => { const [card, frame] = ['.tb-card[data-topic="71"]', '.tb-main'].map(one => document.querySelector(`${root} ${one}`)?.getBoundingClientRect());
        return card && card.top >= frame.top - 1 && card.bottom <= frame.bottom + 1; }"""
    notebook.page.wait_for_function(inside, arg=ROOT, timeout=5_000)
    notebook.page.wait_for_timeout(300)
    assert notebook.page.evaluate(inside, ROOT)


def overheard(page):
    """Everything that the page logs or throws from now on."""
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.fixture
def browsing(notebook):
    """A notebook with two views of one browser, whose topic was chosen by Python."""
    cells = [MODEL, "from ntm_widgets.ui.topic_browser import TopicBrowser\nbrowser = TopicBrowser(model, bow, corpus)\nbrowser",
             "browser", "model.rename_topic(1, EVIL)\nbrowser.topic = 1", "0"]
    notebook.open(cells).run_all()
    notebook.page.wait_for_selector(f"{READY}[data-topic='1']", timeout=60_000)
    return notebook


def test_everywhere_else(browsing):
    """Two views and Python agree; every pane is accessible in both themes and fits 400 pixels; without a kernel the table is read."""
    page = browsing.page
    assert page.locator(f"{ROOT}[data-topic='1']").count() == 2
    assert page.locator(f"{ROOT} .tb-detail .tb-label").all_inner_texts() == [EVIL, EVIL]
    view, output = page.locator(ROOT).first, page.locator(f".jp-OutputArea-output:has({ROOT})").first
    for tab in ("documents", "labels", "words"):
        view.locator(f".tb-tab[data-tab={tab}]").click()
        if tab == "documents":
            view.locator(".tb-document").first.click()
            view.locator(".tb-text mark").first.wait_for()
        assert axe(page, ROOT) == []
    for dark in (True, False):
        browsing.use_theme(dark)
        for pane in ("map", "labels", "clouds"):
            view.locator(f".tb-panes [data-pane={pane}]").click()
            page.wait_for_selector(f"{ROOT}[data-pane={pane}]")
            page.wait_for_timeout(300)
            assert axe(page, ROOT) == []
            for width in (960, 400):
                output.evaluate("(element, width) => { element.style.maxWidth = `${width}px`; }", width)
                page.wait_for_timeout(250)
                inside, needed = view.evaluate("view => [view.clientWidth, view.scrollWidth]")
                assert needed <= inside <= width
                if folder := os.environ.get("NTM_SHOTS"):
                    view.screenshot(path=f"{folder}/topics-{pane}-{'dark' if dark else 'light'}-{width}.png")
            output.evaluate("element => { element.style.maxWidth = ''; }")
    view.locator(".tb-panes [data-pane=clouds]").click()
    page.keyboard.press("Escape")
    view.locator(".tb-open").nth(2).click()
    page.wait_for_function(f"() => document.querySelectorAll(\"{ROOT}[data-topic='2']\").length === 2")
    assert browsing.answer("browser.topic") == "2"
    assert page.evaluate("() => window.ntmBroken") is None
    assert unreadable(browsing, "goalie", "onerror") == []


def test_the_report_works_from_a_file(chromium, tmp_path):
    """Opened from disk: interactive without a kernel, nothing asked for, nothing hostile run; readable without script."""
    texts = [f"{theme} {theme} {EVIL}" for theme in ("hockey team goalie", "orbit moon launch") for _ in range(60)]
    corpus = load_corpus(texts, name=EVIL)
    bow = BowVectorizer(tokenizer="regex", min_doc_words=1).fit_transform(corpus)
    model = NTM(num_topics=2, epochs=3).fit(bow)
    model.rename_topic(0, EVIL)
    path = report(model, tmp_path / "report.html", bow=bow, corpus=corpus, title=EVIL)
    for script in (True, False):
        context = chromium.new_context(java_script_enabled=script, viewport={"width": 1200, "height": 900})
        outside, page = block_network(context), context.new_page()
        said = overheard(page)
        page.goto(path.as_uri())
        if script:
            page.wait_for_selector(f"{READY}[data-clouds='2']", timeout=20_000)
            page.locator(f"{ROOT} .tb-open").first.click()
            page.locator(f"{ROOT} .tb-word").first.wait_for()
            assert len(first_words(page)) == 5
            page.locator(f"{ROOT} .tb-tab[data-tab=documents]").click()
            page.locator(f"{ROOT} .tb-document").first.click()
            page.locator(f"{ROOT} .tb-text mark").first.wait_for()
            assert page.evaluate("() => window.ntmBroken") is None
            assert axe(page, ROOT) == []
        else:
            assert "goalie" in page.locator("#ntm-still table").inner_text()
        assert EVIL in page.locator("h1").inner_text()
        assert outside == [] and said == []
        context.close()
