"""The target tokenizer: exact, checked against the truth, prepared once, found or refused with a next step."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import gigatoken
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from factory import tokenizer_files, tokens
from factory.errors import TokenizerError
from factory.qwen_vocabulary import PACKAGED, PACKAGED_SHA256
from factory.tokenizer_files import Prepared, prepare

TOKENIZER = tokens.load(PACKAGED)
SPEC = json.loads(prepare(PACKAGED).tokenizer_json)

SAMPLES = [
    "It's 2024, and they'll see: naïve café, Ωmega ≠ omega.\n\n\n\tdef f(x):\r\n        return x**2  # done\n",
    "日本語のテキスト。次の行\n한국어 텍스트 😀👨‍👩‍👧 e\u0301 \u212b ﬁ ½ \u0338",
    "<|im_start|>user\n<think>x</think><|im_end|><|im_start<|endoftext|>",
    "   \n \n  x\u3000\u2028y\x0b\x0cz\x85" * 5,
    "",
]


def test_the_fast_tokenizer_gives_the_ids_of_the_truth():
    code = [path.read_text("utf-8")[:20_000] for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[::30]]
    TOKENIZER.check([*SAMPLES, *code])
    for text in SAMPLES:
        assert TOKENIZER.encode(text).tolist() == TOKENIZER.truth.encode(text, add_special_tokens=False).ids


def around(character: str) -> str:
    """Text in which the character's class, or its place among marks, changes the tokens of its neighbours."""
    return f"{character}&lt; x{character}'s \n  {character}a\ne\u0301{character}\u0327{character}{character}\n"


@pytest.mark.parametrize("character", "\U000323b0\ua7ce\u07fd\u0c3c\u0eba\u1ac0\U000113c2\U00010940\U0001e6c0\u0898")
def test_characters_on_which_the_unicode_tables_of_the_two_differ_are_counted_by_the_truth(character):
    text = around(character)
    true = TOKENIZER.truth.encode(text, add_special_tokens=False).ids
    assert TOKENIZER._fast.encode(text).tolist() != true
    assert TOKENIZER.encode(text).tolist() == true
    between = f"{SAMPLES[0]}\n\n  {text}\n\u0301 a\n\n{SAMPLES[1]}{text}"
    assert TOKENIZER.encode(between).tolist() == TOKENIZER.truth.encode(between, add_special_tokens=False).ids


def test_on_all_other_characters_the_two_agree():
    settled = [c for c in map(chr, [*range(0xD800), *range(0xE000, 0x20000)]) if not tokens.holds_young_characters(c)]
    TOKENIZER.check("".join(map(around, settled[i :: 4_001])) for i in range(0, 4_001, 57))
    assert not tokens.holds_young_characters("naïve – “quoted” 日本語 한국어 العربية हिन्दी e\u0301 😀🫨")


def test_check_stops_on_a_tokenizer_that_differs():
    wrong = copy.copy(TOKENIZER)
    wrong._fast = gigatoken.Tokenizer.from_json(json.dumps(SPEC | {"normalizer": None}))
    wrong.check(["plain text"])
    with pytest.raises(TokenizerError, match="differ from token"):
        wrong.check(["plain text", "cafe\u0301"])


def test_a_tokenizer_that_gigatoken_cannot_load_is_counted_by_the_truth():
    made = Tokenizer(models.WordLevel(unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.train_from_iterator(["a b c d"], trainers.WordLevelTrainer(special_tokens=["?"]))
    slow = tokens.Tokenizer("words", Prepared(made.to_str().encode(), "", ""))
    assert not slow.cuts_at_lines
    assert slow.count("a b  c e") == 4
    slow.check(["a b"])


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec["pre_tokenizer"]["pretokenizers"][0].update(pattern={"Regex": r"\s+|\S+"}),
        lambda spec: spec["pre_tokenizer"]["pretokenizers"][1].update(add_prefix_space=True),
        lambda spec: spec["added_tokens"][0].update(rstrip=True),
        lambda spec: spec["added_tokens"][0].update(content=">\n<"),
        lambda spec: spec.update(normalizer={"type": "NFKC"}),
        lambda spec: spec.update(truncation={"max_length": 5}),
    ],
)
def test_cutting_is_refused_where_it_is_not_proven(change):
    spec = copy.deepcopy(SPEC | {"model": {"type": "BPE"}})
    assert tokens.cuts_at_lines(spec)
    change(spec)
    assert not tokens.cuts_at_lines(spec)


def test_added_tokens_that_evidence_must_not_hold_are_listed():
    assert {"<|im_start|>", "<|endoftext|>", "<think>", "</tool_call>"} <= set(TOKENIZER.special_tokens)


def run(program: str, **environment: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", program], env=os.environ | environment, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True)


def test_processes_that_race_for_an_empty_cache_agree_and_leave_one_file(tmp_path):
    program = f"from factory import tokenizer_files as f; print(f.prepare({PACKAGED!r}).identity)"
    racing = [run(program, XDG_CACHE_HOME=str(tmp_path)) for _ in range(2)]
    assert {process.communicate()[0].strip() for process in racing} == {TOKENIZER.identity}
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{PACKAGED_SHA256}.json"]


@pytest.mark.parametrize("damage", ["cut", "no folder"])
def test_a_cache_that_is_damaged_or_cannot_be_written_is_done_without(tmp_path, monkeypatch, damage):
    data = prepare(PACKAGED).tokenizer_json
    monkeypatch.setattr(tokenizer_files, "packaged_tokenizer", lambda: data)  # making it takes 2 s
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if damage == "cut":
        path = tmp_path / "acc-factory" / "tokenizers" / f"{PACKAGED_SHA256}.json"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"{}")
    else:
        (tmp_path / "acc-factory").write_text("a file where a folder should be")
    assert prepare.__wrapped__(PACKAGED).identity == TOKENIZER.identity
    assert damage != "cut" or path.read_bytes() == data


def test_a_name_that_is_nowhere_is_refused_with_the_next_step():
    program = "from factory import tokens\ntry: tokens.load('nobody/nothing')\nexcept Exception as e: print(type(e).__name__, e)"
    message = run(program, HF_HUB_OFFLINE="1").communicate()[0]
    assert message.startswith("TokenizerError `nobody/nothing`") and PACKAGED in message


def test_importing_the_module_loads_no_heavy_package():
    program = "import sys, factory.tokens; print(sorted({'transformers', 'torch', 'numpy', 'gigatoken', 'tokenizers'} & sys.modules.keys()))"
    assert run(program).communicate()[0].strip() == "[]"


TEMPLATE = (
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant] <think>\n{% endif %}"
)


def test_a_folder_is_loaded_with_its_own_chat_template(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(SPEC))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "chat_template": TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    loaded = tokens.load(str(folder))
    assert loaded.identity not in (TOKENIZER.identity, "") and loaded.cuts_at_lines
    assert loaded.identity == tokens.identity(str(folder))

    from transformers import AutoTokenizer

    message = "Read this.\n\n" + SAMPLES[0] + "Why?"
    theirs = AutoTokenizer.from_pretrained(folder)
    ids = theirs.apply_chat_template([{"role": "user", "content": message}], add_generation_prompt=True, return_dict=False)
    assert loaded.encode(loaded.render(message)).tolist() == list(ids)

    prepare.cache_clear()
    again = run(f"from factory import tokens; print(tokens.identity({str(folder)!r}))\nimport sys; print('transformers' in sys.modules)")
    assert again.communicate()[0].split() == [loaded.identity, "False"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": TEMPLATE + "!"}))
    assert tokens.identity(str(folder)) != loaded.identity


def test_a_folder_without_a_chat_template_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tokenizer.json").write_text(json.dumps(SPEC))
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    with pytest.raises(TokenizerError, match="chat_template"):
        tokens.load(str(tmp_path))
