"""Takes documents in: walks paths, looks into archives, tells each file by its content."""
