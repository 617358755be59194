"""Where facts live: tables, the database, content-addressed files. Imports nothing of ours."""
