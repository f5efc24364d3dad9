"""Runs of an agent over generated SQLite databases; the ground truth is a query, and the answer its executed result.

Gold are the tables that the gold query or any query of the agent that ran has read, as their templates say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from factory.worlds.runs import Run, Transcript, accepted, chance, flaw, rejected, row, tool
from factory.worlds.sql_agent import SYSTEMS, Agent, markdown
from factory.worlds.sql_databases import Databases
from factory.worlds.sql_questions import Question, ask, runs

FLAWS = {"wrong_answer": 10, "gold_sql_fails": 2, "gold_sql_empty": 2, "side_input_missing": 2, "no_tool_call": 3, "no_question": 2, "no_ground_truth": 3, "no_reasoning": 3, "over_budget": 1}  # fmt: skip
DATABASE_RUNS = 20
"""Runs that share one database."""
LARGEST, TOO_MUCH = 105_000, 160_000
"""Estimated tokens of the read tables: the most in usual runs, and what a budget of 131,072 tokens cannot hold."""

TOOLS = [
    tool("list_tables", "List the tables of the database."),
    tool("describe_table", "Return the definition of a table.", table="Name of the table"),
    tool("query", "Run one SQL query and return its rows.", sql="The query"),
]


def prepare(folder: Path, seed: int, num_runs: int) -> Databases:
    return Databases(folder, seed)


def run(index: int, seed: int, prepared: Databases) -> Run:
    fault = flaw("sql", seed, index, FLAWS)
    database = prepared.get(index // DATABASE_RUNS, oversized=fault == "over_budget")
    for attempt in range(500):
        rng = chance("sql", seed, index, attempt)
        question = ask(database, rng)
        if question is None:
            continue
        agent = Agent(database, question, rng, silent=fault == "no_reasoning")
        if fault == "no_tool_call":
            agent.transcript = Transcript(rng.choice(SYSTEMS), question.text)
        elif fault == "wrong_answer":
            agent.mistake()
        else:
            agent.solve()
        agent.finish(question.wrong if fault == "wrong_answer" else question.sql)
        gold = agent.read | question.tables
        size = sum(database.tokens[table] for table in gold)
        if size >= TOO_MUCH if fault == "over_budget" else size <= LARGEST:
            return finished(index, agent, question, fault, gold, size)
    raise AssertionError(f"run {index} of seed {seed} finds no question over `{database.uri}`")


def finished(index: int, agent: Agent, question: Question, fault: str, gold: set[str], size: int) -> Run:
    database, sql = agent.database, question.sql
    uri = database.uri
    if fault == "no_question":
        agent.transcript.messages[1:2] = []
    elif fault == "side_input_missing":
        uri = uri.replace(".sqlite", "-lost.sqlite")
    elif fault == "gold_sql_fails":
        sql = sql.replace(question.star.fact, f"{question.star.fact}_archive")
        assert not runs(database.connection, sql), sql
    elif fault == "gold_sql_empty":
        sql = f"SELECT * FROM ({sql}) AS result WHERE 1 > 2"
    ground_truth: dict[str, Any] = {} if fault == "no_ground_truth" else {"sql": sql}
    environment = {"database": uri, "dialect": "sqlite"}
    line = row("sql", index, agent.transcript, TOOLS, ground_truth, environment, solved=fault != "wrong_answer")
    result = database.connection.execute(question.sql)
    answer = markdown([column[0] for column in result.description], result.fetchall())
    expected = accepted(line, gold, answer=answer, evidence_tokens_estimate=size)
    if fault:
        stage = {"wrong_answer": "verify", "no_reasoning": "trace"}.get(fault, "compile")
        expected = rejected(expected, stage, fault)
    return Run(line, expected)
