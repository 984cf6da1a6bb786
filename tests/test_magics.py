"""`%ntm` in IPython: parsing, results, errors in one line, completion, configuration, coming and going."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from ntm_widgets import BokehView, sweep_plot
from ntm_widgets.ui.acting import ACTIONS, Place, one_line, told
from ntm_widgets.ui.actions import PANELS, perform
from ntm_widgets.ui.bokeh_view import plots_of
from ntm_widgets.ui.parts import Throttle, front_end
from ntm_widgets.ui.verbs import VERBS, VerbError, completions, find_verb, help_text, parse, words_of
from ntm_widgets.ui.workbench import Workbench

TEXTS = [f"{theme} {theme} game number{i % 7} word{i % 5}" for i in range(60) for theme in ("hockey team", "space orbit")]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """An IPython shell with the magics over a fresh workbench, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    Workbench.clear_instance()
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "ntm_widgets")
    shell.user_ns["texts"] = TEXTS
    yield shell
    run = Workbench.instance().run
    if run is not None and run.status == "running":
        run.stop()
    Workbench.clear_instance()


def ntm(shell, line, cell=None):
    if cell is None:
        return shell.run_line_magic("ntm", line)
    return shell.run_cell_magic("ntm", line, cell)


def message(shell, line, cell=None):
    with pytest.raises(UsageError) as caught:
        ntm(shell, line, cell)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def trained(shell):
    ntm(shell, "corpus texts")
    ntm(shell, "vectorize --tokenizer regex --min-doc-words 1")
    ntm(shell, "train --num-topics 2 --epochs 2")
    return shell


def test_the_whole_way(trained, capsys):
    topics = ntm(trained, "topics -n 3")
    assert len(topics) == 2
    assert ntm(trained, "query", "the hockey team").theta.shape == (2,)
    assert ntm(trained, "clouds 0 --words 5").alt.startswith("topic 0")
    assert ntm(trained, "mixtures 2").alt.count("\n") == 1
    assert ntm(trained, "mixtures", "hockey game\nspace orbit\n").alt.startswith("hockey game: ")
    assert len(ntm(trained, "runs")) == 1
    ntm(trained, "save kept")
    ntm(trained, "load kept")
    ntm(trained, "report page.html --title 'A <title>'")
    assert "loaded kept: 2 topics" in capsys.readouterr().out


def test_a_notebook_with_a_named_run_runs_from_the_top_again(trained, capsys):
    for _ in range(2):
        ntm(trained, "train --num-topics 2 --epochs 1 --name first")
    said = "there is a run first already, which stays; this one is first-2"
    assert capsys.readouterr().out.count(said) == 1
    assert [run.name for run in ntm(trained, "runs")] == ["run-001", "first", "first-2"]


def test_a_panel_needs_a_notebook_and_is_a_widget_there(shell, capsys, monkeypatch):
    for verb, (_, _, instead) in PANELS.items():
        assert ntm(shell, verb) is None
        assert f"%ntm {verb} needs a notebook; here, %ntm {instead} says it in words" in capsys.readouterr().out
    monkeypatch.setenv("NTM_WIDGETS_UI", "widget")
    studio = ntm(shell, "studio")
    assert type(studio).__name__ == "Studio" and studio.bench is Workbench.instance()
    studio.close()


def test_code_of_what_was_done(trained, capsys):
    ntm(trained, "rename 1 Ann's topic")
    capsys.readouterr()
    ntm(trained, "code --magics")
    assert capsys.readouterr().out.splitlines()[-1] == "%ntm rename 1 'Ann'\"'\"'s topic'"
    ntm(trained, "code")
    assert capsys.readouterr().out.startswith("import ntm_widgets as ntm\n\ncorpus = ntm.load_corpus(texts)\n")
    assert "which name?" in message(trained, "rename 1")
    ntm(trained, 'rename 1 ""')
    assert "topic 1 has its first words as label again" in capsys.readouterr().out
    assert Workbench.instance().model.topic_labels[1].count(",") == 2
    assert "expected a number from 0 to 1" in message(trained, "rename 7 nothing")


def test_a_name_is_there_wherever_topics_are_shown(trained):
    """In tables, pictures, answers and the report page, and gone again from all of them when it is taken back."""
    def shown():
        page = Path("page.html")
        ntm(trained, f"report {page}")
        pictures = [ntm(trained, "clouds").alt, ntm(trained, "mixtures 2").alt]
        return [str(ntm(trained, "topics")), *pictures, str(ntm(trained, "query", "the hockey team")), page.read_text(encoding="utf-8")]

    ntm(trained, "rename 0 ice-sports")
    assert ["ice-sports" in form for form in shown()] == [True] * 5
    ntm(trained, 'rename 0 ""')
    assert ["ice-sports" in form for form in shown()] == [False] * 5


def test_variables_are_values(shell):
    assert len(ntm(shell, "corpus texts")) == len(TEXTS)
    shell.user_ns.update(words=["hockey", "team", "space"], size=1)
    bow = ntm(shell, "vectorize --tokenizer regex --vocabulary words --min-doc-words size")
    assert set(bow.vocabulary) == set(shell.user_ns["words"])


def test_a_result_can_be_assigned_and_is_shown_once(trained, capsys):
    trained.run_cell("run = %ntm resume --epochs 1")
    trained.run_cell("%ntm resume --epochs 1")
    assert "Run run-" not in capsys.readouterr().out
    trained.run_cell("run")
    assert "run-001" in capsys.readouterr().out


def test_a_cell_of_verbs(shell, capsys):
    result = ntm(shell, "", "corpus texts\n\nvectorize --tokenizer regex --min-doc-words 1\n")
    assert result.num_documents == len(TEXTS)
    assert "120 documents" in capsys.readouterr().out


def test_texts_from_the_web_without_their_tags(shell):
    assert list(ntm(shell, "corpus --strip-html", "one<br>text\nFish &amp; chips\n")) == ["one\ntext", "Fish & chips"]


def test_options_may_go_on_in_the_cell(shell):
    ntm(shell, "corpus texts")
    bow = ntm(shell, "vectorize", "--tokenizer regex\n--min-doc-words 1\n--vocab-size 4\n")
    assert bow.num_words == 4


@pytest.mark.parametrize(("line", "expected"), [
    ("trian", "did you mean train?"),
    ("xyzzy", "%ntm help lists the verbs"),
    ("train --epoch 5", "did you mean --epochs?"),
    ("train 5", "cannot make sense of '5': did you mean --num-topics 5?"), ("stop 5", "cannot make sense of '5': see %ntm stop --help"),
    ("train --recipe sagemakr", "did you mean sagemaker?"),
    ("vectorize --vocab-size many", "'many': expected a whole number"),
    ("clouds 1,x", "expected numbers as in 0,3,5-7"),
    ("topics 'open", "a quotation mark is not closed"),
    ("topics", "%ntm corpus"),
    ("train", "%ntm corpus"),
    ("query", "which text?"),
    ("corpus", "which documents?"),
    ("corpus nowhere.csv", "nowhere.csv"),
    ("load nowhere", "nowhere"),
    ("train --validation 2", "--validation: '2': expected a number between 0 and 1"),
    ("train --epochs", "--epochs: a value is missing"),
    ("mixtures 9999", "for document number 9999 with %ntm mixtures 9999,"),
    ("mixtures --texts nothing", "no Python variable"),
])
def test_errors_are_one_line(shell, line, expected):
    assert expected in message(shell, line)


def test_bad_values_reach_the_rooms_and_come_back_in_one_line(trained):
    assert "num_topics=1" in message(trained, "train --num-topics 1")
    assert "9" in message(trained, "clouds 9")
    assert "n=0" in message(trained, "topics -n 0")


def test_what_cannot_be_written_names_the_file_that_was_asked_for(trained, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for line in ("save file/model", "report file/page.html", "clouds 0 --save file/cloud.png"):
        path = line.split()[-1]
        assert message(trained, line).startswith(f"cannot write {path}: "), line


def test_a_sweep_is_a_table_with_a_picture_and_its_models_can_be_loaded(trained, capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("ntm_widgets.ui.magics._display", shown.append)
    result = ntm(trained, "sweep --num-topics 2,3 --seeds 2 --epochs 1,2 --name some --save sweep.png")
    assert len(result.frame) == 8 and set(result.frame["status"]) == {"done"} and result.path.name == "some"
    assert [type(picture).__name__ for picture in shown] == ["Picture"] and Path("sweep.png").stat().st_size > 1000
    said = capsys.readouterr().out
    ntm(trained, re.search(r"%ntm (load sweeps/some/\S+) takes the first", said).group(1))
    assert "loaded" in capsys.readouterr().out and Workbench.instance().model.num_topics == 2
    assert list(ntm(trained, "sweep -k 2 --seeds 5, --epochs 1 --name some").frame["seed"]) == [5]
    assert set(ntm(trained, "sweep -k 2 --seeds 1 --epochs 1 --recipe best,sagemaker").frame["recipe"]) == {"best", "sagemaker"}
    assert ntm(trained, "sweep -k 2 --seeds 1 --encoder-layers 20,10 --epochs 1").run().config["model"]["encoder_layers"]


def test_a_live_page_gets_the_plots_of_a_sweep_and_keeps_their_picture(trained, tmp_path):
    shown = []
    place = Place(Workbench.instance(), live=True, say=shown.append, show=shown.append, progress=lambda text: None)
    result = perform(place, f"sweep -k 2,3 --seeds 1 --epochs 1 --name live --save {tmp_path / 'live.png'}")
    (view,) = (one for one in shown if isinstance(one, BokehView))
    assert next(plots_of(view.figure)).title.text == "Coherence, NPMI"
    assert view.picture.png == (tmp_path / "live.png").read_bytes() and "Coherence, NPMI: " in view.alt
    assert "<img " in view.plain()["text/html"] and len(view.plain()["text/html"]) < 100_000
    assert len(list(plots_of(sweep_plot(result)))) == len(list(plots_of(view.figure)))
    view.close()


def test_parts_of_the_recipe_can_be_taken_away(trained):
    ntm(trained, "train -k 2 --epochs 1 --encoder-layers none --kl-weight 0 --background fixed --vector-power 0 --wait")
    given = Workbench.instance().model.hyperparameters_
    found = {name: given[name] for name in ("encoder_layers", "kl_weight", "background", "vector_power")}
    assert found == {"encoder_layers": [], "kl_weight": 0.0, "background": "fixed", "vector_power": 0.0}
    assert "fixed" in message(trained, "train --background free")
    assert set(ntm(trained, "sweep -k 2 --seeds 1 --kl-weight 0,1 --epochs 1").frame["kl_weight"]) == {0, 1}


def test_an_interrupted_sweep_is_one_line(trained, monkeypatch):
    def interrupted(*words):
        raise KeyboardInterrupt

    monkeypatch.setattr("ntm_widgets.runs.sweep.train_cell", interrupted)
    assert re.fullmatch(
        r"0 of 2 models of the sweep some are done; the same call goes on", message(trained, "sweep -k 2,3 --seeds 1 --name some")
    )


def test_a_run_is_loaded_by_its_name(trained, capsys):
    ntm(trained, "load run-001")
    assert capsys.readouterr().out == "loaded ntm_runs/run-001: 2 topics\n"


def test_help_can_be_asked_for_in_the_usual_way(shell, capsys):
    ntm(shell, "--help")
    assert capsys.readouterr().out.startswith("%ntm VERB [OPTIONS]")


def test_verbs_that_replace_the_run_wait_for_it(shell, monkeypatch):
    """Two trainings, or new documents, in one Run All: none gets in the way of the run that goes on."""
    waited = []
    bench = Workbench.instance()
    monkeypatch.setattr(Workbench, "wait", lambda self: waited.append(self.run.name if self.run else None))
    monkeypatch.setattr(Workbench, "train", lambda self, **settings: self.run)
    place = Place(bench, variables={"texts": TEXTS}, live=True)
    for line in ("train --epochs 2", "corpus texts"):
        perform(place, line)
    assert waited == [None, None]


def test_a_bug_keeps_its_traceback(shell, monkeypatch):
    monkeypatch.setitem(ACTIONS, "devices", lambda place, values, body: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ntm(shell, "devices")


def test_told_tells_messages_from_bugs():
    def caught(function):
        try:
            function()
        except Exception as error:  # noqa: BLE001
            return error

    assert told(caught(lambda: find_verb("nope")))
    assert told(caught(lambda: open("/nowhere/at/all")))  # noqa: PTH123, SIM115
    assert not told(caught(lambda: int("x")))
    assert one_line(ValueError("two\n lines")) == "two lines"


def test_the_traceback_can_be_asked_for(shell):
    shell.run_line_magic("config", "NTMMagics.traceback = True")
    with pytest.raises(VerbError):
        ntm(shell, "trian")


def test_configuration_changes_what_train_does(shell):
    shell.run_line_magic("config", "Workbench.num_topics = 3")
    ntm(shell, "corpus texts")
    ntm(shell, "vectorize --tokenizer regex --min-doc-words 1")
    ntm(shell, "train --epochs 1")
    assert len(ntm(shell, "topics")) == 3


def test_completion(shell):
    def found(line):
        return shell.complete(line.split(" ")[-1], line, len(line))[1]

    assert found("%ntm tr") == ["train"]
    assert "--epochs" in found("%ntm train --ep")
    assert found("%ntm train --recipe sa") == ["sagemaker"]
    assert "topics" in found("found = %ntm to")
    assert "texts" in found("%ntm corpus te")
    assert "train" in found("%%ntm tr")
    assert "status" in found("%ntm help st")


def test_it_goes_when_asked(shell):
    shell.run_line_magic("unload_ext", "ntm_widgets")
    assert "ntm" not in shell.magics_manager.magics["line"]
    assert not any(isinstance(known, Workbench) for known in shell.configurables)
    shell.run_line_magic("load_ext", "ntm_widgets")
    assert ntm(shell, "status") is None


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(shell, verb, capsys):
    ntm(shell, f"{verb} --help")
    text = capsys.readouterr().out
    for option in VERBS[verb].options:
        assert option.flags[0] in text and option.help.split()[0] in text
    assert text.strip() == help_text(verb).strip()


def test_every_verb_has_an_action():
    assert set(ACTIONS) == set(VERBS)


def test_query_takes_the_text_as_it_is(monkeypatch):
    texts = []
    bench = Workbench()
    monkeypatch.setattr(Workbench, "query", lambda self, text: texts.append(text))
    place = Place(bench, variables={"note": "from a variable"})
    for line in ("query don't --panic", 'query "in quotes"', "query note", "query it's 5 o'clock"):
        perform(place, line)
    perform(place, "query", "in the body\nof a cell")
    assert texts == ["don't --panic", "in quotes", "from a variable", "it's 5 o'clock", "in the body\nof a cell"]
    with pytest.raises(VerbError, match="mails holds 2 texts, and query reads one"):
        perform(Place(bench, variables={"mails": ["a text", "another"]}), "query mails")


@given(st.text())
def test_any_line_is_understood_or_refused(line):
    """No text that can be typed breaks the parser."""
    for verb in VERBS.values():
        try:
            parse(verb, words_of(line))
        except VerbError as error:
            assert str(error)
    completions(line)


def test_underscores_are_dashes():
    values = parse(VERBS["train"], words_of("--num_topics=7 --mini_batch_size 32 --clip_gradient Inf"))
    assert (values["num_topics"], values["mini_batch_size"], values["clip_gradient"]) == (7, 32, float("inf"))


def test_where_somebody_looks(monkeypatch):
    monkeypatch.delenv("NTM_WIDGETS_UI", raising=False)
    assert front_end() == "text"
    monkeypatch.setenv("NTM_WIDGETS_UI", "widget")
    assert front_end() == "widget"
    monkeypatch.setenv("NTM_WIDGETS_UI", "tv")
    with pytest.raises(ValueError, match=re.escape("expected auto, widget or text")):
        front_end()


def test_the_throttle_keeps_the_newest():
    sent = []
    throttle = Throttle(sent.append, 60)
    throttle.offer("first")
    throttle._timer.join()
    for number in range(100):
        throttle.offer(number)
    assert sent == ["first"]
    throttle.flush()
    assert sent == ["first", 99]
