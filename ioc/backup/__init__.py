"""Backup and restore: the whole database in one file that any edition can take back.

manifest    what a file says of itself, and which files this version takes (decides)
shelf       which of the nightly files are let go (decides)
container   the file: a zip with a checksum for each part, whole or not there at all
relations   what there is to keep in a database, found in its catalogue
dump, load  out of a database, into a database
extras      the site file and the settings, without their secrets
"""
