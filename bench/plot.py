"""NPMI against processor seconds, one panel a task: the picture of `bench.tables`."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bench.tables import Table

SHOWN = {
    "best": ("ntm_widgets, best", "#d1495b", "o"),
    "best_mix": ("ntm_widgets, best, mix", "#edae49", "o"),
    "sagemaker": ("ntm_widgets, sagemaker", "#8d6a9f", "o"),
    "tomotopy": ("tomotopy LDA", "#30638e", "s"),
    "tomotopy:reranked": ("tomotopy LDA, re-ranked", "#30638e", "D"),
    "gensim": ("gensim LDA", "#00798c", "^"),
    "sklearn_online": ("scikit-learn LDA, online", "#52796f", "v"),
    "sklearn_batch": ("scikit-learn LDA, batch", "#52796f", "<"),
    "ecrtm": ("TopMost ECRTM", "#6c757d", "P"),
    "prodlda": ("TopMost ProdLDA", "#6c757d", "X"),
    "etm": ("TopMost ETM", "#6c757d", "*"),
    "fastopic": ("FASTopic, LSA vectors", "#6c757d", "h"),
}


def draw(tables: "dict[str, Table]", path: Path) -> None:
    """Write the picture; bars are one standard deviation over seeds."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with pyplot.rc_context({"svg.hashsalt": "quality", "font.size": 9, "svg.fonttype": "none"}):
        figure, grid = pyplot.subplots(2, 3, figsize=(11, 6.4), layout="constrained")
        for axes, (task, table) in zip(grid.flat, tables.items(), strict=False):
            for row, (label, colour, marker) in SHOWN.items():
                if row in table:
                    seconds, npmi = table[row]["cpu_s"].mean, table[row]["npmi"]
                    sd = 0 if np.isnan(npmi.sd) else npmi.sd
                    style = {"color": colour, "marker": marker, "markersize": 7, "linestyle": "", "capsize": 2}
                    axes.errorbar(seconds, npmi.mean, yerr=sd, label=label, **style)
            corpus, topics = task.rsplit("-", 1)
            axes.set(xscale="log", title=f"{corpus}, K = {topics}", xlabel="CPU seconds of one fit")
            axes.set(
                ylabel="NPMI", xlim=(0.5, 2000), xticks=[1, 10, 100, 1000], xticklabels=["1", "10", "100", "1,000"]
            )
            axes.grid(alpha=0.25)
            axes.spines[["top", "right"]].set_visible(False)
        handles = {
            text: handle for axes in grid.flat for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        for axes in list(grid.flat)[len(tables) :]:
            axes.set_axis_off()
        order = [label for label, *_ in SHOWN.values() if label in handles]
        grid.flat[-1].legend([handles[label] for label in order], order, loc="center", frameon=False)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
