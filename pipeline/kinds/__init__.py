"""One file a kind of job: how its spec is made, and which facts its result becomes.

Everything here runs inside one write transaction of the bot's process; the work itself is done in
`pipeline.worker`. Words for people are the bot's.
"""
