__version__ = "0.1.0"

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

_ROOM_OF = {
    "load_corpus": "data.corpus",
    "Corpus": "data.corpus",
    "BowVectorizer": "data.vectorize",
    "stop_list": "data.tokenize",
    "BagOfWords": "data.bow",
    "Split": "data.bow",
    "ShardedBagOfWords": "data.shards",
    "devices": "core.devices",
    "metrics": "core.metrics",
    "Mixture": "core.topics",
    "NTM": "core.estimator",
    "load_model": "core.estimator",
    "Trainer": "core.training",
    "guided_start": "core.start",
    "stability": "core.stability",
    "Stability": "core.stability",
    "Run": "runs.runs",
    "start_run": "runs.runs",
    "list_runs": "runs.runs",
    "sweep": "runs.sweep",
    "Sweep": "runs.sweep",
    "Workbench": "ui.workbench",
    "report": "ui.report",
    "BokehView": "ui.bokeh_view",
    "sweep_plot": "ui.sweeps",
    "VectorizerPanel": "ui.words_panel",
    "TrainingPanel": "ui.training_panel",
    "TopicBrowser": "ui.topic_browser",
    "QueryPanel": "ui.query_panel",
    "Studio": "ui.studio",
}
_MODULES = {"metrics"}

__all__ = sorted(_ROOM_OF)

if _TYPE_CHECKING:
    from ntm_widgets.core import metrics as metrics
    from ntm_widgets.core.devices import devices as devices
    from ntm_widgets.core.estimator import NTM as NTM
    from ntm_widgets.core.estimator import load_model as load_model
    from ntm_widgets.core.stability import Stability as Stability
    from ntm_widgets.core.stability import stability as stability
    from ntm_widgets.core.start import guided_start as guided_start
    from ntm_widgets.core.topics import Mixture as Mixture
    from ntm_widgets.core.training import Trainer as Trainer
    from ntm_widgets.data.bow import BagOfWords as BagOfWords
    from ntm_widgets.data.bow import Split as Split
    from ntm_widgets.data.corpus import Corpus as Corpus
    from ntm_widgets.data.corpus import load_corpus as load_corpus
    from ntm_widgets.data.shards import ShardedBagOfWords as ShardedBagOfWords
    from ntm_widgets.data.tokenize import stop_list as stop_list
    from ntm_widgets.data.vectorize import BowVectorizer as BowVectorizer
    from ntm_widgets.runs.runs import Run as Run
    from ntm_widgets.runs.runs import list_runs as list_runs
    from ntm_widgets.runs.runs import start_run as start_run
    from ntm_widgets.runs.sweep import Sweep as Sweep
    from ntm_widgets.runs.sweep import sweep as sweep
    from ntm_widgets.ui.bokeh_view import BokehView as BokehView
    from ntm_widgets.ui.query_panel import QueryPanel as QueryPanel
    from ntm_widgets.ui.report import report as report
    from ntm_widgets.ui.studio import Studio as Studio
    from ntm_widgets.ui.sweeps import sweep_plot as sweep_plot
    from ntm_widgets.ui.topic_browser import TopicBrowser as TopicBrowser
    from ntm_widgets.ui.training_panel import TrainingPanel as TrainingPanel
    from ntm_widgets.ui.words_panel import VectorizerPanel as VectorizerPanel
    from ntm_widgets.ui.workbench import Workbench as Workbench


def __getattr__(name: str) -> _Any:
    """Import a public name from its room on first use, so that `import ntm_widgets` stays quick."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'ntm_widgets' has no attribute {name!r}")
    room = _import_module(f"ntm_widgets.{_ROOM_OF[name]}")
    value = room if name in _MODULES else getattr(room, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def load_ipython_extension(shell: _Any) -> None:
    """`%load_ext ntm_widgets`: register the `%ntm` and `%%ntm` magics."""
    from ntm_widgets.ui.magics import register

    register(shell)


def unload_ipython_extension(shell: _Any) -> None:
    """`%unload_ext ntm_widgets`: remove the magics again."""
    from ntm_widgets.ui.magics import unregister

    unregister(shell)
