"""One file per kind of device; each exports `KIND`. Kinds know the contract in `simulators.device` and nothing else."""
