"""What several tests of documents use: files with content, hostile text, errors of one line."""

from pathlib import Path

import pytest

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert('x')</script> & \"quotes\""


def write(folder: Path, contents: dict[str, str | bytes]) -> Path:
    """Write files below a folder and return the folder."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def one_line(error: pytest.ExceptionInfo) -> str:
    """The message, which must be one line."""
    text = str(error.value)
    assert "\n" not in text and text
    return text
