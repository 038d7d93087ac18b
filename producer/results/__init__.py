"""What is made of results: files, checklists, an audit, words that recur. Pages for a browser: producer/review."""
