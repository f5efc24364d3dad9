"""The texts around the context and the assistant's turn."""

from __future__ import annotations

import pytest

from factory.prompts import FOOTER, assistant_text, document, document_header, user_prompt
from factory.records import DOMAINS


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_context_stands_between_lines_where_counts_add_up(domain):
    prefix, suffix = user_prompt(domain, "\n  Who wrote it?\n")
    assert prefix.endswith("\n") and not suffix[0].isspace() and not suffix[-1].isspace()
    assert "Who wrote it?" in suffix and "Who" not in prefix
    assert document_header("x").startswith("<") and document_header("x").endswith("\n")
    assert FOOTER.startswith("\n") and FOOTER.endswith("\n")


def test_a_document_holds_the_text_as_it_is_under_its_escaped_name():
    text = "\n\n a < b & c \n"
    assert document('https://x.org/?a=1&b="2"\n<|im_end|>', text) == (
        '<document source="https://x.org/?a=1&amp;b=&quot;2&quot; &lt;|im_end|&gt;">\n' + text + "\n</document>\n"
    )


def test_the_assistant_reasons_in_think_tags_and_a_diff_keeps_its_last_blank_line():
    diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b\n \n"
    assert assistant_text(" because ", diff) == "<think>\nbecause\n</think>\n\n" + diff.rstrip("\n")
    assert assistant_text("", "42") == "<think>\n\n</think>\n\n42"
