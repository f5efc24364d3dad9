"""Agent Context Compilation: agent runs in, verified long-context training samples out."""

__version__ = "0.1.0"
