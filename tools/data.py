"""The data sets that some tests and one tutorial need: where they are, what is missing, and how to fetch them.

python tools/data.py      fetch what is missing (20 Newsgroups 14 MB, WordNet 11 MB, punkt 4 MB)
"""

from pathlib import Path

WORDS = {"wordnet": "corpora/wordnet.zip", "punkt_tab": "tokenizers/punkt_tab/english"}


def missing_data() -> list[str]:
    """Names of the data sets that this machine lacks; scikit-learn and NLTK say where they look."""
    import nltk
    from sklearn.datasets import get_data_home

    missing = [] if (Path(get_data_home()) / "20news-bydate_py3.pkz").is_file() else ["20newsgroups"]
    for name, resource in WORDS.items():
        try:
            nltk.data.find(resource)
        except LookupError:
            missing.append(name)
    return missing


def fetch(name: str) -> None:
    """Download one data set with the library that owns it."""
    if name == "20newsgroups":
        from sklearn.datasets import fetch_20newsgroups

        fetch_20newsgroups(subset="all")
        return
    import nltk

    if not nltk.download(name, quiet=True):
        raise SystemExit(f"NLTK could not download {name}: is there a network?")


if __name__ == "__main__":
    for dataset in missing_data():
        print(f"Fetching {dataset} …", flush=True)
        fetch(dataset)
    print("All data sets are here.")
