"""One file per kind of trouble with many victims; each exports `TROUBLE`. They do not know one another."""
