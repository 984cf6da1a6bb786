"""Fixtures of the browser tests: one JupyterLab and one Chromium a session, a fresh page a test.

The server runs in a temporary folder with its own configuration; the page may talk to 127.0.0.1 only, and whatever it
asks elsewhere, or any error its scripts throw, fails the test. Chromium missing: skipped, or failed with `CI`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import BROKEN, FLAGS, NOT_OURS, Lab, Notebook, block_network, shut_down_kernels
from playwright.sync_api import Browser, Page, sync_playwright

from tools.check import find_browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives the browser; without one it is skipped, except in CI."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")
            if not find_browser() and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason="Chromium is missing (Debian: apt-get install chromium)"))


def served(folder: Path, application: str) -> Iterator[Lab]:
    server = Lab(folder, application)
    try:
        server.wait()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    yield from served(tmp_path_factory.mktemp("lab"), "lab")


@pytest.fixture(scope="session")
def server7(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    yield from served(tmp_path_factory.mktemp("notebook7"), "notebook")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = find_browser()
    if not executable:
        pytest.fail("Chromium is missing (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, headless=True, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh page; afterwards: nothing was asked of any other host, no script threw, and no hostile text ran."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    outside = block_network(context)
    thrown: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    broken = page.evaluate(BROKEN)
    context.close()
    assert broken is None, "a hostile text ran"
    assert not outside, f"the page asked other hosts: {outside}"
    thrown = [text for text in thrown if not any(known in text for known in NOT_OURS)]
    assert not thrown, f"scripts threw: {thrown}"


@pytest.fixture
def notebook(page: Page, lab: Lab) -> Iterator[Notebook]:
    """`notebook.open(path or cells).run_all()`; its kernel is shut down afterwards."""
    yield Notebook(page, lab)
    shut_down_kernels(lab)


@pytest.fixture
def notebook7(page: Page, server7: Lab) -> Iterator[Notebook]:
    """The same in Jupyter Notebook 7."""
    yield Notebook(page, server7)
    shut_down_kernels(server7)
