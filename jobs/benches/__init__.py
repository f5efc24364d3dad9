"""What `jobs.bench compile` and `jobs.bench memory` are made of: inputs, clocks, our stage, the floor and the peers."""
