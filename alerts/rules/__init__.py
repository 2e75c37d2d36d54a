"""The kinds of rules, one file each; every module here exports one value `KIND`."""
