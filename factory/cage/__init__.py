"""Where hostile input is run: separate processes with limits, killed when they pass them."""
