"""One file per kind of equipment; each exports `ADAPTER`. See docs/how-to/add-an-adapter.md."""
