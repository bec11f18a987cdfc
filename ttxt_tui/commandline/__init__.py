"""The command line: its grammar as one table, reading, completion, editing. Pure: it does nothing of what it reads."""
