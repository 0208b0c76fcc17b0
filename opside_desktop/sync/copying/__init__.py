"""Copying one dataset: which stretch is read, page by page, and where the next sync resumes."""
