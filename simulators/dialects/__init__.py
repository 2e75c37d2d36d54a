"""One file per foreign dialect; each exports `DIALECT`. They know the native voice they change, and not one another."""
