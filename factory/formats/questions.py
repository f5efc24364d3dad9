"""The question inside a prompt: instructions for the agent around it are left out."""

from __future__ import annotations

TAGS = ("pr_description", "issue_description", "problem_statement", "issue", "question", "task_description", "task")
EXAMPLES = (("--- START OF EXAMPLE ---", "--- END OF EXAMPLE ---"), ("--- DEMONSTRATION ---", "--- END OF DEMONSTRATION ---"))
LEADS = ("Consider the following PR description:", "Consider the following issue description:",
         "Please solve this issue:", "Please solve the following coding issue:")
AFTER = ("\n\nCurrent terminal state:", "\n\nCurrent Terminal Screen:", "\nYou should follow the format instruction", "\nYou can execute bash commands and edit files", "\n<instructions>", "\nINSTRUCTIONS:")


def question_in(prompt: str) -> str:
    """The question of `prompt`; the whole of it when nothing marks where the question stands."""
    for opening, closing in EXAMPLES:
        start, end = prompt.find(opening), prompt.rfind(closing)
        if 0 <= start < end:
            prompt = prompt[:start] + prompt[end + len(closing) :]
    for tag in TAGS:
        start = prompt.find(f"<{tag}>")
        end = prompt.find(f"</{tag}>", start)
        if 0 <= start < end:
            return led(prompt[start + len(tag) + 2 : end])
    if "</tools>" in prompt and (start := prompt.rfind("\nUser:")) >= 0:  # tools and an example stand before it
        return prompt[start + 6 :].strip()
    start = prompt.find("\nISSUE:\n")
    if start >= 0:
        return led(cut(prompt[start + 8 :]))
    for mark in ("\nUser Query:\n", "\n\nQuestion:\n", "\nTask Description:\n"):
        start = prompt.rfind(mark)
        if start >= 0:
            return cut(prompt[start + len(mark) :])
    if prompt.startswith("Answer the given question") and (start := prompt.rfind("Question:")) >= 0:  # Search-R1
        return prompt[start + 9 :].strip()
    return led(cut(prompt))


def led(text: str) -> str:
    text = text.strip()
    for lead in LEADS:
        text = text.removeprefix(lead).strip()
    return text


def cut(text: str) -> str:
    """`text` before the instructions that follow a question; a prompt that begins with them is left whole."""
    for mark in AFTER:
        before, found, _ = text.partition(mark)
        if found and before.strip():
            text = before
    return text.strip()
