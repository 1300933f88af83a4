"""The only part of the stories that imports the adapter: it runs a story and shows what happened.

`flow` runs the adapter's steps in this process, on SQLite, with the story's clock.
"""
