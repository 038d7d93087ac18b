"""What an operator sets: settings, queues, logging, prompts. A leaf: imports no other room."""
