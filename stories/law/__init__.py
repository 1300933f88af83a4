"""SFS 2017:612 and meaning.md as the judge applies them: who has a right, to what, and when."""
