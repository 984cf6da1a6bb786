"""The harness itself tells right from wrong, so that a green browser test means something."""

from harness import block_network


def test_outputs_and_errors_are_seen(notebook):
    notebook.open(["print('a' * 3)", "1 / 0"]).run_all()
    assert notebook.cells[0]["outputs"][0]["text"] in ("aaa\n", ["aaa\n"])
    assert len(notebook.errors) == 1
    assert notebook.errors[0].startswith("ZeroDivisionError: division by zero")


def test_light_and_dark_theme(notebook):
    notebook.open("1 + 1")
    background = "() => getComputedStyle(document.body).getPropertyValue('--jp-layout-color1').trim()"
    colours = []
    for dark in (False, True):
        notebook.use_theme(dark)
        notebook.page.wait_for_timeout(300)
        colours.append(notebook.page.evaluate(background))
    assert colours[0] != colours[1]
    notebook.use_theme(dark=False)


def test_the_network_is_blocked(chromium):
    """A page of the harness cannot reach another host: the request is noted and ends before it leaves."""
    context = chromium.new_context()
    outside = block_network(context)
    page = context.new_page()
    page.goto("about:blank")
    page.set_content("<img src='http://example.org/x.png'>")
    assert outside == ["http://example.org/x.png"]
    context.close()
