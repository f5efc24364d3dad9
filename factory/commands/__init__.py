"""What the subcommands of `factory` do: one function each, whose heavy imports happen inside."""
