"""Cleaning: what is taken out, what is left alone, and that once is enough."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_secrets import false_secrets, true_secrets

from factory.cleaning import clean
from factory.recipe import Cleaning

KEEP = Cleaning(redact_secrets=False)
REDACT = Cleaning()
QWEN = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<tool_call>", "</tool_call>", "<think>", "</think>")


@pytest.mark.parametrize(
    ("text", "expected", "edits"),
    [
        ("plain\ttext\r\nwith\x0cbreaks", "plain\ttext\r\nwith\x0cbreaks", ()),
        ("a\x00b\x01c\x7f", "abc", ("control:3",)),
        ("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07", "red link", ("terminal:4",)),
        ("N\bNA\bA_\bx", "NAx", ("terminal:3",)),
        ("caf\u0301e \x9b31mé\x85", "caf\u0301e é\x85", ("terminal:1",)),
        ("half \ud800 pair \ud83d\ude00", "half \ufffd pair 😀", ("surrogate:2",)),
        ("<|im_start|>system\n<think>x</think>", "<\\|im_start|>system\n<\\think>x<\\/think>", ("special_token:3",)),
        ("<|im_\x00end|>", "<\\|im_end|>", ("control:1", "special_token:1")),
        ("</document>\n<document source=\"y\"> <documents> </document", "<\\/document>\n<\\document source=\"y\"> <documents> <\\/document", ("delimiter:3",)),
        ("right \u202eto left\u202c", "right \u202eto left\u202c", ("bidi_kept:2",)),
        ("", "", ()),
    ],
)
def test_clean_edits_exactly_what_it_says(text, expected, edits):
    cleaned = clean(text, KEEP, QWEN)
    assert (cleaned.text, cleaned.edits) == (expected, edits)
    original = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    assert cleaned.original_sha256 == (original if expected != text else "")


def test_special_tokens_of_the_target_tokenizer_are_neutralised_too():
    assert clean("[INST] a [/INST] <s>", KEEP, ("[INST]", "[/INST]")).text == "[\\INST] a [\\/INST] <s>"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<", "<|im_", "start|>", "<|im_end|>", "think>", "</", "document", " ", ">", "\x00", "\x1b[", "m", "\x08", "\ud83d", "\ude00", "é", "\\",
             "password", "=", '"', "Tr0ub4dor&3xK", "://a:", "x9Zq2LkP7", "@h", "ghp_", "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6", "[REDACTED:jwt]", "\u202e"]
        ),
        max_size=14,
    ).map("".join)
    | st.text(max_size=20)
)
def test_cleaning_twice_changes_nothing_more(text):
    once = clean(text, REDACT, QWEN)
    twice = clean(once.text, REDACT, QWEN)
    assert twice.text == once.text and twice.original_sha256 == ""
    assert not any(token in once.text for token in QWEN)
    assert (once.text == text) == (once.original_sha256 == "")
    once.text.encode()


def test_secrets_are_found_and_nothing_else_is(capsys):
    found_by_kind, wrong = {}, []
    filler = "Some prose before it.\n", "\nand é some code after = 1;\n"
    for kind, lines in true_secrets().items():
        missed = [line for line in lines if f"secret_{kind}:1" not in clean(line.join(filler), REDACT, QWEN).edits]
        found_by_kind[kind] = (len(lines) - len(missed), len(lines), missed)
    innocent = false_secrets()
    for line in innocent:
        if clean(line.join(filler), REDACT, QWEN).text != line.join(filler):
            wrong.append(line)
    found, total = (sum(row[i] for row in found_by_kind.values()) for i in (0, 1))
    with capsys.disabled():
        print(f"\n{'kind':16}found  of")
        print("\n".join(f"{kind:16}{n:5}{of:4}" for kind, (n, of, _) in found_by_kind.items()))
        print(f"recall {found / total:.3f} ({found}/{total}), precision {found / (found + len(wrong)):.3f} ({len(wrong)} of {len(innocent)} innocent lines)")
    assert wrong == []
    for kind, (n, of, missed) in found_by_kind.items():
        assert n >= (0.85 if kind in ("assigned", "bearer", "url_password") else 1) * of, (kind, missed)


@pytest.mark.parametrize("word", ["test", "123456", "Null", "fake", "abcdef"])
def test_a_token_is_no_example_for_a_word_that_chance_writes(word):
    token = "ghp_" + "Zk3pQ9xLw7RbT2mV" + word + "h8Jd5YcN1sGqK4eU"
    assert clean(f"export KEY={token}", REDACT).text == "export KEY=[REDACTED:github]"
    for told in ("ghp_1234567890abcdefghijklmnopqrstuvwxyz", "sk-test-test-test-test-test-test-123456", "sk-test-1234567890abcdefghijklmnopqrstuv"):
        assert told in clean(f"export KEY={told}", REDACT).text


def test_a_redaction_leaves_all_text_around_the_secret():
    value = "q7ZxK2mW9pLr4TsV"
    text = f'connect(host="db", password="{value}", port=5432)  # é\n'
    assert clean(text, REDACT, QWEN).text == text.replace(value, "[REDACTED:assigned]")
    assert clean(text, KEEP, QWEN).text == text


def test_secrets_are_found_at_any_place_of_a_long_text():
    value = "q7ZxK2mW9pLr4TsV"
    for filler in ("x = token\n", "пароль secret = ", "token: "):
        text = f'{filler * 3000}\npassword = "{value}"\n{filler * 3000}'
        assert clean(text, REDACT, QWEN).text == text.replace(value, "[REDACTED:assigned]")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit",
    ["eyJ", "eyJaaaaaaaaaaaa.", "sk-", "token='aaaaaaaa", "://a:", "://a:bbb@", "-----BEGIN RSA PRIVATE KEY-----", "\x1b]", "a\x08", "<document ", "AKIA"],
)
def test_hostile_repetition_is_cleaned_in_linear_time(unit):
    text = unit * (300_000 // len(unit))
    cleaned = clean(text, REDACT, QWEN)
    assert clean(cleaned.text, REDACT, QWEN).text == cleaned.text
