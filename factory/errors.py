"""What can go wrong, and where it is answered.

RowError            one row is bad: it becomes a rejection, the run goes on
FactoryError        the run cannot go on; `factory` prints the message and exits 1
+-- SettingsError   a recipe or placement holds a value that cannot work
+-- StorageError    an object store or a path refused what was asked
    +-- NoPermission    one file of many may not be read
+-- TokenizerError  the fast tokenizer and the truth tokenizer disagree, or none was found

Every rejection reason stands once in `REASONS`, with one sentence for the person who reads the table.
"""

REASONS: dict[str, str] = {
    # reading
    "bad_json": "the record is not valid JSON",
    "too_large": "the record is over a parsing cap (bytes, depth, turns)",
    "unreadable": "the object is damaged or not what its name says",
    "no_permission": "the object may not be read; the next run tries again",
    "unknown_format": "no known format fits the record",
    "format_mismatch": "the record does not fit its format; the detail names the field",
    "unknown_domain": "nothing says whether the run is search, swe or sql; set `domain` on the input, or extend `vocabulary`",
    "no_question": "the run holds no question",
    "duplicate": "the same run was already read",
    "no_ground_truth": "nothing says what the right answer is",
    # evidence
    "no_tool_call": "the agent used no tool",
    "no_visited_page": "the agent opened no page",
    "no_gold_evidence": "no piece of evidence belongs to the answer",
    "patch_not_of_run": "no file of the patch occurs in the run",
    "patch_reversed": "the patch takes the fix away: its reverse applies to the files before the run",
    "gold_incomplete": "the patch does not apply to its files as far as they are known",
    "side_input_missing": "a database, repository, gold record or page store that the run names cannot be read",
    "no_queried_table": "no table was read by a successful query of the agent or by the gold query",
    # packing
    "over_budget": "the gold evidence alone is over the token budget",
    "too_short": "the context is under min_context_tokens",
    # gold sanity
    "gold_fails": "the ground truth does not pass its own verifier",
    "gold_sql_fails": "the gold query does not run on the database",
    "gold_sql_empty": "the gold query returns no row",
    "gold_nondeterministic": "the gold query's result depends on chance, the clock or the order in which rows are met",
    "gold_accepts_anything": "the verifier accepts the answer to another question",
    "gold_redacted": "the ground truth holds a secret that was redacted",
    # tracing
    "no_trace": "the teacher gave no reply",
    "no_reasoning": "the reply holds no reasoning",
    "no_answer": "the reply holds no answer",
    "truncated": "the reply was cut off by the token limit",
    "prompt_too_long": "the prompt does not fit into the teacher's context",
    "over_kv_cache": "the prompt does not fit into the KV cache of an engine; asked again where engines are placed otherwise",
    "content_filter": "the endpoint's content filter refused prompt or reply",
    "request_refused": "the endpoint refused the request",
    "endpoint_failed": "the endpoint failed again and again on this request; asked again by the next run",
    "poison": "two engines died while they answered the request",
    "over_sequence": "prompt and reply together are over sequence_tokens",
    # verifying
    "wrong_answer": "the answer is not the ground truth",
    "no_patch": "the answer holds no patch",
    "patch_empty": "the patch changes nothing",
    "patch_refused": "the patch touches what no patch may touch (paths outside, links, binaries, git's own files)",
    "patch_does_not_apply": "the patch does not apply to the files of the context",
    "patch_needs_fuzz": "the patch applies only with fuzz, and the recipe wants it exact",
    "ambiguous": "the edit fits several places",
    "patch_malformed": "the patch is cut off, or its lines can be read in more than one way",
    "undecided": "the verifier could not tell; never accepted",
    # ourselves
    "internal_error": "a bug of the factory; the detail names it, please report it",
}


class RowError(Exception):
    """One row is bad. `reason` is a key of REASONS; `detail` names the thing and the value."""

    def __init__(self, reason: str, detail: str = ""):
        assert reason in REASONS, f"`{reason}` is not in REASONS"
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self):
        return RowError, (self.reason, self.detail)


class FactoryError(Exception):
    """The run cannot go on. The message names the thing in backticks, the value, and the next step."""


class SettingsError(FactoryError):
    """A recipe or placement holds a value that cannot work."""


class StorageError(FactoryError):
    """An object store or a path refused what was asked."""


class NoPermission(StorageError):
    """One local file may not be read: what is in it is rejected, and the run goes on."""


class TokenizerError(FactoryError):
    """The tokenizer is missing, or its fast form disagrees with the truth."""
