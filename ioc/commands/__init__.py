"""One file per command of `ioc`; each exports `COMMAND`."""
