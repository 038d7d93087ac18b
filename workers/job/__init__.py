"""One job in a child: what it takes, the attempt at it, its work, its signs of life, and how it ended."""
