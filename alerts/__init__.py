"""Floor 2: judges, warns, notifies. Imports only the words of the ingest floor."""
