"""One job in a child: the attempt at it, its work, its signs of life, and how it ended."""
