"""One file per job of the store; each exports `JOB`. What they keep, and how: docs/store.md."""
