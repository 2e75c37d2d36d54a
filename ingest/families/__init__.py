"""One file per family; each exports `FAMILY`. See docs/how-to/add-a-device-family.md."""
