"""The kinds of channels, one file each; every module here exports one value `KIND`."""
