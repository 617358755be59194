"""Handlers, one file a family of commands: parse, call one use case, reply."""
