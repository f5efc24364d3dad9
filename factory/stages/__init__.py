"""The three stages of the line and how their tasks are spread. The only files that say actor, CPU and GPU.

A stage is a class whose instances live in workers: made once per worker, called once per task. A task names
what to read (an input shard, a part); the worker opens it, writes its parts and returns a receipt, a commit
record that the driver writes. No row travels between processes.
"""
