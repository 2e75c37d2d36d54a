"""Floor 1: hears devices, keeps what they say, speaks to them. Imports nothing of ours."""
