"""Say from which sources the committed front end was built.

    python tools/static_manifest.py            write ntm_widgets/static/manifest.json
    python tools/static_manifest.py --check    exit 1 if the sources have changed since

The hash covers js/src/**, js/package.json and js/package-lock.json, so that a stale bundle is found without Node.
"""

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "ntm_widgets" / "static" / "manifest.json"


def source_files(root: Path = ROOT) -> list[Path]:
    """The files that decide what the bundle holds, sorted by their name in the project."""
    js = root / "js"
    sources = [path for path in (js / "src").rglob("*") if path.is_file()]
    return sorted([*sources, js / "package.json", js / "package-lock.json"], key=lambda path: path.relative_to(root).as_posix())


def source_hash(root: Path = ROOT) -> str:
    """sha256 over names and contents of the sources, line ends made equal."""
    digest = hashlib.sha256()
    for path in source_files(root):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        recorded = json.loads(MANIFEST.read_text(encoding="utf-8"))["sources"]
        sys.exit(0 if recorded == source_hash() else "ntm_widgets/static is not built from js/: run npm run build in js/")
    MANIFEST.write_text(json.dumps({"sources": source_hash()}, indent=1) + "\n", encoding="utf-8")
