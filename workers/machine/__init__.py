"""What the machine gives: its CPU, GPUs, memory and temporary files, sockets and processes tied to their parent."""
