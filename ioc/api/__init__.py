"""The HTTP face: turns requests into questions to the floors below, and answers into JSON.

`create_app` in `ioc.api.app` puts it together from `Parts`. Every route names the least role that may ask
(`requires`) or stands on the short list of open ones. See docs/http.md and docs/security.md.
"""
