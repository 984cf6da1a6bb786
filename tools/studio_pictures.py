"""The pictures of nbs/tutorials/studio.ipynb, taken in a real JupyterLab on 20 Newsgroups.

    python tools/studio_pictures.py

Goes through the steps by clicking, photographs each, and writes PNGs with few colours into nbs/tutorials/images.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

from harness import FLAGS, Lab, Notebook, shut_down_kernels  # noqa: E402  (after the path is set)

from tools.check import find_browser  # noqa: E402

FOLDER = ROOT / "nbs" / "tutorials" / "images"
TEXT = "The shuttle brought a new satellite into orbit; its cameras will send encrypted pictures to the ground."
COLORS = 64
CELLS = ["%load_ext ntm_widgets", "%ntm corpus 20newsgroups\n%ntm vectorize --tokenizer regex", "%ntm studio"]


def photograph(page: Page, name: str, height: int = 720) -> None:
    """The studio as it is now, at most so tall."""
    page.locator(".ntm-studio-box").first.evaluate("box => box.scrollIntoView()")
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)
    box = page.locator(".ntm-studio-box").first.bounding_box()
    clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": min(box["height"], height)}
    picture = Image.open(BytesIO(page.screenshot(clip=clip))).convert("RGB")
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(FOLDER / f"studio-{name}.png", optimize=True)


def open_step(page: Page, step: str) -> None:
    page.locator(f"[role=tab][data-step={step}]").click()
    page.wait_for_selector(f".ntm-studio[data-step={step}]")


def walk(page: Page) -> None:
    """From documents to an answer."""
    page.wait_for_selector(".ntm-studio[data-step=train]", timeout=30_000)
    for step, height in (("documents", 520), ("words", 600)):
        open_step(page, step)
        page.wait_for_selector(f".ntm-studio-{step} [data-state=ready]", timeout=60_000)
        photograph(page, step, height)
    open_step(page, "train")
    page.locator(".ntm-train-start").click()
    page.wait_for_selector(".ntm-studio[data-states^='done done running']", timeout=60_000)
    page.wait_for_selector(".ntm-studio[data-states^='done done done']", timeout=300_000)
    photograph(page, "train", 860)
    open_step(page, "topics")
    page.wait_for_selector(".ntm-topics[data-state=ready]", timeout=60_000)
    page.wait_for_timeout(6000)
    photograph(page, "topics", 720)
    open_step(page, "ask")
    page.locator(".ntm-studio-ask textarea").fill(TEXT)
    page.locator(".ntm-q-word").first.wait_for(timeout=30_000)
    page.get_by_role("button", name="Code", exact=True).click()
    page.wait_for_selector(".ntm-studio[data-code=ready]")
    photograph(page, "ask", 860)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        server = Lab(Path(place))
        try:
            server.wait()
            browser = playwright.chromium.launch(executable_path=find_browser(), headless=True, args=list(FLAGS))
            page = browser.new_page(viewport={"width": 1300, "height": 1150})
            Notebook(page, server).open(CELLS, "studio.ipynb").run_all()
            walk(page)
            browser.close()
            shut_down_kernels(server)
        finally:
            server.close()


if __name__ == "__main__":
    main()
